"""The commands that work on a run: run a job or plan it, resume, apply, undo, and write its report again."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import structlog
from structlog.contextvars import bound_contextvars

from ..errors import InputRefused, LeaseLost, PresenceWorkerError, RunFault, Stopped
from ..events import DeliveryEnded, DeliveryStarted, RunStarted
from ..journal import (
    Journal,
    KnownRun,
    Lease,
    RunRecord,
    give_back_reserve,
    run_lock,
    take_reserve,
)
from ..model import Reason, Result, Verdict
from ..report import SUMMARY, Summary, write_reports
from ..report.hr_answer import answer_lines
from ..run_context import RunContext
from ..run_states import RUN_ID, Intent, State
from ..runs.corrected_rows import CorrectedRuns
from ..runs.fingerprint import check_unmoved
from ..runs.listing import keep_so_far
from ..runs.lookup import (
    GLANCE,
    check_age,
    check_target,
    choose,
    earlier_run,
    find_overtaken,
    find_run,
    last_credible,
    last_finished,
    later_than,
)
from ..schedule.history import find_withdrawn, forget, history_of
from ..threads import work_in_thread
from .announcer import Announcer
from .correcting import check_corrected
from .finish import end_event, finish
from .once import check_not_begun, job_to_note, name_job
from .prepare import Hold, StagedRun, prepared, prepared_in_turn
from .session import Session
from .staging import Before, new_run, stage, stage_due
from .undoing import stage_undo

JUST_MADE = 60.0  # seconds; another target's run may be about to lock its folder
WAITS = "nothing was resumed: this run waits for `apply`"
NOTHING_LEFT = "nothing was left to resume; this is the report of the run as it ended"
LAST_DAY_OVER = (Result.SKIPPED, Reason.NO_LONGER_DUE, "its last day was over before it could be sent")
log = structlog.get_logger()


class JobRequest(NamedTuple):
    """What is asked for: a job, and what a run of it is for."""

    job: str | None  # a path, or - for standard input; None: only what is due of earlier jobs
    intent: Intent = Intent.RUN
    label: str | None = None  # the caller's reference


async def run_job(
    job: str | None,
    context: RunContext,
    *,
    intent: Intent = Intent.RUN,
    label: str | None = None,
    wait: float = 0.0,
) -> Summary:
    """Carry out a job from file to report, or only plan it; return the summary.

    Without a *job*, it is what is due today of earlier ones.

    While another run holds the target, wait for it, at most *wait* seconds.
    """
    prepare = partial(_stage_job, JobRequest(job, intent, label))
    async with prepared_in_turn(prepare, context, wait) as (run, mine):
        return await _deliver_and_finish(run, mine)


async def resume_run(
    name: str | None, context: RunContext, *, any_age: bool, if_corrected: bool = False
) -> Summary:
    """Continue a run, without a name the newest stopped one; with nothing left, give its report again."""
    prepare = partial(_reopen_to_resume, name, any_age=any_age, if_corrected=if_corrected)
    async with prepared(prepare, context) as run:
        if run.is_over:
            return await _summary_of_end(run, context)
        return await _deliver_and_finish(run, context)


async def apply_run(name: str, context: RunContext, *, any_age: bool) -> Summary:
    """Deliver a planned or held run exactly as it was stored."""
    async with prepared(partial(_reopen_to_apply, name, any_age=any_age), context) as run:
        return await _deliver_and_finish(run, context)


async def undo_run(name: str, context: RunContext) -> Summary:
    """Put back what a run has changed, in a run of its own; return the summary."""
    async with prepared(partial(_stage_undo, name), context) as run:
        return await _deliver_and_finish(run, context)


def report_run(name: str, context: RunContext) -> Summary:
    """Write a run's reports again from its journal; return the summary. Raise Stopped where that fails."""
    folder = find_run(name, context)
    with bound_contextvars(run_id=folder.name), earlier_run(folder, context) as journal:
        if journal.run().state != State.STOPPED or journal.results.to_send():
            return _report_again(folder, journal, context)
        return _end_late(folder, journal, context)


def _end_late(folder: Path, journal: Journal, context: RunContext) -> Summary:
    """End a run that had done all its work when its program died."""
    timeout = context.settings.delivery.total_timeout
    with context.archive.hold_to_report(journal.run(), timeout) as lease:
        run = StagedRun(folder=folder, journal=journal, command="report", lease=lease)
        summary = finish(run, None, context)
    context.emit(end_event(run, summary))
    if not summary.files:
        raise Stopped(summary.message or "", next=context.command("report", folder.name))
    return summary


def have_reports(run_id: str, context: RunContext) -> None:
    """Write the reports of a run that another machine has carried out, unless this one has them already.

    Raise Locked while a machine works on it.
    """
    folder = context.archive.runs / run_id
    if context.fleet is None:
        return
    context.archive.fetch(run_id)
    if not (folder / SUMMARY).exists():
        with bound_contextvars(run_id=run_id), earlier_run(folder, context, patience=GLANCE) as journal:
            _report_again(folder, journal, context)


