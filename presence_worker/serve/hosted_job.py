"""A job at work: the command that it asks for is carried out in the loop of the service."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import structlog
from structlog.contextvars import bound_contextvars

from ..errors import (
    AlreadyBegun,
    DatabaseAway,
    ExitCode,
    LeaseLost,
    Locked,
    PresenceWorkerError,
    RunFault,
    StateFault,
    Stopped,
    Terminated,
    UsageFault,
)
from ..events import Event, RunEnded, RunStarted, emit_to
from ..queue.job_queue import JobQueue, JobState, QueuedJob
from ..report import Summary
from ..run.commands import apply_run, report_run, resume_run, run_job, undo_run
from ..run.once import check_not_begun
from ..run_context import RunContext
from ..run_states import Intent, JobCommand, JobOfRun, State
from ..runs.lookup import GLANCE, earlier_run
from ..shutdown import Shutdown
from ..threads import work_in_thread
from ..wording import amount
from .what_follows import US, JobEnding, JobTrouble, Stopper, Then, what_follows

CRASHED = "The program crashed while it carried out this job."
DIED = "The program ended {times} during this job, and no row was settled in between. It is not tried again."
SEND_AGAIN = "Nothing was sent. Send the file again."
ASK_AGAIN = "Nothing was done. Ask for it again."
OVER = (State.FINISHED, State.REFUSED, State.HELD, State.PLANNED)
CAN_GO_ON = (ExitCode.CRASHED, ExitCode.USAGE, ExitCode.TERMINATED)
TROUBLES: tuple[tuple[type[PresenceWorkerError], JobTrouble | None], ...] = (  # the first that fits
    (RunFault, None),  # it is about this run, and no other job
    (StateFault, JobTrouble.DISK),
    (DatabaseAway, JobTrouble.DATABASE),
    (UsageFault, JobTrouble.CONFIGURATION),
    (Locked, JobTrouble.BUSY),
)
Attempt = Callable[[RunContext], Awaitable[Summary]]
log = structlog.get_logger()


class RunLook(NamedTuple):
    """How far a run is that no program works on."""

    state: str
    exit_code: int | None
    settled: int  # rows
    has_job: bool  # the job in question has worked on it
    are_credentials_refused: bool
    was_stopped_by_us: bool

    @property
    def is_over(self) -> bool:
        """Return whether it came to its end, or to one from which only a person goes on."""
        if self.exit_code == ExitCode.TERMINATED and not self.was_stopped_by_us:
            return True
        return self.state in OVER or self.exit_code not in CAN_GO_ON

    @property
    def has_died(self) -> bool:
        """Return whether its program ended before it did."""
        return self.state == State.STOPPED and self.exit_code == ExitCode.CRASHED


def inspect_run(run_id: str, job_id: str, context: RunContext) -> RunLook:
    """Return how far a run is; raise Locked where another program works on it."""
    with earlier_run(context.archive.runs / run_id, context, patience=GLANCE) as journal:
        run, counts = journal.run(), journal.results.counts()
        return RunLook(
            state=run.state,
            exit_code=run.exit_code,
            settled=sum(counts.values()) - journal.results.to_send(),
            has_job=any(job.id == job_id for job in run.input.jobs),
            are_credentials_refused=run.input.are_credentials_refused,
            was_stopped_by_us=US in (run.message or ""),
        )


class HostedJob:
    """Owns the work on one job, and who stopped it."""

    def __init__(self, job: QueuedJob, queue: JobQueue, *, tries: int) -> None:
        self.job = job
        self.run_id = job.run_id
        self.stopped_by: Stopper | None = None
        self.is_lost = False  # to another machine, which goes on with it
        self._shutdown = Shutdown()
        self._queue = queue
        self._tries = tries
        self._is_left_over = job.state is JobState.WORKING  # the service died with it, or ended
        self._is_at_work = False  # its run, here
        self._is_counted = False  # the last death of its run
        self._notes: set[asyncio.Future[QueuedJob]] = set()

    def is_at_work_on(self, run_id: str) -> bool:
        """Return whether the run is at work here; another program may still have it."""
        return self._is_at_work and self.run_id == run_id

    def stop(self, by: Stopper, words: str) -> None:
        """Let the run end early; the first request counts."""
        if self.stopped_by is None:
            self.stopped_by = by
            self._shutdown.request(Terminated, words)

    async def carry_out(self, context: RunContext) -> tuple[JobEnding, Then]:
        """Return how the job ended, and what follows. A run that crashes goes on at once."""
        mine = self._context_of_run(context)
        with bound_contextvars(job=self.job.id):
            ending = await self._attempt(self._begin_or_recover, mine)
            while (then := self._follow(ending)) is Then.GO_ON:
                ending = await self._attempt(self._begin_or_recover, mine)
        self._is_at_work, self.is_lost = False, ending.is_lost
        await asyncio.gather(*self._notes, return_exceptions=True)
        return ending, then

    def _follow(self, ending: JobEnding) -> Then:
        return what_follows(ending, stopped_by=self.stopped_by, deaths=self.job.deaths, tries=self._tries)

    def _context_of_run(self, context: RunContext) -> RunContext:
        new = self.job.new
        return replace(
            context,
            shutdown=self._shutdown,
            subscriber=emit_to(context.subscriber, self._hear),
            job=JobOfRun(self.job.id, new.command, new.way, new.by),
            file_name=new.file_name,
            seen=new.seen,
        )

    def _hear(self, event: Event) -> None:
        if isinstance(event, RunStarted | RunEnded):
            self._is_at_work = isinstance(event, RunStarted)
        if isinstance(event, RunStarted) and event.run_id != self.run_id:
            self.run_id = event.run_id
            noting = work_in_thread(self._queue.begin, self.job.id, event.run_id)
            self._notes.add(asyncio.ensure_future(noting))

    async def _attempt(self, attempt: Attempt, context: RunContext) -> JobEnding:
        """Return how an attempt ended; whatever happens inside is an ending."""
        try:
            return await self._judge_summary(await attempt(context), context)
        except OSError as error:
            fault: PresenceWorkerError = StateFault(error.strerror or type(error).__name__)
        except PresenceWorkerError as raised:
            fault = raised
        except Exception as error:
            log.exception("job.crashed", error=type(error).__name__)
            look = await self._look(context)
            await self._note_death(look.settled if look else 0)
            fault = PresenceWorkerError(CRASHED)
        return await work_in_thread(self._judge_fault, fault, context)

    # -- from the beginning, or from where it was left -------------------------------------------------------

    async def _begin_or_recover(self, context: RunContext) -> Summary:
        if self._is_left_over:
            look = await self._look(
                context, or_locked=context.fleet is not None
            )  # it may be at work elsewhere
            self._is_left_over = False
            if look is None or look.has_died or not look.has_job:
                await self._note_death(look.settled if look else 0)
        try:
            await self._give_up_after_deaths(context)
            return await self._begin(context)
        except AlreadyBegun as begun:
            self.run_id = begun.run_id
            return await self._go_on(context)

    async def _begin(self, context: RunContext) -> Summary:
        new, run_id = self.job.new, self.job.new.run_id or ""
        match new.command:
            case JobCommand.APPLY:
                return await apply_run(run_id, context, any_age=False)
            case JobCommand.RESUME:
                return await resume_run(run_id, context, any_age=False)
            case JobCommand.UNDO:
                return await undo_run(run_id, context)
            case JobCommand.RUN | JobCommand.PLAN:
                intent = Intent(new.command)
                content = str(self.job.content) if self.job.content else None
                return await run_job(content, context, intent=intent, label=new.label)

    async def _go_on(self, context: RunContext) -> Summary:
        """Resume the run of this job, unless it came to its end."""
        run_id = self.run_id or ""
        look = await work_in_thread(inspect_run, run_id, self.job.id, context)
        if look.is_over:
            return await work_in_thread(report_run, run_id, context)
        if look.has_died and (not self._is_counted or look.settled > self.job.settled):
            await self._note_death(look.settled)
        await self._give_up_after_deaths(context)
        self._is_counted = False
        return await resume_run(run_id, replace(context, job=None, seen=None), any_age=False)

    async def _look(self, context: RunContext, *, or_locked: bool = False) -> RunLook | None:
        """Return how far the run is; None: there is none, or it cannot be read now.

        With *or_locked*, raise Locked where it is at work elsewhere.
        """
        if self.run_id is None:
            return None
        try:
            return await work_in_thread(inspect_run, self.run_id, self.job.id, context)
        except (PresenceWorkerError, OSError) as fault:
            if or_locked and isinstance(fault, Locked | DatabaseAway):
                raise
        return None

    async def _note_death(self, settled: int) -> None:
        self.job = await work_in_thread(self._queue.note_death, self.job.id, settled)
        self._is_counted = True
        log.warning("job.died", deaths=self.job.deaths, settled=settled)

    async def _give_up_after_deaths(self, context: RunContext) -> None:
        if self.job.deaths > self._tries:
            words = DIED.format(times=amount(self.job.deaths, "time"))
            with suppress(PresenceWorkerError, OSError):
                if not await work_in_thread(self._end_dead_run, context):
                    words = f"{words} {SEND_AGAIN if self.job.content else ASK_AGAIN}"
            raise PresenceWorkerError(words)

    def _end_dead_run(self, context: RunContext) -> bool:
        """Let the run be stopped, with its reports: a person may resume it. Return whether there is one."""
        try:
            check_not_begun(context)
        except AlreadyBegun as begun:
            self.run_id = begun.run_id
            report_run(begun.run_id, context)
            return True
        return False

    # -- how it ended ----------------------------------------------------------------------------------------

    async def _judge_summary(self, summary: Summary, context: RunContext) -> JobEnding:
        trouble = JobTrouble.CONFIGURATION if summary.exit_code == ExitCode.USAGE else None
        if summary.exit_code == ExitCode.STOPPED:
            look = await self._look(context)
            trouble = JobTrouble.CREDENTIALS if look and look.are_credentials_refused else None
        return JobEnding(
            exit_code=summary.exit_code or 0,
            headline=summary.message or "",
            run_id=summary.run_id,
            state=State(summary.state),
            trouble=trouble,
        )

    def _judge_fault(self, fault: PresenceWorkerError, context: RunContext) -> JobEnding:
        has_run = self.run_id is not None and context.archive.has(self.run_id)
        trouble = next((found for kind, found in TROUBLES if isinstance(fault, kind)), None)
        if isinstance(fault, Stopped) and not has_run:  # nothing is left that a person could resume
            trouble = trouble or JobTrouble.DISK
        return JobEnding(
            exit_code=fault.exit_code,
            headline=str(fault),
            run_id=self.run_id if has_run else None,
            trouble=trouble,
            is_lost=isinstance(fault, LeaseLost),
        )
