"""The jobs of all targets are carried out: one at a time for each target, several side by side."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import anyio
import structlog
from anyio.abc import TaskGroup

from ..clock import now
from ..errors import StateFault, UsageFault
from ..events import emit_to
from ..queue.job_queue import JobQueue, NotWaiting, QueuedJob
from ..run_states import JobWay, State
from ..threads import work_in_thread
from .hosted_job import HostedJob
from .live_runs import LiveRuns
from .served_targets import ServedTargets
from .turns import TargetPause, by_target, find_next
from .what_follows import JobEnding, JobTrouble, Stopper, Then

LOOK = 2.0  # seconds until the queue is read again: other programs put jobs in as well
AGAIN = 30.0  # seconds until a target that could not work is tried again
RETRY = 5.0  # seconds until the queue is written again after a fault of the disk
DISK = (OSError, StateFault)  # what the queue raises where it cannot be read or written
US = "the service, because it ends"
log = structlog.get_logger()


class AtWork(NamedTuple):
    """A job at work, and the scope that ends it at once."""

    hosted: HostedJob
    scope: anyio.CancelScope


class WorkLoop:
    """Owns which jobs are at work, and why others wait."""

    def __init__(self, targets: ServedTargets, queue: JobQueue, live: LiveRuns) -> None:
        self.at_work: dict[str, AtWork] = {}  # by target
        self.pauses: dict[str, TargetPause] = {}  # by target
        self.is_ready = False
        self.has_disk_trouble = False
        self._targets = targets
        self._queue = queue
        self._live = live
        self._busy: set[str] = set()  # targets
        self._woken = anyio.Event()

    def wake(self) -> None:
        """Read the queue now."""
        self._woken.set()

    def retry(self) -> None:
        """Try all targets again now, whatever keeps them waiting."""
        self.pauses.clear()
        self.wake()

    async def run(self) -> None:
        """Carry out jobs until cancelled; then stop the runs, and wait for them, serve.drain at most."""
        async with anyio.create_task_group() as tasks:
            try:
                while True:
                    self._woken = anyio.Event()
                    await self._begin_jobs(tasks)
                    with anyio.move_on_after(LOOK):
                        await self._woken.wait()
            finally:
                with anyio.CancelScope(shield=True):
                    await self._drain()

    async def _drain(self) -> None:
        for work in self.at_work.values():
            work.hosted.stop(Stopper.SERVICE, US)
        with anyio.move_on_after(self._targets.loaded.serve.drain):
            while self._busy:
                self._woken = anyio.Event()
                await self._woken.wait()
        for work in self.at_work.values():
            log.warning("job.cut_off", job=work.hosted.job.id)
            work.scope.cancel()

    # -- whose turn it is ------------------------------------------------------------------------------------

    async def _begin_jobs(self, tasks: TaskGroup) -> None:
        """Begin the next job of each target that has none at work, as long as there are places."""
        try:
            jobs = await work_in_thread(self._queue.jobs)
        except DISK as error:
            self._note_disk(error)
            return
        if not self.is_ready or self.has_disk_trouble:
            self.is_ready, self.has_disk_trouble = True, False
            self._live.notify(None)
        for job in self._next_jobs(jobs):
            if len(self._busy) >= self._targets.loaded.serve.runs:
                break
            self._busy.add(job.new.target)
            tasks.start_soon(self._carry_out, job)

    def _next_jobs(self, jobs: Iterable[QueuedJob]) -> list[QueuedJob]:
        free = {target: mine for target, mine in by_target(jobs).items() if target not in self._busy}
        clock = anyio.current_time()
        found = (find_next(mine, self.pauses.get(target), clock) for target, mine in free.items())
        return [job for job in found if job]

    # -- one job ---------------------------------------------------------------------------------------------

    async def _carry_out(self, job: QueuedJob) -> None:
        target = job.new.target
        try:
            with anyio.CancelScope(shield=True) as scope:
                await self._work_on(job, scope)
        except DISK as error:
            self._note_disk(error)
            self._pause(target, JobTrouble.DISK, str(error))
        finally:
            self.at_work.pop(target, None)
            self._busy.discard(target)
            self._live.end(job.id)
            self.wake()

    async def _work_on(self, job: QueuedJob, scope: anyio.CancelScope) -> None:
        new, known = job.new, await work_in_thread(self._queue.find, job.id)
        try:
            context = await work_in_thread(self._targets.context, new.target)
        except UsageFault as fault:
            self._pause(new.target, JobTrouble.CONFIGURATION, str(fault))
            return
        try:
            await work_in_thread(self._queue.begin, job.id)
        except NotWaiting:  # it was cancelled, or has ended, since the queue was read
            return
        hosted = HostedJob(known or job, self._queue, tries=self._targets.loaded.serve.tries)
        self.at_work[new.target] = AtWork(hosted, scope)
        log.info("job.began", job=job.id, target=new.target, command=new.command, way=new.way)
        hear = self._live.begin(job.id, new.target, new.command)
        watched = replace(context, subscriber=emit_to(context.subscriber, hear))
        ending, then = await hosted.carry_out(watched)
        await self._note_ending(hosted.job, ending, then)

    async def _note_ending(self, job: QueuedJob, ending: JobEnding, then: Then) -> None:
        """Write down how a job ended, as soon as the disk takes it."""
        while True:
            try:
                await work_in_thread(self._write_ending, job, ending, then)
                break
            except DISK as error:
                self._note_disk(error)
                await anyio.sleep(RETRY)
        log.info(
            "job.waits" if then is Then.WAIT else "job.left" if then is Then.LEAVE else "job.ended",
            job=job.id,
            target=job.new.target,
            run_id=ending.run_id,
            state=ending.state,
            exit_code=ending.exit_code,
        )
        if ending.trouble:
            self._pause(job.new.target, ending.trouble, ending.headline, ending.run_id)
        else:
            self.pauses.pop(job.new.target, None)

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
            if job.new.way is not JobWay.INBOX:  # whose folder gets its answer first
                self._queue.note_answered(job.id, keep_content=ending.state is State.REFUSED)

    # -- what keeps jobs waiting -----------------------------------------------------------------------------

    def _pause(self, target: str, trouble: JobTrouble, words: str, run_id: str | None = None) -> None:
        clock, before = anyio.current_time(), self.pauses.get(target)
        if before is None or before.trouble is not trouble:
            log.warning("target.waits", target=target, why=trouble)
            since = now().isoformat(timespec="seconds")
            before = TargetPause(trouble=trouble, words=words, since=since, began=clock, until=clock)
        self.pauses[target] = replace(before, words=words, until=clock + AGAIN, run_id=run_id)
        self._live.notify(target)

    def _note_disk(self, error: Exception) -> None:
        self.has_disk_trouble = True
        log.error("queue.failed", detail=str(error))
