"""What a process shares with others, as those see it that do not know the database."""

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

    @property
    def queue(self) -> JobQueue:
        """The queue of all machines."""

    def close(self) -> None:
        """Let go of all connections."""