def answer_hr(name: str, context: RunContext) -> list[str]:
    """Return the lines of the answer to HR about a run."""
    folder = find_run(name, context)
    with bound_contextvars(run_id=folder.name), earlier_run(folder, context) as journal:
        later, run = _find_known_run(folder, journal, context)
        return [*answer_lines(journal, later.rows_handed_on(run))]


def _report_again(folder: Path, journal: Journal, context: RunContext) -> Summary:
    """Write the reports with what is known by now of later runs that correct this one."""
    later, run = _find_known_run(folder, journal, context)
    return write_reports(folder, journal, later.of(run) if later.has_followers(run) else None)


def _find_known_run(folder: Path, journal: Journal, context: RunContext) -> tuple[CorrectedRuns, KnownRun]:
    runs = context.archive.index.runs(journal.run().target)
    return CorrectedRuns(runs), next(run for run in runs if run.name == folder.name)


# -- making a run ready, in a thread -------------------------------------------------------------------------


def _stage_job(asked: JobRequest, held: Hold, context: RunContext) -> StagedRun:
    lease = _hold_target(held, context)
    runs = context.archive.index.runs(context.target)  # none of them begins or goes on while we hold it
    check_not_begun(context, runs)
    context.archive.sweep(runs, spare=JUST_MADE)
    held.new_folder = folder = context.archive.new_folder()
    job, command = asked.job, str(asked.intent)
    with bound_contextvars(run_id=folder.name):
        journal = held.enter_context(_new_journal(folder, context))
        run = _new_run(asked, folder.name, runs, context)
        _emit_start(run, command, context)
        named = {} if context.job else {"job": job}  # a job of the queue has bound its id
        log.info("run.staging", **named, target=run.target, folder=str(folder))
        refused = _stage(journal, run, job, runs, context)
        _announcer(run, context).note_all(journal.run())
        lease.save(journal, keep_so_far(journal, context))
        return StagedRun(
            folder=folder, journal=journal, command=command, lease=lease, job=job, refused=refused
        )


def _new_run(asked: JobRequest, run_id: str, runs: Sequence[KnownRun], context: RunContext) -> RunRecord:
    job = asked.job or ""
    run = new_run(run_id, job, context.target, context.settings, day=context.day, intent=asked.intent)
    return run._replace(
        order=context.archive.index.take_number(run_id, runs),
        target_name=context.target_name,
        input=name_job(replace(run.input, label=asked.label, withheld=context.withheld or None), context),
        next=context.command("resume", run_id),
    )


def _stage(
    journal: Journal, run: RunRecord, job: str | None, runs: Sequence[KnownRun], context: RunContext
) -> PresenceWorkerError | None:
    """Stage the job; return why it must not be sent, or None. One that cannot be read leaves an empty run."""
    try:
        history = history_of(runs, context)
        forget(history, context)
        if job is None:
            return stage_due(journal, run, context.settings, history.to_come)
        before = Before(
            last=last_finished(runs, context),
            credible=last_credible(runs, context),
            to_come=history.to_come,
        )
        return stage(journal, run, job, context.settings, before, context.shutdown)
    except InputRefused as error:
        with journal.transaction():
            journal.stage(run, ())
        return error


def _stage_undo(name: str, held: Hold, context: RunContext) -> StagedRun:
    lease = _hold_target(held, context)
    check_not_begun(context)
    undone = choose(name, context)
    held.new_folder = folder = context.archive.new_folder()
    with bound_contextvars(run_id=folder.name):
        journal = held.enter_context(_new_journal(folder, context))
        with earlier_run(undone, context, patience=GLANCE) as earlier:
            check_target(earlier, context)
            check_unmoved(earlier, context)
            run = stage_undo(journal, folder.name, earlier, context)
        _emit_start(run, "undo", context)
        log.info("run.staging", undoes=run.undoes, folder=str(folder))
        lease.save(journal, keep_so_far(journal, context))
        return StagedRun(folder=folder, journal=journal, command="undo", lease=lease)


def _reopen_to_resume(
    name: str | None, held: Hold, context: RunContext, *, any_age: bool, if_corrected: bool
) -> StagedRun:
    run = _reopen(name, "resume", held, context)
    record = run.journal.run()
    if record.state not in (State.STOPPED, State.FINISHED) or not run.journal.results.to_send():
        return run._replace(is_over=True)
    if if_corrected:
        check_corrected(record, context)
    return _bring_up_to_date(run, context, any_age=any_age)


def _reopen_to_apply(name: str, held: Hold, context: RunContext, *, any_age: bool) -> StagedRun:
    run = _reopen(name, "apply", held, context)
    record = run.journal.run()
    if record.state not in (State.HELD, State.PLANNED):
        way_on = "resume" if record.state == State.STOPPED else "report"
        raise RunFault(
            f"run {record.run_id} is {record.state}; only a planned or held run can be applied",
            next=context.command(way_on, record.run_id),
        )
    return _bring_up_to_date(run, context, any_age=any_age)


