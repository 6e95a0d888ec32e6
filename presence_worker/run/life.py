"""The life of a run: stage, guard, deliver, finish; and later resume, apply and report."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import structlog
from structlog.contextvars import bound_contextvars

from ..errors import InputRefused, JournalGone, PresenceWorkerError, Stopped, UsageFault
from ..events import DeliveryEnded, DeliveryStarted, RunEnded, RunStarted, Topic
from ..journal import (
    JOURNAL,
    Ending,
    Journal,
    RunRecord,
    give_back_reserve,
    run_lock,
    take_reserve,
    target_lock,
)
from ..model import Intent, Reason, Result, State, Verdict
from ..report import SUMMARY, Summary, summarise, write_reports
from ..run_context import RunContext
from ..runs.lookup import (
    GLANCE,
    called,
    check_age,
    check_target,
    choose,
    earlier_run,
    last_credible,
    last_finished,
    written_since,
)
from ..schedule.history import find_withdrawn, forget, history_of
from .announcer import Announcer
from .cautions import NOT_KNOWN, unanswered
from .comparison import comparison_notes, same_file_warning
from .correcting import check_corrected, same_job
from .ending import ending_of
from .recorder import log_rows
from .session import Session
from .staging import Before, new_run, stage
from .undoing import stage_undo

JUST_MADE = 60.0  # seconds; another target's run may be about to lock its folder
WAITS = "nothing was resumed: this run waits for `apply`"
NOTHING_LEFT = "nothing was left to resume; this is the report of the run as it ended"
LAST_DAY_OVER = (Result.SKIPPED, Reason.NO_LONGER_DUE, "its last day was over before it could be sent")
log = structlog.get_logger()


async def run_job(job: str, context: RunContext, *, intent: Intent = Intent.RUN) -> Summary:
    """Carry out a job from file to report, or only plan it; give the summary."""
    with _at_work(context):
        context.archive.sweep(spare=JUST_MADE)
        folder = context.archive.new_folder()
        with _new_journal(folder) as journal:
            run = new_run(folder.name, job, context.target, context.settings, day=context.day, intent=intent)
            run = run._replace(
                order=context.archive.index.take_number(folder.name),
                next=context.command("resume", run.run_id),
            )
            _tell_start(run, str(intent), context)
            log.info("run.staging", job=job, target=run.target, folder=str(folder))
            error = _staged(journal, run, job, context)
            _say_first(journal.run(), context)
            if error is None:
                error = await _deliver(journal, run, str(intent), frozenset(), context)
            return _finish(journal, folder, job, error, context)


async def resume_run(
    name: str | None, context: RunContext, *, any_age: bool, if_corrected: bool = False
) -> Summary:
    """Continue a run, without a name the newest stopped one; with nothing left, give its report again."""
    with _at_work(context):
        folder = choose(name, context)
        with _again(folder, context) as journal:
            check_target(journal, context)
            run = journal.run()
            if run.state not in (State.STOPPED, State.FINISHED) or not journal.results.to_send():
                return _as_it_ended(journal, folder, run, context)
            if if_corrected:
                check_corrected(run, context)
            return await _go_on(journal, folder, "resume", context, any_age=any_age)


async def apply_run(name: str, context: RunContext, *, any_age: bool) -> Summary:
    """Deliver a planned or held run exactly as it was stored."""
    with _at_work(context):
        folder = choose(name, context)
        with _again(folder, context) as journal:
            check_target(journal, context)
            run = journal.run()
            if run.state not in (State.HELD, State.PLANNED):
                way_on = "resume" if run.state == State.STOPPED else "report"
                raise UsageFault(
                    f"run {run.run_id} is {run.state}; only a planned or held run can be applied",
                    next=context.command(way_on, run.run_id),
                )
            return await _go_on(journal, folder, "apply", context, any_age=any_age)


async def undo_run(name: str, context: RunContext) -> Summary:
    """Put back what a run has changed, in a run of its own; give the summary."""
    with _at_work(context):
        undone = choose(name, context)
        folder = context.archive.new_folder()
        with _new_journal(folder) as journal:
            with earlier_run(undone, context, patience=GLANCE) as earlier:
                check_target(earlier, context)
                run = stage_undo(journal, folder.name, earlier, context)
            _tell_start(run, "undo", context)
            log.info("run.staging", undoes=run.undoes, folder=str(folder))
            error = await _deliver(journal, run, "undo", frozenset(), context)
            return _finish(journal, folder, None, error, context)


def report_run(name: str, context: RunContext) -> Summary:
    """Write a run's report files again from its journal; give the summary. Raise Stopped where that fails."""
    folder = called(name, context)
    with bound_contextvars(run_id=folder.name), earlier_run(folder, context) as journal:
        if journal.run().state != State.STOPPED or journal.results.to_send():
            return write_reports(folder, journal)
        summary = _finish(journal, folder, None, None, context)  # only its report was missing
        if not summary.files:
            raise Stopped(summary.message or "", next=context.command("report", folder.name))
        return summary


