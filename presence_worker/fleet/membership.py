"""What a process shares with others, as those see it that do not know the database."""

from pathlib import Path
from typing import Protocol

from ..queue.job_queue import JobQueue
from ..settings.fleet import Fleet


class Membership(Protocol):
    """This process as one of several that share a database; `FleetMember` has more of it."""

    @property
    def settings(self) -> Fleet:
        """How it takes part."""

    @property
    def id(self) -> str:
        """Its name, as the holder of targets: no other process has had it."""

    def queue_in(self, state_dir: Path) -> JobQueue:
        """Return the queue of all machines; this one keeps copies of contents in the state directory."""

    def close(self) -> None:
        """Let go of all connections."""
