"""Checking a job: all that `run` does before it sends, with nothing stored."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from ..clock import today
from ..errors import ExitCode, InputRefused
from ..help_pages import page_of_run
from ..intake.columns import IDENTITIES
from ..intake.source import STDIN
from ..journal import Journal, RowResult
from ..model import Result
from ..next_step import NextStep
from ..private_settings import explain_withheld
from ..report import Summary, summarise
from ..report.fault_sentences import sentences
from ..report.summary import Explanation, FaultyNamedRow, FaultyRow, ReasonCount
from ..run.finish import refusal
from ..run.guards import too_many_invalid
from ..run.staging import Before, new_run, place_of, settle_clashes, stage
from ..run_states import State
from ..settings import Settings
from ..shutdown import Shutdown
from ..wording import amount, as_sentence, figure, is_or_are, share
from .explain import explain, find_reading
from .questions import Reading

FIRST = 10  # faults of each kind that the summary itself names
Faults = Iterator[FaultyRow | FaultyNamedRow]


class Checked(NamedTuple):
    """What there is to say of a job."""

    summary: Summary
    faults: Faults  # all rows that are wrong, in order; they need not fit into memory


class _Verdict(NamedTuple):
    state: State
    exit_code: ExitCode
    message: str


@contextmanager
def check_job(
    job: str,
    settings: Settings,
    options: tuple[str, ...],
    *,
    explained: bool = False,
    withheld: tuple[str, ...] = (),
) -> Iterator[Checked]:
    """Validate a job; the `reasons` of the summary name the first rows of each kind.

    With *explained* it says how the job was understood. No command repeats the settings *withheld*.
    """
    with closing(Journal("")) as journal:  # SQLite's private database: nameless, and gone when it is closed
        refused = _stage(journal, job, settings)
        summary = replace(summarise(journal), planned=None, coming=None)
        has_faults = summary.counts[Result.INVALID] > 0
        verdict = _judge(journal, refused, job, summary.counts)
        more = explain_withheld(withheld, "check") if verdict.exit_code else ""
        summary = replace(
            summary,
            run_id=None,
            target=None,
            state=verdict.state,
            exit_code=verdict.exit_code,
            message=f"{verdict.message} {as_sentence(more)}" if more else verdict.message,
            next=NextStep(("check", place_of(job), *options)) if verdict.exit_code else None,
            help=page_of_run(verdict.exit_code, None, (each.reason for each in summary.reasons)),
            notes=[*summary.notes, *_notes(journal)],
            reasons=_with_first_faults(journal, summary.reasons),
            sentences=sentences(journal, located=True) if has_faults else [],
            explained=_explain(journal, refused, job, settings) if explained else None,
        )
        yield Checked(summary, _faults(journal))


def _explain(journal: Journal, refused: InputRefused | None, job: str, settings: Settings) -> Explanation:
    def attempt(other: Settings) -> Reading:
        with closing(Journal("")) as another:
            return find_reading(another, _stage(another, job, other), other.input)

    reading = find_reading(journal, refused, settings.input)
    return explain(reading, settings, journal, None if job == STDIN else attempt)


def _stage(journal: Journal, job: str, settings: Settings) -> InputRefused | None:
    """Stage the job; return why `run` would refuse it, or None."""
    run = new_run("", job, "", settings, day=today(settings.input.timezone))
    try:
        error = stage(journal, run, job, settings, Before(), Shutdown())
    except InputRefused as unreadable:
        with journal.transaction():
            journal.stage(run, ())
        return unreadable
    if _names_of(journal):
        return _settle_same_names(journal, settings)
    return error if isinstance(error, InputRefused) else None


def _names_of(journal: Journal) -> str | None:
    """Return how the job names people, None where it has their associateIds or cannot be read."""
    return journal.run().input.identity


def _settle_same_names(journal: Journal, settings: Settings) -> InputRefused | None:
    """Settle the rows with the same name, as far as names show who is the same."""
    with journal.transaction():
        settle_clashes(journal, settings)
    counts = journal.results.counts()
    return too_many_invalid(counts[Result.INVALID], sum(counts.values()), settings.safety)


def _judge(journal: Journal, refused: InputRefused | None, job: str, counts: Mapping[str, int]) -> _Verdict:
    if refused:
        return _Verdict(State.REFUSED, ExitCode.REFUSED, as_sentence(refusal(refused, job)))
    message = words_for_outlook(counts, by_name=_names_of(journal) is not None)
    return _Verdict(State.CHECKED, ExitCode.INCOMPLETE if counts[Result.INVALID] else ExitCode.DONE, message)


def _notes(journal: Journal) -> Iterator[str]:
    if names := _names_of(journal):
        yield f"check does not look for users: `plan` and `run` find the user of each {IDENTITIES[names]}"


def _faults(journal: Journal) -> Faults:
    has_names = _names_of(journal) is not None
    for fate in journal.results.all(Result.INVALID):
        yield _fault_with_name(fate) if has_names else _fault(fate)


def _fault(fate: RowResult) -> FaultyRow:
    return FaultyRow(
        row=fate.row,
        line=fate.line,
        associate_id=fate.associate_id,
        reason=fate.reason,
        detail=fate.detail,
    )


def _fault_with_name(fate: RowResult) -> FaultyNamedRow:
    return FaultyNamedRow(
        row=fate.row,
        line=fate.line,
        associate_id=fate.associate_id,
        identity=fate.identity,
        reason=fate.reason,
        detail=fate.detail,
    )


def _with_first_faults(journal: Journal, reasons: Sequence[ReasonCount]) -> list[ReasonCount]:
    """Add to each kind of fault the first rows that have it; those are looked for only as long as need be."""
    kinds = [each for each in reasons if each.result == Result.INVALID]
    first: dict[str | None, list[FaultyRow | FaultyNamedRow]] = {each.reason: [] for each in kinds}
    wanted = sum(min(each.rows, FIRST) for each in kinds)
    faults = (fault for fault in _faults(journal) if len(first[fault.reason]) < FIRST)
    for fault in islice(faults, wanted):
        first[fault.reason].append(fault)
    return [replace(each, first=first[each.reason]) if each.reason in first else each for each in reasons]


def words_for_outlook(counts: Mapping[str, int], *, by_name: bool) -> str:
    """Return in one sentence what `run` would do with the rows; *by_name* people are looked up only then."""
    rows, invalid, skipped = sum(counts.values()), counts[Result.INVALID], counts[Result.SKIPPED]
    if invalid:
        return f"{share(invalid, rows, 'row')} invalid. {_of_the_others(rows - invalid, skipped)}."
    if rows == skipped:
        return f"Nothing to send now: {share(rows, rows, 'row').lower()} skipped."
    sent = rows - skipped
    known = f", if SuperOffice has {'these users' if sent > 1 else 'this user'}" if by_name else ""
    if skipped:
        now = f"{figure(sent)} of {figure(rows)} rows can be sent now{known}"
        return f"{now}. {figure(skipped)} {is_or_are(skipped)} skipped."
    return f"{'All ' if rows > 1 else ''}{amount(rows, 'row')} can be sent{known}."


def _of_the_others(valid: int, skipped: int) -> str:
    if valid == skipped:
        return "Nothing is left to send"
    if skipped:
        return f"`run` would send {figure(valid - skipped)} and skip {figure(skipped)}"
    return "`run` would send the others" if valid > 1 else "`run` would send the other"