def _as_it_ended(journal: Journal, folder: Path, run: RunRecord, context: RunContext) -> Summary:
    """Give the report of a run with nothing left to send; one that died right before its end, ends now."""
    log.warning("run.nothing_to_resume", state=run.state)
    ended = run.state != State.STOPPED
    summary = write_reports(folder, journal) if ended else _finish(journal, folder, None, None, context)
    waits = run.state in (State.PLANNED, State.HELD)
    return replace(summary, notes=[*summary.notes, WAITS if waits else NOTHING_LEFT])


@contextmanager
def _at_work(context: RunContext) -> Iterator[None]:
    context.archive.prepare()
    with target_lock(context.target, context.archive.state_dir):
        yield


@contextmanager
def _new_journal(folder: Path) -> Iterator[Journal]:
    """Make the journal of a new run; a folder in which nothing was staged is taken away again."""
    is_staged = False
    try:
        with (
            bound_contextvars(run_id=folder.name),
            run_lock(folder),
            _reserve(folder),
            closing(Journal.create(folder / JOURNAL)) as journal,
        ):
            try:
                yield journal
            finally:
                is_staged = journal.has_staged()
    finally:
        if not is_staged:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _again(folder: Path, context: RunContext) -> Iterator[Journal]:
    """Open an earlier run to work on it."""
    with (
        bound_contextvars(run_id=folder.name),
        earlier_run(folder, context, patience=GLANCE) as journal,
        _reserve(folder),
    ):
        yield journal


@contextmanager
def _reserve(folder: Path) -> Iterator[None]:
    """Keep room on the disk for the end of a run."""
    take_reserve(folder)
    try:
        yield
    finally:
        give_back_reserve(folder)


def _tell_start(run: RunRecord, command: str, context: RunContext) -> None:
    context.emit(RunStarted(run_id=run.run_id, target=run.target, command=command))


def _announcer(run: RunRecord, context: RunContext, to_send: int = 0) -> Announcer:
    return Announcer(context.emit, run.run_id, run.target, to_send)


def _say_first(run: RunRecord, context: RunContext) -> None:
    """Say what should be known before anything is sent."""
    announcer = _announcer(run, context)
    about_last = comparison_notes(run.compared) if run.compared else []
    warning = same_file_warning(run.compared) if run.compared else None
    for words in run.notes:
        topic = Topic.COMPARISON if words in about_last else Topic.JOB
        announcer.note(words, topic, is_warning=words == warning)


def _staged(journal: Journal, run: RunRecord, job: str, context: RunContext) -> PresenceWorkerError | None:
    """Stage the job; give why it must not be sent, or None. A job that cannot be read leaves an empty run."""
    try:
        history = history_of(context, run.run_id)
        forget(history, context)
        before = Before(last=last_finished(context), credible=last_credible(context), to_come=history.to_come)
        return stage(journal, run, job, context.settings, before)
    except InputRefused as error:
        with journal.transaction():
            journal.stage(run, ())
        return error


async def _go_on(
    journal: Journal, folder: Path, command: str, context: RunContext, *, any_age: bool
) -> Summary:
    run = journal.run()
    _tell_start(run, command, context)
    if not any_age:
        check_age(run, command, context)
    withdrawn = find_withdrawn(journal, context)
    with journal.transaction():
        journal.rows.mark_settled(Verdict(row, *LAST_DAY_OVER) for row in journal.dated.expired(context.day))
        journal.rows.mark_settled(withdrawn)
    error = await _deliver(journal, run, command, written_since(journal, context), context)
    return _finish(journal, folder, None, error, context)


