"""A run that puts back what another one has changed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import orjson

from ..errors import RunFault
from ..journal import Finding, Journal, KnownRun, PendingRow, RunRecord
from ..manual_pages import ManualPage
from ..model import PRESENT, STATUSES, Reason, Result, Row
from ..run_context import RunContext
from ..run_states import Intent
from ..schedule.entries import Schedule
from ..schedule.history import read_schedule
from ..settings import Settings
from .once import name_job
from .staging import new_run

COLUMNS = ("associateId", "status", "message")
NO_COMMENTS = (
    'earlier comments are not known (that run had delivery.read_before = "query"); '
    "people who get back their status without one: {}"
)
Fault = tuple[Result, Reason, str]


def stage_undo(journal: Journal, run_id: str, earlier: Journal, context: RunContext) -> RunRecord:
    """Stage the run that undoes *earlier*; raise RunFault where nothing can be put back.

    What *earlier* had set must still be there: it is kept where other runs keep what they read.
    """
    undone = earlier.run()
    runs = context.archive.index.runs(context.target)
    run = _new(run_id, undone, runs, context)
    with journal.transaction():
        journal.stage(run, _rows(earlier, context.settings))
        journal.rows.save_present(
            Finding(row, wish.wanted.status, wish.wanted.message)
            for row, wish in enumerate(earlier.rows.each_changed(), 1)
        )
        rows = sum(journal.results.counts().values())
        if not rows and not undone.input.dropped_rows:
            raise _nothing_to_undo(earlier, context)
        if rows and all(reason == Reason.BEFORE_UNKNOWN for _, reason, *_ in journal.results.reasons()):
            raise _nothing_was_read(undone, context)
        _take_back(journal, undone, rows, read_schedule(runs, context))
        if number := _count_without_comment(earlier, context.settings):
            journal.add_notes([NO_COMMENTS.format(number)])
    return run


def _nothing_was_read(undone: RunRecord, context: RunContext) -> RunFault:
    what = "comments" if _has_no_comments(undone) else "first"
    return RunFault(
        f"run {undone.run_id} was sent without reading {what} (delivery.read_before): what was "
        "before is not known, and nothing can be put back",
        next=context.command("report", undone.run_id),
    )


def _count_without_comment(earlier: Journal, settings: Settings) -> int:
    """Count the people who get back a status whose comment was not read."""
    fault = partial(_fault, settings=settings, no_comments=_has_no_comments(earlier.run()))
    return sum(_lacks_comment(wish) and not fault(wish) for wish in earlier.rows.each_changed())


def _has_no_comments(undone: RunRecord) -> bool:
    """Return whether a run was content with the statuses that the query of all users shows."""
    return undone.settings.read_before == "query"


def _lacks_comment(wish: PendingRow) -> bool:
    return wish.before is not None and wish.before.status != PRESENT and not wish.knows_comment


def _nothing_to_undo(earlier: Journal, context: RunContext) -> RunFault:
    undone = earlier.run()
    words = f"run {undone.run_id} has set no presence: there is nothing to undo"
    if earlier.dated.next_to_begin(1):
        words += "; cancel its planned absences with `schedule cancel`"
        return RunFault(words, next=context.command("schedule"), page=ManualPage.LEAVE_AND_DATES)
    return RunFault(words, next=context.command("report", undone.run_id))


def _take_back(journal: Journal, undone: RunRecord, rows: int, to_come: Schedule) -> None:
    """Note that the run plans nothing any more; what was planned before it counts again."""
    run = journal.run()
    entries = [entry for each in to_come.values() for entry in each]
    waiting = sum(entry.run_id == undone.run_id and entry.is_open for entry in entries)
    was_planned = bool(entries) or undone.input.pending is not False
    journal.save_input(replace(run.input, rows=rows, pending=was_planned))
    if waiting:
        words = f"planned absences of that run are cancelled: {waiting}"
        journal.add_notes([words])


def _new(run_id: str, undone: RunRecord, runs: Sequence[KnownRun], context: RunContext) -> RunRecord:
    run = new_run(run_id, "", context.target, context.settings, day=context.day, intent=Intent.UNDO)
    return run._replace(
        undoes=undone.run_id,
        target_name=context.target_name,
        order=context.archive.index.take_number(run_id, runs),
        input=replace(name_job(run.input, context), name=f"undo of {undone.run_id}", columns=COLUMNS),
        next=context.command("resume", run_id),
    )


def _rows(earlier: Journal, settings: Settings) -> Iterator[Row]:
    """Yield a row for each that was written: it asks for what was before."""
    no_comments = _has_no_comments(earlier.run())
    for row, wish in enumerate(earlier.rows.each_changed(), 1):
        fault = _fault(wish, settings, no_comments=no_comments)
        before = None if fault and fault[1] is Reason.BEFORE_UNKNOWN else wish.before
        status, message = before or (None, "")  # what is half known asks for nothing, in failed.csv neither
        yield Row(
            row=row,
            line=None,
            associate_id=wish.associate_id,
            status=status,
            message="" if status == PRESENT else message,
            cells=orjson.dumps([wish.associate_id, status, message]).decode(),
            result=fault and fault[0],
            reason=fault and fault[1],
            detail=fault and fault[2],
        )


def _fault(wish: PendingRow, settings: Settings, *, no_comments: bool) -> Fault | None:
    """Return why a change cannot be undone, or None; with *no_comments* the run was content with statuses."""
    has_set_status = wish.before is not None and wish.before.status != wish.wanted.status
    if wish.before is None or (_lacks_comment(wish) and not (no_comments and has_set_status)):
        what = "its comment" if no_comments and wish.before else "what it was"
        return Result.REJECTED, Reason.BEFORE_UNKNOWN, f"{what} before the run was not read"
    if wish.associate_id in settings.safety.protected_ids:
        return Result.INVALID, Reason.PROTECTED, f"user {wish.associate_id} is in safety.protected_ids"
    if wish.before.status not in settings.input.allowed_statuses:
        was = wish.before.status if wish.before.status in STATUSES else "a status that is not documented"
        words = f"it was {was}, which is not in input.allowed_statuses"
        return Result.INVALID, Reason.STATUS_NOT_ALLOWED, words
    return None
