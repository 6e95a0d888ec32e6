"""What can be asked of the service: HTTP, folders and the schedule all go through it.

The log has one event for each step of a job. Each has the fields `job` and `target`.

| event | when | what else it has |
|---|---|---|
| `job.queued` | a job was taken in; it is on disk | command, way |
| `job.began` | it is at work | command, way |
| `job.died` | its run died, or the service with it | deaths, settled |
| `job.crashed` | a bug ended its run | error |
| `job.waits` | it waits again; it is not used up | run_id, state, exit_code |
| `job.left` | the service ends; it goes on after the next start | run_id, state, exit_code |
| `job.taken` | another machine goes on with it: this one was away too long | run_id, state, exit_code |
| `job.cut_off` | the same, but its run did not end within serve.drain | |
| `job.ended` | it is over | run_id, state, exit_code, has_failed |
| `job.cancelled` | a person cancelled it before it was at work | |
| `job.stopping` | a person stopped its run | run_id |
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import anyio
import structlog

from ..errors import ExitCode, PresenceWorkerError
from ..queue.job_queue import JobQueue, NewJob, QueuedJob
from ..run_states import JobCommand, JobWay
from ..threads import work_in_thread
from .asking import Conflict, RunRequest, queue_request
from .job_work import DISK, UNREADABLE, Surroundings
from .live_runs import LiveRuns
from .messenger import ROUND, Messenger
from .runs_elsewhere import RunsElsewhere
from .served_targets import ServedTargets
from .service_notes import ServiceNotes
from .target_pauses import TargetPauses
from .turns import AllTurns, TargetPause, Turns
from .what_follows import JobTrouble, Stopper
from .work_loop import WorkLoop

__all__ = ["Conflict", "Service", "Unavailable"]
BROKEN = (
    "The configuration has an error. The service goes on with the old one. `presence-worker doctor` shows it."
)
STARTING, STOPPING = "starting", "stopping"
OF_TARGETS = (JobTrouble.CONFIGURATION, JobTrouble.CREDENTIALS, JobTrouble.DISK)  # the first is named
log = structlog.get_logger()


class Unavailable(PresenceWorkerError):
    """No job can be taken in now; *trouble* says why: starting, stopping, disk, database, configuration."""

    def __init__(self, trouble: str) -> None:
        super().__init__(f"No job can be taken in now: {trouble}.")
        self.trouble = trouble


class Service:
    """Owns the queue, the work of all targets, and what is live."""

    def __init__(
        self,
        targets: ServedTargets,
        queue: JobQueue,
        after_run: Callable[[], None] = lambda: None,
        turns: Turns | None = None,
    ) -> None:
        self.targets = targets
        self.queue = queue
        fleet = targets.loaded.common.fleet
        self._elsewhere = RunsElsewhere(fleet.runs_of_others, queue) if fleet else None
        self.live = LiveRuns(self._elsewhere)
        self._messenger = Messenger()
        self._notes = ServiceNotes(queue)
        self._pauses = TargetPauses(targets, self._notes, self._messenger, self.live)
        around = Surroundings(
            targets, queue, self.live, self._messenger, self._notes, self._pauses, after_run
        )
        self._loop = WorkLoop(around, turns or AllTurns())
        self._asking = anyio.Lock()
        self._is_broken = False  # the configuration, and a message has said so

    @property
    def is_stopping(self) -> bool:
        """Return whether the service ends."""
        return self._loop.is_stopping

    @property
    def pauses(self) -> Mapping[str, TargetPause]:
        """Return why the jobs of targets wait, by target; those of the others do not."""
        return self._pauses.each

    @property
    def trouble(self) -> str | None:
        """Return why no work can be taken: starting, stopping, disk, database, configuration, credentials.

        None: it can. Configuration, credentials and the disk of runs count where no target can work.
        """
        if self.not_now:
            return self.not_now
        found = [self._trouble_of(name) for name in self.targets.names]
        worst = next((each for each in OF_TARGETS if each in found), None)
        return worst if worst and None not in found else None

    @property
    def not_now(self) -> str | None:
        """Return why no job can be taken in: starting, stopping, disk, database, configuration; or None."""
        if self.is_stopping:
            return STOPPING
        if self._loop.trouble:
            return self._loop.trouble
        return None if self._loop.is_ready else STARTING

    def _trouble_of(self, target: str) -> JobTrouble | None:
        pause = self.pauses.get(target)
        if target in self.targets.loaded.broken:
            return JobTrouble.CONFIGURATION
        return pause.trouble if pause and pause.trouble is not JobTrouble.BUSY else None

    async def run(self) -> None:
        """Carry out what is queued until cancelled; then stop the runs, within serve.drain."""
        async with self._messenger.working(), anyio.create_task_group() as tasks:
            tasks.start_soon(self.live.run)
            tasks.start_soon(self._send_messages)
            await self._loop.run()

    async def _send_messages(self) -> None:
        while True:
            self._report_broken()
            self._messenger.send_waiting(self.targets.loaded)
            await anyio.sleep(ROUND)

    def _report_broken(self) -> None:
        """Send one message where the configuration is broken, by the channels of the old one."""
        is_broken = self.targets.problem is not None
        if is_broken and not self._is_broken:
            self._messenger.report(self.targets.loaded.common, ExitCode.USAGE, "refused", BROKEN)
        self._is_broken = is_broken

    def report(self, target: str, exit_code: int, state: str, headline: str | None = None) -> None:
        """Send messages about a job that came to nothing before it was queued."""
        self._messenger.report(self.targets.loaded.context_of_messages(target), exit_code, state, headline)

    async def reload(self) -> None:
        """Read the configuration again, and try the targets again that wait."""
        await work_in_thread(self._read_again)
        self._report_broken()
        try:
            await self._pauses.end_all()
        except UNREADABLE as error:
            self.note_disk(error)
        self._loop.wake()
        self.live.notify(None)

    def _read_again(self) -> None:
        self.targets.reload()
        try:
            if fleet := self.targets.loaded.common.fleet:
                fleet.read_keys_again()
        except PresenceWorkerError as fault:
            self.targets.problem = self.targets.problem or str(fault)

    async def submit(self, new: NewJob, content: Path | None) -> tuple[QueuedJob, bool]:
        """Queue a job, durably; return it, and whether it is new.

        Raise QueueFull, KeyReused or Unavailable.
        """
        if self.not_now and not await self._is_known(new):
            raise Unavailable(self.not_now or STOPPING)
        most = self.targets.loaded.serve.max_waiting if new.way is JobWay.HTTP else None
        with self._noting_disk():
            job, is_new = await work_in_thread(self.queue.put, new, content, most=most)
        if is_new:
            self._note_queued(job)
        return job, is_new

    def note_disk(self, error: Exception) -> None:
        """Note that the disk, or the database, did not take what a caller sent."""
        self._loop.note_disk(error)
        self._loop.wake()  # to find out whether it takes other things

    @contextmanager
    def _noting_disk(self) -> Iterator[None]:
        try:
            yield
        except DISK as error:
            self.note_disk(error)
            raise

    def _note_queued(self, job: QueuedJob) -> None:
        new = job.new
        log.info("job.queued", job=job.id, target=new.target, command=new.command, way=new.way)
        self.wake(new.target)

    async def _is_known(self, new: NewJob) -> bool:
        return new.key is not None and await work_in_thread(self.queue.find_key, new.by, new.key) is not None

    async def ask(self, command: JobCommand, run_id: str, *, seen: str, by: str | None) -> QueuedJob:
        """Queue `apply`, `resume` or `undo` of a run as it was *seen*.

        Raise Conflict where the run has moved, its state does not allow this, or it is queued already. Raise
        RunFault for no such run, and Unavailable.
        """
        if self.not_now:
            raise Unavailable(self.not_now)
        asked = RunRequest(command, run_id, seen, by)
        async with self._asking:  # of two who ask for the same, one comes too late
            with self._noting_disk():
                job = await work_in_thread(queue_request, asked, self.queue, self.targets.loaded)
        self._note_queued(job)
        return job

    async def stop(self, run_id: str, *, by: str | None) -> QueuedJob:
        """Stop a run that is at work, and return its job; raise Conflict where it is not.

        It is not resumed by itself, also where the service is killed before the run has ended.
        """
        for work in self._loop.at_work.values():
            if work.hosted.is_at_work_on(run_id) and work.hosted.stopped_by is None:
                job = work.hosted.job
                work.hosted.stop(Stopper.PERSON, f"the token {by}" if by else "a person")
                await work_in_thread(self._notes.note_stop, job.id)
                log.info("job.stopping", job=job.id, target=job.new.target, run_id=run_id)
                self.live.notify(job.new.target)
                return job
        if self._elsewhere:
            words = f"the token {by}" if by else "a person"
            asked = await work_in_thread(self._elsewhere.stop, run_id, words, self._notes.note_stop)
            if asked:
                log.info("job.stopping", job=asked.id, target=asked.new.target, run_id=run_id)
                self.live.notify(asked.new.target)
                return asked
        raise Conflict(f"run {run_id} is not at work, or ends already")

    async def cancel(self, job_id: str) -> None:
        """Cancel a job that waits; raise NotWaiting."""
        job = await work_in_thread(self.queue.cancel, job_id)
        log.info("job.cancelled", job=job.id, target=job.new.target)
        self.wake(job.new.target)

    def wake(self, target: str) -> None:
        """Read the queue of a target now."""
        self._loop.wake()
        self.live.notify(target)