async def _deliver(
    journal: Journal, run: RunRecord, command: str, overtaken: frozenset[int], context: RunContext
) -> PresenceWorkerError | None:
    """Send what is to be sent; give what ended that early, or kept it from beginning, or None."""
    try:
        journal.sessions.begin(command, context.settings.delivery.rate)
        with journal.transaction():  # if we die, whoever finds the run knows how it is resumed
            journal.save_next(context.command("resume", run.run_id))
        log.info("run.delivering", target=run.target, to_send=journal.results.to_send())
        way_on = context.command("resume", run.run_id)
        context.emit(DeliveryStarted(run_id=run.run_id, target=run.target, way_on=way_on))
        return await Session(
            journal, context, _announcer(run, context, journal.results.to_send()), overtaken
        ).run()
    except PresenceWorkerError as error:
        return error
    finally:
        context.emit(DeliveryEnded(run_id=run.run_id, target=run.target))


def _finish(
    journal: Journal, folder: Path, job: str | None, error: PresenceWorkerError | None, context: RunContext
) -> Summary:
    """Write down how the run ended, and its reports; where the disk refuses, say so all the same."""
    resume = context.command("resume", folder.name)
    give_back_reserve(folder)
    try:
        journal.check_place()  # before anything else opens what is at that path
        _caution(journal, context)
        ending = ending_of(journal, folder, job, error, context)
        summary = _written(journal, folder, ending, context)
    except JournalGone as trouble:
        raise _gone(trouble, journal, folder, context) from trouble
    except Stopped as trouble:  # the journal cannot even be read: nothing is claimed of any row
        raise Stopped(str(trouble), next=resume) from trouble
    log_rows(journal)
    context.emit(
        RunEnded(
            run_id=folder.name,
            target=journal.run().target,
            state=State(summary.state),
            exit_code=summary.exit_code or 0,
            message=summary.message or "",
            next=summary.next,
        )
    )
    return summary


def _caution(journal: Journal, context: RunContext) -> None:
    """Note in the run what earlier ones leave in doubt of it; its end does not depend on that."""
    with suppress(Stopped):
        words, notes = unanswered(journal, context), journal.run().notes
        if words and words not in notes:
            others = [note for note in notes if not note.startswith(NOT_KNOWN)]  # of the session before
            with journal.transaction():
                journal.save_notes([*others, words])


def _gone(trouble: Stopped, journal: Journal, folder: Path, context: RunContext) -> Stopped:
    """Say that nothing is known of any row for certain; the same job can be sent again."""
    run = journal.run()
    again = context.command("undo", run.undoes) if run.undoes else same_job(run, context)
    feed = ", and feed it on standard input again" if run.input.stdin else ""
    words = (
        f"{trouble}. It stopped, and what it sent is not recorded. If {folder} was only moved or "
        f"unmounted, put it back and resume the run; else start it again{feed}"
    )
    return Stopped(words, next=again)


def _written(journal: Journal, folder: Path, ending: Ending, context: RunContext) -> Summary:
    try:
        with journal.transaction():
            journal.save_ending(ending)
        return write_reports(folder, journal)
    except JournalGone:
        raise
    except Stopped as trouble:
        noted = journal.run().state == ending.state and not journal.results.to_send()
        command = "report" if noted else "resume"
        words = f"{trouble}. {ending.message}"
        stopped = Ending(State.STOPPED, trouble.exit_code, words, context.command(command, folder.name))
        _note_instead(journal, folder, stopped)
        return replace(summarise(journal, {}), **stopped._asdict())


def _note_instead(journal: Journal, folder: Path, ending: Ending) -> None:
    """Let `runs` show the same ending as the process, and no summary another one, as far as can be."""
    with suppress(Stopped), journal.transaction():
        journal.save_ending(ending)
    with suppress(OSError):
        (folder / SUMMARY).unlink(missing_ok=True)
