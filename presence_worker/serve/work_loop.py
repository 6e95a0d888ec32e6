"""The jobs of all targets are carried out: one at a time for each target, several side by side."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import anyio
import structlog
from anyio.abc import TaskGroup

from ..errors import ExitCode, StateFault, UsageFault
from ..events import emit_to, unheard
from ..queue.job_queue import JobQueue, JobState, NotWaiting, QueuedJob
from ..run_context import RunContext
from ..run_states import JobCommand, JobWay, State
from ..threads import work_in_thread
from .asking import OPEN
from .hosted_job import HostedJob
from .live_runs import LiveRuns
from .messenger import Failure, JobMessages, Messenger
from .served_targets import ServedTargets
from .service_notes import ServiceNotes
from .target_pauses import TargetPauses
from .turns import by_target, find_next
from .what_follows import JobEnding, JobTrouble, Stopper, Then

READ = 2.0  # seconds until the queue is read again: other programs put jobs in as well
RETRY = 5.0  # seconds until an ending is written again after a fault of the disk
DISK = (OSError, StateFault)  # what the queue raises where it cannot be read or written
US = "the service, because it ends"
CRASHED = "The service crashed while it carried out a job."
STEPS = {Then.WAIT: "job.waits", Then.LEAVE: "job.left"}  # else job.ended
Send = Callable[[], Awaitable[None]]
log = structlog.get_logger()


class AtWork(NamedTuple):
    """A job at work, and the scope that ends it at once."""

    hosted: HostedJob
    scope: anyio.CancelScope


class WorkLoop:
    """Owns which jobs are at work."""

    def __init__(
        self,
        targets: ServedTargets,
        queue: JobQueue,
        live: LiveRuns,
        messenger: Messenger,
        after_run: Callable[[], None],
    ) -> None:
        self.at_work: dict[str, AtWork] = {}  # by target
        self.is_ready = self.is_stopping = self.has_disk_trouble = False
        self.notes = ServiceNotes(queue)
        self.pauses = TargetPauses(targets, self.notes, messenger, live)
        self._targets = targets
        self._queue = queue
        self._live = live
        self._messenger = messenger
        self._after_run = after_run  # it blocks
        self._busy: set[str] = set()  # targets
        self._opened: frozenset[tuple[str, JobState]] = frozenset()  # jobs that wait or work, as last read
        self._woken = anyio.Event()

    def wake(self) -> None:
        """Read the queue now."""
        self._woken.set()

    async def run(self) -> None:
        """Carry out jobs until cancelled; then stop the runs, and wait for them, serve.drain at most."""
        async with anyio.create_task_group() as tasks:
            try:
                while True:
                    self._woken = anyio.Event()
                    await self._begin_jobs(tasks)
                    with anyio.move_on_after(READ):
                        await self._woken.wait()
            finally:
                self.is_stopping = True
                with anyio.CancelScope(shield=True):
                    await self._drain()

    async def _drain(self) -> None:
        self._live.notify(None)
        for work in self.at_work.values():
            work.hosted.stop(Stopper.SERVICE, US)
        with anyio.move_on_after(self._targets.loaded.serve.drain):
            while self._busy:
                self._woken = anyio.Event()
                await self._woken.wait()
        for work in self.at_work.values():
            log.warning("job.cut_off", job=work.hosted.job.id, target=work.hosted.job.new.target)
            work.scope.cancel()

    # -- whose turn it is ------------------------------------------------------------------------------------

    async def _begin_jobs(self, tasks: TaskGroup) -> None:
        """Begin the next job of each target that has none at work, as long as there are places."""
        try:
            if not self.is_ready:
                await self.pauses.read()
            await self.pauses.find_corrected()
            jobs = await work_in_thread(self._queue.jobs)
        except DISK as error:
            self._note_disk(error)
            return
        opened = frozenset((job.id, job.state) for job in jobs if job.state in OPEN)
        if not self.is_ready or self.has_disk_trouble or opened != self._opened:
            self.is_ready, self.has_disk_trouble, self._opened = True, False, opened
            self._live.notify(None)
        for job in self._next_jobs(jobs):
            if len(self._busy) >= self._targets.loaded.serve.runs:
                break
            self._busy.add(job.new.target)
            tasks.start_soon(self._carry_out, job)

    def _next_jobs(self, jobs: Iterable[QueuedJob]) -> list[QueuedJob]:
        free = {target: mine for target, mine in by_target(jobs).items() if target not in self._busy}
        clock = anyio.current_time()
        found = (find_next(mine, self.pauses.each.get(target), clock) for target, mine in free.items())
        return [job for job in found if job]

    def _note_disk(self, error: Exception) -> None:
        self.has_disk_trouble = True
        log.error("queue.failed", detail=str(error))

    # -- one job ---------------------------------------------------------------------------------------------

    async def _carry_out(self, job: QueuedJob) -> None:
        """Carry out a job; its target is free for the next one before the messages are sent."""
        target = job.new.target
        with anyio.CancelScope(shield=True) as scope:
            send = None
            try:
                send = await self._work_on(job, scope)
            except DISK as error:
                self._note_disk(error)
                self.pauses.begin(target, JobTrouble.DISK, str(error))
            except Exception as error:
                log.exception("job.crashed", job=job.id, target=target, error=type(error).__name__)
                self.pauses.begin(target, JobTrouble.DISK, CRASHED)
            finally:
                self._free(job)
            if send:
                await send()

    def _free(self, job: QueuedJob) -> None:
        self.at_work.pop(job.new.target, None)
        self._busy.discard(job.new.target)
        self._live.end(job.id)
        self.pauses.try_busy_ones()
        self.wake()

    async def _work_on(self, job: QueuedJob, scope: anyio.CancelScope) -> Send | None:
        """Return what sends the messages about the job."""
        target = job.new.target
        try:
            context = await work_in_thread(self._targets.context, target)
            found = await work_in_thread(self._queue.find, job.id) or job
            await work_in_thread(self._queue.begin, job.id)
        except NotWaiting:  # it was cancelled, or has ended, since the queue was read
            return None
        except UsageFault as fault:
            if isinstance(fault, StateFault):
                raise
            self.pauses.begin(target, JobTrouble.CONFIGURATION, str(fault))
            return None
        hosted = HostedJob(found, self._queue, tries=self._targets.loaded.serve.tries)
        if job.id in self.notes.stopped:
            hosted.stop(Stopper.PERSON, "a person")
        if self.is_stopping:
            hosted.stop(Stopper.SERVICE, US)
        self.at_work[target] = AtWork(hosted, scope)
        log.info("job.began", job=job.id, target=target, command=job.new.command, way=job.new.way)
        messages = self._messenger.follow(context)
        ending, then = await hosted.carry_out(self._add_watchers(job, context, messages))
        await self._note_ending(hosted.job, ending, then)
        return partial(self._report, messages, ending.exit_code, _failure(job, ending, then, context))

    async def _report(self, messages: JobMessages | None, code: int, failure: Failure | None) -> None:
        await work_in_thread(self._after_run)
        if messages:
            await messages.end(code, failure)

    def _add_watchers(self, job: QueuedJob, context: RunContext, messages: JobMessages | None) -> RunContext:
        hear = self._live.begin(job.id, job.new.target, job.new.command)
        follow = messages.hear if messages else unheard
        return replace(context, subscriber=emit_to(context.subscriber, hear, follow))

    async def _note_ending(self, job: QueuedJob, ending: JobEnding, then: Then) -> None:
        """Write down how a job ended, as soon as the disk takes it."""
        while True:
            try:
                await work_in_thread(self._write_ending, job, ending, then)
                await self._pause_or_go_on(job.new.target, ending)
                break
            except DISK as error:
                self._note_disk(error)
                await anyio.sleep(RETRY)
        log.info(
            STEPS.get(then, "job.ended"),
            job=job.id,
            target=job.new.target,
            run_id=ending.run_id,
            state=ending.state,
            exit_code=int(ending.exit_code),
            has_failed=then is Then.FAIL,
        )

    def _write_ending(self, job: QueuedJob, ending: JobEnding, then: Then) -> None:
        if then is Then.WAIT:
            self._queue.give_back(job.id)
        elif then is not Then.LEAVE:
            self._queue.end(
                job.id,
                run_id=ending.run_id,
                exit_code=ending.exit_code,
                headline=ending.headline,
                has_failed=then is Then.FAIL,
            )
            self.notes.forget_stop(job.id)
            if job.new.way is not JobWay.INBOX:  # whose folder gets its answer first
                self._queue.note_answered(job.id, keep_content=ending.state is State.REFUSED)

    async def _pause_or_go_on(self, target: str, ending: JobEnding) -> None:
        if ending.trouble is JobTrouble.CREDENTIALS:
            await self.pauses.note_refused(target, ending.run_id or "", ending.headline)
        elif ending.trouble:
            self.pauses.begin(target, ending.trouble, ending.headline, ending.run_id)
        else:
            await self.pauses.end(target)


def _failure(job: QueuedJob, ending: JobEnding, then: Then, context: RunContext) -> Failure | None:
    """Return what the message about a job without a run says; None for no message."""
    if ending.run_id or then is Then.WAIT or job.new.command is JobCommand.PLAN:
        return None
    state = "refused" if ending.exit_code == ExitCode.USAGE else "stopped"
    return state, context.command("runs")
