"""What a process shares with others, as those see it that do not know the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..model import Result
from ..queue.job_queue import JobQueue
from ..settings.fleet import Fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is that another process works on."""

    run_id: str
    is_sending: bool
    done: int  # rows with an outcome
    total: int  # rows to send, when it was saved last
    results: Mapping[Result, int]
    is_stopping: bool


class OthersRuns(Protocol):
    """The runs that other processes work on. All methods block, and raise DatabaseAway."""

    def read(self) -> Sequence[RunProgress]:
        """Return how far they are."""

    def ask_to_stop(self, run_id: str, by: str) -> bool:
        """Ask for a run to be stopped; return False where no other works on it, or it was asked before."""


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

    def has_workers(self) -> bool:
        """Return whether a service or a worker is there; raise DatabaseAway. It blocks."""

    @property
    def runs_of_others(self) -> OthersRuns:
        """The runs that other processes work on."""

    def derived_keys(self, purpose: str) -> Sequence[bytes]:
        """Return keys for a purpose that all machines share, newest first; none without a key file."""

    def close(self) -> None:
        """Let go of all connections."""
