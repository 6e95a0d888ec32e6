"""Checking a job: all that `run` does before it sends, with nothing stored."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any, NamedTuple

from ..days import today
from ..errors import ExitCode, InputRefused
from ..intake.columns import IDENTITIES
from ..intake.source import STDIN
from ..journal import Journal
from ..model import Result, State
from ..next_step import NextStep, command_line
from ..report import Summary, summarise
from ..report.faults import sentences
from ..run.ending import refusal
from ..run.guards import too_many_invalid
from ..run.staging import Before, new_run, place_of, settle_clashes, stage
from ..settings import Settings
from .explain import explain, reading_of
from .inquiry import Reading
from .prospects import prospects

FIRST = 10  # faults of each kind that the summary itself names
Faults = Iterator[dict[str, Any]]


class Checked(NamedTuple):
    """What there is to say of a job."""

    summary: Summary
    faults: Faults  # all rows that are wrong, in order; they need not fit into memory


@contextmanager
def check_job(
    job: str, settings: Settings, options: tuple[str, ...], *, explained: bool = False
) -> Iterator[Checked]:
    """Validate a job; the `reasons` of the summary name the first rows of each kind.

    With *explained* it tells how the job was understood.
    """
    with closing(Journal("")) as journal:  # SQLite's private database: nameless, and gone when it is closed
        refused = _refused(journal, job, settings)
        summary = summarise(journal, {})
        more = {"explained": _explained(journal, refused, job, settings)} if explained else {}
        yield Checked(
            {
                **summary,
                **more,
                "run_id": None,
                "target": None,
                **_judged(journal, refused, job, options, counts=summary["counts"]),
                "notes": [*summary["notes"], *_notes(journal)],
                "reasons": _with_first_faults(journal, summary["reasons"]),
                "sentences": sentences(journal, located=True) if summary["counts"][Result.INVALID] else [],
            },
            _faults(journal),
        )


def _explained(
    journal: Journal, refused: InputRefused | None, job: str, settings: Settings
) -> dict[str, Any]:
    def attempt(other: Settings) -> Reading:
        with closing(Journal("")) as another:
            return reading_of(another, _refused(another, job, other), other.input)

    reading = reading_of(journal, refused, settings.input)
    return explain(reading, settings, journal, None if job == STDIN else attempt)


def _refused(journal: Journal, job: str, settings: Settings) -> InputRefused | None:
    """Stage the job; give why `run` would refuse it, or None."""
    run = new_run("", job, "", settings, day=today(settings.input.timezone))
    try:
        error = stage(journal, run, job, settings, Before())
    except InputRefused as unreadable:
        with journal.transaction():
            journal.stage(run, ())
        return unreadable
    if _names_of(journal):
        return _clashing(journal, settings)
    return error if isinstance(error, InputRefused) else None


def _names_of(journal: Journal) -> str | None:
    """Give how the job names people, None where it has their associateIds or cannot be read."""
    return journal.run().input.identity


def _clashing(journal: Journal, settings: Settings) -> InputRefused | None:
    """Settle the rows with the same name, as far as names tell who is the same."""
    with journal.transaction():
        settle_clashes(journal, settings)
    counts = journal.counts()
    return too_many_invalid(counts[Result.INVALID], sum(counts.values()), settings.safety)


def _judged(
    journal: Journal,
    refused: InputRefused | None,
    job: str,
    options: tuple[str, ...],
    *,
    counts: Mapping[str, int],
) -> dict[str, Any]:
    again = command_line(NextStep(("check", place_of(job), *options)))
    if refused:
        message, state, code = refusal(refused, job), State.REFUSED, ExitCode.REFUSED
        return {"state": state, "exit_code": code, "message": message, "next": again}
    message = prospects(counts, by_name=_names_of(journal) is not None)
    if counts[Result.INVALID]:
        return {"state": State.CHECKED, "exit_code": ExitCode.INCOMPLETE, "message": message, "next": again}
    return {"state": State.CHECKED, "exit_code": ExitCode.DONE, "message": message, "next": None}


def _notes(journal: Journal) -> Iterator[str]:
    if names := _names_of(journal):
        yield f"check does not look up people: `plan` and `run` find the user of each {IDENTITIES[names]}"


def _faults(journal: Journal) -> Faults:
    more = ("identity",) if _names_of(journal) else ()
    fields = ("row", "line", "associate_id", *more, "reason", "detail")
    for fate in journal.fates(Result.INVALID):
        yield {field: getattr(fate, field) for field in fields}


def _with_first_faults(journal: Journal, reasons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each kind of fault the first rows that have it; those are looked for only as long as need be."""
    first: dict[str, list[dict[str, Any]]] = {
        entry["reason"]: [] for entry in reasons if entry["result"] == Result.INVALID
    }
    wanted = sum(min(entry["rows"], FIRST) for entry in reasons if entry["reason"] in first)
    faults = (fault for fault in _faults(journal) if len(first[fault["reason"]]) < FIRST)
    for fault in islice(faults, wanted):
        first[fault["reason"]].append(fault)
    return [
        {**entry, "first": first[entry["reason"]]} if entry["reason"] in first else entry for entry in reasons
    ]
