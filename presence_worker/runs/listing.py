"""The runs of a state directory, newest first, and those that are missing."""

from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from ..clock import is_from_the_future
from ..errors import Cause, Locked, PresenceWorkerError, Stopped
from ..journal import JOURNAL, RUN_LOCK, Journal, KnownRun, RunRecord, is_held, open_untouched, run_lock
from ..model import Reason, Result
from ..report import Summary, summarise
from ..report.files import files_of
from ..report.run_list import Listed, UnreadableRun
from ..run_context import RunContext
from ..run_states import State
from ..wording import share
from .corrected_rows import find_corrected, find_undone
from .lookup import earlier_run, is_job, is_plan

FROM_THE_FUTURE = (
    "Run {run} began at {began}, which is later than now: the clock of this machine is wrong, or was wrong "
    "then. The order of the runs does not depend on it"
)
SEVERAL_FROM_THE_FUTURE = (
    "{runs} runs began later than now, of which {run} is the newest, at {began}: the clock of this machine "
    "is wrong, or was wrong then. The order of the runs does not depend on it"
)


def list_runs(context: RunContext) -> list[Listed]:
    """Return the runs, newest first; of values of their cells, it may only be known how many there are.

    One that cannot be read is listed as such, one at work with what is known of it.
    """
    return [listed for listed, _ in list_known_runs(context)]


def list_known_runs(context: RunContext) -> list[tuple[Listed, KnownRun]]:
    """Return the runs in the same way, each with what the index knows of it at that moment."""
    index = context.archive.index
    runs = index.runs()
    listed = [_list_one(run, context) for run in runs]
    index.keep_summaries(
        (run, form)
        for run, found in zip(runs, listed, strict=True)
        if run.summary is None and found.summary and found.state != State.RUNNING
        if (form := keep(found.summary))
    )
    corrected, undone = find_corrected(runs, index), find_undone(runs)
    return [
        (
            replace(
                _with_order(found, run), corrected=corrected.get(run.name), undone_by=undone.get(run.name)
            ),
            run,
        )
        for run, found in zip(runs, listed, strict=True)
    ]


def list_one_run(run_id: str, context: RunContext) -> tuple[Listed, KnownRun] | None:
    """Return a run by its whole id, as `list_runs` has it; None: there is none."""
    index = context.archive.index
    runs = index.runs()
    known = next((run for run in runs if run.name == run_id), None)
    if known is None:
        return None
    listed = _with_order(_list_one(known, context), known)
    undone_by = find_undone(runs).get(run_id)
    return replace(listed, corrected=find_corrected(runs, index).get(run_id), undone_by=undone_by), known


def with_values(listed: Listed, context: RunContext) -> Listed:
    """Return a run of the list with all that its summary has, and the files that are there."""
    if listed.summary is None:
        return listed
    folder, reading = context.archive.runs / listed.id, listed.summary.reading
    if reading.unmapped_others or reading.filtered_others:
        found = _read_or_say_why(folder, context)
        listed = replace(listed, known=replace(found.known, order=listed.known.order))
    summary = listed.summary
    return replace(listed, known=replace(summary, files=files_of(folder))) if summary else listed


def _without_values(summary: Summary) -> Summary:
    """Return a summary to be kept, without values of cells: they may be reasons of absence."""
    reading = summary.reading
    without = reading._replace(
        mapped={},
        unmapped=(),
        unmapped_others=reading.unmapped_others + sum(each.rows for each in reading.unmapped),
        filtered=(),
        filtered_others=reading.filtered_others + sum(each.rows for each in reading.filtered),
    )
    return replace(summary, reading=without)


def _with_order(found: Listed, run: KnownRun) -> Listed:
    """Add the number that the index gives to a run from before there were numbers."""
    return replace(found, known=replace(found.known, order=run.order))


@cache
def _summary_form() -> TypeAdapter[Summary]:
    """Return what writes summaries for the index to keep, and reads them."""
    return TypeAdapter(Summary)


