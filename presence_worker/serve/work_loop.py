"""The jobs of all targets are carried out: one at a time for each target, several side by side."""

import os
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import anyio
import structlog
from anyio.abc import TaskGroup

from ..errors import DatabaseAway, StateFault, UsageFault
from ..queue.job_queue import OPEN, JobQueue, JobState, QueuedJob
from ..threads import work_in_thread
from .hosted_job import HostedJob
from .job_work import DISK, UNREADABLE, JobWork, Surroundings
from .turns import Turns, by_target, find_next
from .what_follows import US, JobTrouble, Stopper

PROBE = 1 << 20  # bytes that a disk must take before it is called well
FULL = 2.0  # seconds until the turn of a target comes again that finds no place now
READ = 2.0  # seconds until the queue is read again: other programs put jobs in as well
READ_SHARED = 4.0  # the same where machines share a queue: a new job wakes one of them
TROUBLES: tuple[tuple[type[Exception], JobTrouble], ...] = (  # the first that fits
    (DatabaseAway, JobTrouble.DATABASE),
    (StateFault, JobTrouble.DISK),
    (UsageFault, JobTrouble.CONFIGURATION),
    (Exception, JobTrouble.DISK),
)
CRASHED = "The service crashed while it carried out a job."
log = structlog.get_logger()


class AtWork(NamedTuple):
    """A job at work, and the scope that ends it at once."""

    hosted: HostedJob
    scope: anyio.CancelScope


class WorkLoop:
    """Owns which jobs are at work."""

    def __init__(self, around: Surroundings, turns: Turns) -> None:
        self.at_work: dict[str, AtWork] = {}  # by target
        self.is_ready = self.is_stopping = False
        self.trouble: JobTrouble | None = None  # why the queue cannot be read or written
        self._around = around
        self._turns = turns
        self._work = JobWork(around)
        self._busy: set[str] = set()  # targets
        self._opened: frozenset[tuple[str, JobState]] = frozenset()  # jobs that wait or work, as last read
        self._woken = anyio.Event()

    def wake(self) -> None:
        """Read the queue now."""
        self._woken.set()

    async def run(self) -> None:
        """Carry out jobs until cancelled; then stop the runs, and wait for them, serve.drain at most."""
        async with self._turns.work(self.wake), anyio.create_task_group() as tasks:
            try:
                while True:
                    self._woken = anyio.Event()
                    await self._begin_jobs(tasks)
                    with anyio.move_on_after(
                        READ_SHARED if self._around.targets.loaded.common.fleet else READ
                    ):
                        await self._woken.wait()
            finally:
                self.is_stopping = True
                self._turns.stop()
                with anyio.CancelScope(shield=True):
                    await self._drain()

    async def _drain(self) -> None:
        self._around.live.notify(None)
        for work in self.at_work.values():
            work.hosted.stop(Stopper.SERVICE, US)
        with anyio.move_on_after(self._around.targets.loaded.drain):
            while self._busy:
                self._woken = anyio.Event()
                await self._woken.wait()
        for work in self.at_work.values():
            log.warning("job.cut_off", job=work.hosted.job.id, target=work.hosted.job.new.target)
            work.scope.cancel()

    # -- whose turn it is ------------------------------------------------------------------------------------

    async def _begin_jobs(self, tasks: TaskGroup) -> None:
        """Begin the next job of each target that has none at work, as long as there are places."""
        here = self._turns.here()  # before the queue is read: what was put in since is not missed
        try:
            jobs = await self._read_jobs()
        except UNREADABLE as error:
            self.note_disk(error)
            return
        opened = frozenset((job.id, job.state) for job in jobs if job.state in OPEN)
        if not self.is_ready or self.trouble or opened != self._opened:
            self.is_ready, self.trouble, self._opened = True, None, opened
            self._around.live.notify(None)
        for job in self._next_jobs(jobs, here):
            if len(self._busy) >= self._around.targets.loaded.places:
                break
            self._busy.add(job.new.target)
            tasks.start_soon(self._carry_out, job)
        for target in here or ():
            if target not in self._busy:
                self._turns.give_back(target, self._wait_of(target, jobs))

    async def _read_jobs(self) -> Sequence[QueuedJob]:
        if not self.is_ready or self._around.targets.loaded.common.fleet:
            await self._around.pauses.read()
        if not self.is_ready:
            await work_in_thread(self._work.clean_up)
        if self.trouble:
            await work_in_thread(_check_disk, self._around.queue)
        await self._around.pauses.find_corrected()
        return await work_in_thread(self._around.queue.jobs)

    def _next_jobs(self, jobs: Iterable[QueuedJob], here: Collection[str] | None) -> list[QueuedJob]:
        clock = anyio.current_time()
        found = (
            find_next(mine, self._around.pauses.each.get(target), clock)
            for target, mine in by_target(jobs).items()
            if target not in self._busy and (here is None or target in here)
        )
        return [job for job in found if job]

    def _wait_of(self, target: str, jobs: Iterable[QueuedJob]) -> float | None:
        """Return the seconds until the next turn of a target whose jobs wait; None: it has none."""
        if target not in by_target(jobs):
            return None
        pause = self._around.pauses.each.get(target)
        until = max(pause.until, pause.resume_at) if pause else 0.0
        return max(until - anyio.current_time(), FULL)

    def note_disk(self, error: Exception) -> None:
        """Note that the queue cannot be read or written; the loop finds out when it can."""
        if not self.trouble:
            self.trouble = next(trouble for kind, trouble in TROUBLES if isinstance(error, kind))
            log.error("queue.failed", detail=str(error))
            self._around.live.notify(None)

    # -- one job ---------------------------------------------------------------------------------------------

    async def _carry_out(self, job: QueuedJob) -> None:
        """Carry out a job; its target is free for the next one before the messages are sent."""
        target = job.new.target
        with anyio.CancelScope(shield=True) as scope:
            send = None
            try:
                send = await self._work.carry_out(job, lambda hosted: self._enter(hosted, scope))
            except DISK as error:
                self.note_disk(error)
                if not isinstance(error, DatabaseAway):
                    self._around.pauses.begin(target, JobTrouble.DISK, str(error))
            except Exception as error:
                log.exception("job.crashed", job=job.id, target=target, error=type(error).__name__)
                self._around.pauses.begin(target, JobTrouble.DISK, CRASHED)
            finally:
                self._free(job)
            if send:
                await send()

    def _enter(self, hosted: HostedJob, scope: anyio.CancelScope) -> None:
        self.at_work[hosted.job.new.target] = AtWork(hosted, scope)
        if self.is_stopping:
            hosted.stop(Stopper.SERVICE, US)

    def _free(self, job: QueuedJob) -> None:
        work = self.at_work.pop(job.new.target, None)
        self._busy.discard(job.new.target)
        if self.is_stopping:  # another machine goes on at once
            self._turns.give_back(job.new.target, 0.0)
        elif work and work.hosted.is_lost:  # it has gone on already
            self._turns.give_back(job.new.target)
        self._around.live.end(job.id)
        if not self._around.pauses.is_busy(job.new.target):  # else it held nothing that another one needs
            self._around.pauses.try_busy_ones()
        self.wake()


def _check_disk(queue: JobQueue) -> None:
    """Raise OSError or StateFault where the disk does not take the content of a job."""
    with queue.receive() as folder, (folder / "probe").open("wb") as file:
        file.write(bytes(PROBE))
        file.flush()
        os.fsync(file.fileno())
