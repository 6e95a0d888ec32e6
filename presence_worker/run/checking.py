"""Checking a job: all that `run` does before it sends, with nothing stored."""

from contextlib import closing
from typing import Any

from ..errors import ExitCode, InputRefused
from ..journal import Journal
from ..model import Result, State
from ..report import Summary, summarise
from ..settings import Settings
from .ending import refusal
from .invocation import quoted
from .staging import new_run, place_of, settle_clashes, stage

MOST_FAULTS = 1000  # named in the summary; the counts are of all


def check_job(job: str, settings: Settings, options: tuple[str, ...]) -> Summary:
    """Validate a job; give a summary whose `faults` name the rows that are wrong."""
    with closing(Journal("")) as journal:  # SQLite's private database: nameless, and gone when it is closed
        refused = _refused(journal, job, settings)
        return {
            **summarise(journal, {}),
            "run_id": None,
            "target": None,
            **_judged(journal, refused, job, options),
            "faults": _faults(journal),
        }


def _refused(journal: Journal, job: str, settings: Settings) -> InputRefused | None:
    """Stage the job; give why `run` would refuse it, or None."""
    run = new_run("", job, "", settings)
    try:
        error = stage(journal, run, job, settings)
        with journal.transaction():
            settle_clashes(journal, settings)
    except InputRefused as unreadable:
        with journal.transaction():
            journal.stage(run, ())
        return unreadable
    return error if isinstance(error, InputRefused) else None


def _judged(
    journal: Journal, refused: InputRefused | None, job: str, options: tuple[str, ...]
) -> dict[str, Any]:
    again = quoted("check", place_of(job), *options)
    if refused:
        message, state, code = refusal(refused, job), State.REFUSED, ExitCode.REFUSED
        return {"state": state, "exit_code": code, "message": message, "next": again}
    counts = journal.counts()
    rows, invalid = sum(counts.values()), counts[Result.INVALID]
    if invalid:
        others = "`run` would send the others" if rows > invalid else "nothing is left to send"
        message = f"{invalid} of {rows} rows are invalid; {others}"
        return {"state": State.CHECKED, "exit_code": ExitCode.INCOMPLETE, "message": message, "next": again}
    message = (
        f"{'All ' if rows > 1 else ''}{rows} rows can be sent" if rows != 1 else "The one row can be sent"
    )
    return {"state": State.CHECKED, "exit_code": ExitCode.DONE, "message": message, "next": None}


def _faults(journal: Journal) -> list[dict[str, Any]]:
    faults: list[dict[str, Any]] = []
    for fate in journal.fates(Result.INVALID):
        if len(faults) == MOST_FAULTS:
            break
        fields = ("row", "line", "associate_id", "reason", "detail")
        faults.append({field: getattr(fate, field) for field in fields})
    return faults
