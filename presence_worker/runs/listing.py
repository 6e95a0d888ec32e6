"""The runs of a state directory, newest first, and those that are missing."""

from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ..errors import Locked, PresenceWorkerError, Stopped
from ..journal import JOURNAL, Journal, KnownRun, open_untouched, run_lock
from ..model import Reason, Result
from ..report import Summary, summarise
from ..report.run_list import UNREADABLE, Listed, Missing, UnreadableRun
from ..run_context import RunContext
from ..run_states import State
from ..wording import share
from .lookup import earlier_run, is_from_the_future, is_job, last_credible

GRACE = 0.05  # of the time between two runs: 72 minutes of a day, for one that begins late or is at work
FROM_THE_FUTURE = (
    "Run {run} began at {began}, which is later than now: the clock of this machine is wrong, or was wrong "
    "then. The order of the runs does not depend on it"
)
SEVERAL_FROM_THE_FUTURE = (
    "{runs} runs began later than now, of which {run} is the newest, at {began}: the clock of this machine "
    "is wrong, or was wrong then. The order of the runs does not depend on it"
)


def list_runs(context: RunContext, *, since: datetime | None = None) -> list[Listed]:
    """Return the runs, newest first, or only those that began *since* then by the clock.

    One that cannot be read is listed as such, one at work with what is known of it.
    """
    index = context.archive.index
    runs = [run for run in index.runs() if since is None or run.fault or _began(run) >= since]
    listed = [_list_one(run, context) for run in runs]
    index.keep_summaries(
        (run, _summary_form().dump_json(kept))
        for run, found in zip(runs, listed, strict=True)
        if run.summary is None and (kept := _to_be_kept(found))
    )
    return [_with_order(found, run) for run, found in zip(runs, listed, strict=True)]


def _to_be_kept(found: Listed) -> Summary | None:
    """Return a summary that stays true, and has no values of cells: they may be reasons of absence."""
    if found.summary is None or found.state in (State.RUNNING, UNREADABLE):
        return None
    reading = found.summary.reading
    return None if reading.unmapped or reading.filtered else found.summary


def _began(run: KnownRun) -> datetime:
    return datetime.fromisoformat(run.record.created_at)


def _with_order(found: Listed, run: KnownRun) -> Listed:
    """Add the number that the index gives to a run from before there were numbers."""
    return replace(found, known=replace(found.known, order=run.order))


@cache
def _summary_form() -> TypeAdapter[Summary]:
    """Return what writes summaries for the index to keep, and reads them."""
    return TypeAdapter(Summary)


def _list_one(run: KnownRun, context: RunContext) -> Listed:
    if run.summary is not None:
        with suppress(ValidationError):  # kept by another version
            return Listed(_summary_form().validate_json(run.summary), is_job=is_job(run.record))
    try:
        return _read_run(run.folder, context)
    except PresenceWorkerError as error:
        return Listed(UnreadableRun(run_id=run.name, message=str(error)))


def _read_run(folder: Path, context: RunContext) -> Listed:
    try:
        with run_lock(folder):
            glanced = _glance(folder)
        if glanced is not None:
            return glanced
        with earlier_run(folder, context) as journal:
            return _describe(journal)
    except Locked:
        with closing(Journal.open(folder / JOURNAL)) as journal:
            return _describe(journal, held=True)


def _glance(folder: Path) -> Listed | None:
    """Return what is known of a run that was closed in order, which is quick; None: it must be opened."""
    reader = open_untouched(folder / JOURNAL)
    if reader is None:
        return None
    with closing(reader):
        try:
            if reader.is_current() and reader.run().state != State.RUNNING:
                return _describe(reader)
        except Stopped:  # opening it says what is wrong with it
            pass
    return None


def _describe(journal: Journal, *, held: bool = False) -> Listed:
    """Return what is known of a run; *held* by a process it may be at work."""
    run, summary = journal.run(), summarise(journal)
    if not summary.reading.unmapped:  # the table is there for them; its words can be reasons of absence
        summary = replace(summary, reading=summary.reading._replace(mapped={}))
    if held and run.state == State.RUNNING:
        summary = _so_far(summary, journal.results.in_flight())
    return Listed(summary, is_job=is_job(run))


def _so_far(summary: Summary, on_their_way: int) -> Summary:
    """Return how far a run at work is: what is not settled yet is neither in doubt nor a fault."""
    counts = dict(summary.counts)
    counts[Result.UNKNOWN] -= on_their_way
    counts[Result.NOT_SENT] += on_their_way
    return replace(
        summary,
        counts=counts,
        reasons=[
            each
            for each in summary.reasons
            if each.result != Result.NOT_SENT and each.reason != Reason.STOPPED
        ],
        next=None,
        message=f"at work: {share(summary.done, sum(counts.values()), 'row')} done",
    )


def what_is_missing(runs: list[Listed], context: RunContext) -> Missing | None:
    """Return which job has not finished for longer than report.expected_every; None where all is well.

    It is that of the configured target; where none is configured, that of the newest of *runs*. A run from
    the future proves nothing: its clock was wrong, or ours is.
    """
    every = context.settings.report.expected_every
    if every is None:
        return None
    target = context.target or next((run.target for run in runs if run.target), "")
    now = datetime.now(UTC)
    last = last_credible(context.archive.index.runs(), replace(context, target=target))
    oldest = now - timedelta(seconds=every * (1 + GRACE))
    if last and datetime.fromisoformat(last.created_at) >= oldest:
        return None
    return Missing(
        target=target,
        expected_every=every,
        last_finished=last and last.run_id,
        since=last and last.created_at,
        at_work=next((run.id for run in runs if run.target == target and run.state == State.RUNNING), None),
    )


def from_the_future(runs: list[Listed]) -> list[str]:
    """Return a note where runs, newest first, began later than now by this machine's clock."""
    now = datetime.now(UTC)
    times = ((run.id, run.started_at) for run in runs)
    found = [(run, began) for run, began in times if began and is_from_the_future(began, now)]
    words = SEVERAL_FROM_THE_FUTURE if len(found) > 1 else FROM_THE_FUTURE
    return [words.format(runs=len(found), run=run, began=began) for run, began in found[:1]]