def keep(summary: Summary) -> bytes | None:
    """Return a summary for the index to keep; None if the name of its file is not UTF-8."""
    try:
        return _summary_form().dump_json(_without_values(summary))
    except PydanticSerializationError:
        return None


def keep_ended(journal: Journal) -> bytes | None:
    """Return what the index keeps of a run that no process works on."""
    summary = _describe(journal).summary
    return keep(summary) if summary else None


def keep_so_far(journal: Journal, context: RunContext) -> bytes | None:
    """Return what other machines list of a run while it is at work here; None where there are none."""
    summary = _describe(journal, held=True).summary if context.fleet else None
    return keep(summary) if summary else None


def _list_one(run: KnownRun, context: RunContext) -> Listed:
    if run.done is not None and not is_held(run.folder / RUN_LOCK):
        return _list_at_work(run, run.done)
    if run.summary is not None and run.done is None:
        with suppress(ValidationError):  # kept by another version
            return _list_summary(_summary_form().validate_json(run.summary), run.record)
    return _read_or_say_why(run.folder, context)


def _read_or_say_why(folder: Path, context: RunContext) -> Listed:
    try:
        return _read_run(folder, context)
    except PresenceWorkerError as error:
        return Listed(UnreadableRun(run_id=folder.name, message=str(error)))


def _list_at_work(run: KnownRun, done: int) -> Listed:
    """Return what is known of a run at work on another machine, which has done so many rows since."""
    with suppress(ValidationError):
        if run.summary is not None:
            summary = _summary_form().validate_json(run.summary)
            done += summary.done or 0
            rows = sum(summary.counts.values())
            so_far = replace(summary, done=done, open=max(rows - done, 0))
            return _list_summary(_at_work(so_far, done), run.record)
    return Listed(UnreadableRun(run_id=run.name, message="at work on another machine"))


def _list_summary(summary: Summary, record: RunRecord) -> Listed:
    return Listed(
        summary,
        is_job=is_job(record),
        is_plan=is_plan(record),
        lists_changes=record.settings.of_input("coverage") == "changes",
        had_no_file=record.input.cause is Cause.MISSING,
        is_continued=record.endings > 1,
        created_at=record.created_at,
    )


def _read_run(folder: Path, context: RunContext) -> Listed:
    try:
        with run_lock(folder):
            context.archive.fetch(folder.name, is_held=True)
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
    run, summary = journal.run(), replace(summarise(journal), planned=None, coming=None, sentences=None)
    if not summary.reading.unmapped:  # the table is there for them; its words can be reasons of absence
        summary = replace(summary, reading=summary.reading._replace(mapped={}))
    if held and run.state == State.RUNNING:
        summary = _so_far(summary, journal.results.in_flight())
    return _list_summary(summary, run)


def _so_far(summary: Summary, on_their_way: int) -> Summary:
    """Return how far a run at work is: what is not settled yet is neither in doubt nor a fault."""
    counts = dict(summary.counts)
    counts[Result.UNKNOWN] -= on_their_way
    counts[Result.NOT_SENT] += on_their_way
    return _at_work(
        replace(
            summary,
            counts=counts,
            reasons=[
                each
                for each in summary.reasons
                if each.result != Result.NOT_SENT and each.reason != Reason.STOPPED
            ],
        ),
        summary.done or 0,
    )


def _at_work(summary: Summary, done: int) -> Summary:
    words = f"at work: {share(done, sum(summary.counts.values()), 'row')} done"
    return replace(summary, next=None, message=words)


def from_the_future(runs: list[Listed]) -> list[str]:
    """Return a note where runs, newest first, began later than now by this machine's clock."""
    now = datetime.now(UTC)
    times = ((run.id, run.started_at) for run in runs)
    found = [(run, began) for run, began in times if began and is_from_the_future(began, now)]
    words = SEVERAL_FROM_THE_FUTURE if len(found) > 1 else FROM_THE_FUTURE
    return [words.format(runs=len(found), run=run, began=began) for run, began in found[:1]]
