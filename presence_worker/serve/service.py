"""What can be asked of the service: HTTP, folders and the schedule all go through it."""

from pathlib import Path

from ..errors import PresenceWorkerError
from ..queue.job_queue import JobQueue, NewJob, QueuedJob
from ..run_states import JobCommand
from .live_runs import LiveRuns
from .served_targets import ServedTargets


class Conflict(PresenceWorkerError):
    """The run has moved since it was seen, or its state does not allow what is asked for."""


class Service:
    """Owns the queue, the workers of all targets, and what is live."""

    def __init__(self, targets: ServedTargets, queue: JobQueue) -> None:
        self.targets = targets
        self.queue = queue
        self.live = LiveRuns()

    @property
    def trouble(self) -> str | None:
        """Return why no work can be taken: starting, stopping, configuration, credentials, disk; or None."""
        raise NotImplementedError

    async def run(self) -> None:
        """Carry out what is queued until cancelled; then stop the runs, within serve.drain."""
        raise NotImplementedError

    async def submit(self, new: NewJob, content: Path | None) -> tuple[QueuedJob, bool]:
        """Queue a job, durably; return it, and whether it is new. Raise QueueFull or KeyReused."""
        raise NotImplementedError

    async def ask(self, command: JobCommand, run_id: str, *, seen: str, by: str | None) -> QueuedJob:
        """Queue `apply`, `resume` or `undo` of a run as it was *seen*.

        Raise Conflict where the run has moved, its state does not allow this, or it is queued already. Raise
        RunFault for no such run.
        """
        raise NotImplementedError

    async def stop(self, run_id: str, *, by: str | None) -> QueuedJob:
        """Stop a run that is at work, and return its job; raise Conflict where it is not."""
        raise NotImplementedError

    async def cancel(self, job_id: str) -> None:
        """Cancel a job that waits; raise NotWaiting."""
        raise NotImplementedError

    def wake(self, target: str) -> None:
        """Read the queue of a target now."""
        raise NotImplementedError