def _reopen(name: str | None, command: str, held: Hold, context: RunContext) -> StagedRun:
    """Open an earlier run to work on it."""
    lease = _hold_target(held, context, name)
    check_not_begun(context)
    folder = choose(name, context)
    with bound_contextvars(run_id=folder.name):
        journal = held.enter_context(earlier_run(folder, context, patience=GLANCE))
        held.enter_context(_reserve(folder))
        check_target(journal, context)
        check_unmoved(journal, context)
        return StagedRun(folder=folder, journal=journal, command=command, lease=lease)


def _bring_up_to_date(run: StagedRun, context: RunContext, *, any_age: bool) -> StagedRun:
    journal, record = run.journal, run.journal.run()
    with bound_contextvars(run_id=record.run_id):
        _emit_start(record, run.command, context)
        if not any_age:
            check_age(record, run.command, context)
        later = later_than(record.run_id, context.archive.index.runs(context.target))
        withdrawn = find_withdrawn(journal, later, context)
        with journal.transaction():
            journal.rows.mark_settled(
                Verdict(row, *LAST_DAY_OVER) for row in journal.dated.find_expired(context.day)
            )
            journal.rows.mark_settled(withdrawn)
        overtaken = find_overtaken(journal, later, context)
    return run._replace(overtaken=overtaken)


def _hold_target(held: Hold, context: RunContext, name: str | None = None) -> Lease:
    """Hold the target for a new run, or for the one called *name*."""
    context.archive.prepare()
    return held.enter_target(context.hold_target(name if name and RUN_ID.fullmatch(name) else None))


@contextmanager
def _new_journal(folder: Path, context: RunContext) -> Iterator[Journal]:
    """Make the journal of a new run; a folder in which nothing was staged is taken away again."""
    is_staged = False
    try:
        with (
            run_lock(folder),
            _reserve(folder),
            closing(context.archive.create_journal(folder)) as journal,
        ):
            try:
                yield journal
            finally:
                is_staged = journal.has_staged()
    finally:
        if not is_staged:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _reserve(folder: Path) -> Iterator[None]:
    """Keep room on the disk for the end of a run."""
    take_reserve(folder)
    try:
        yield
    finally:
        give_back_reserve(folder)


# -- delivery and end ----------------------------------------------------------------------------------------


async def _deliver_and_finish(run: StagedRun, context: RunContext) -> Summary:
    error = run.refused or await _deliver(run, context)
    if isinstance(error, LeaseLost):  # nothing is claimed of the run here: it goes on elsewhere
        raise error
    return await _finish(run, error, context)


async def _finish(run: StagedRun, error: PresenceWorkerError | None, context: RunContext) -> Summary:
    summary = await work_in_thread(finish, run, error, context)
    context.emit(end_event(run, summary))
    return summary


async def _deliver(run: StagedRun, context: RunContext) -> PresenceWorkerError | None:
    """Send the rows; return what ended that early, or kept it from beginning, or None."""
    name, target = run.folder.name, context.target
    try:
        to_send = await work_in_thread(_begin_session, run, context)
        way_on = context.command("resume", name)
        context.emit(DeliveryStarted(run_id=name, target=target, way_on=way_on))
        announcer = Announcer(context.emit, name, target, to_send)
        return await Session(run, context, announcer).run()
    except PresenceWorkerError as error:
        return error
    finally:
        context.emit(DeliveryEnded(run_id=name, target=target))


def _begin_session(run: StagedRun, context: RunContext) -> int:
    """Open a session in the journal; return the rows to send."""
    journal = run.journal
    journal.sessions.begin(run.command, context.settings.delivery.rate, job_to_note(journal, context))
    with journal.transaction():  # if we die, the run itself says how it is resumed
        journal.save_next(context.command("resume", run.folder.name))
    to_send = journal.results.to_send()
    log.info("run.delivering", target=context.target, to_send=to_send)
    return to_send


async def _summary_of_end(run: StagedRun, context: RunContext) -> Summary:
    """Write the report of a run with nothing left to send; one that died right before its end, ends now."""
    state = run.journal.run().state
    log.warning("run.nothing_to_resume", state=state)
    if state == State.STOPPED:
        summary = await _finish(run, None, context)
    else:
        summary = await work_in_thread(_report_again, run.folder, run.journal, context)
    waits = state in (State.PLANNED, State.HELD)
    return replace(summary, notes=[*summary.notes, WAITS if waits else NOTHING_LEFT])


def _emit_start(run: RunRecord, command: str, context: RunContext) -> None:
    event = RunStarted(run_id=run.run_id, target=run.target, command=command, endings=run.endings)
    context.emit(event)


def _announcer(run: RunRecord, context: RunContext) -> Announcer:
    return Announcer(context.emit, run.run_id, run.target)
