"""What a process shares with others, as those see it that do not know the database."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..model import Result
from ..queue.job_queue import JobQueue
from ..settings.fleet import Fleet
from .status import FleetStatus

# a message that waits: number, target, channel, id, message, when it was queued and first tried, tries
MessageRow = tuple[int, str, str, str, str, float, float | None, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run is that another process works on."""

    run_id: str
    token: int  # of the lease: another one is another session, perhaps of another job
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


class Notices(Protocol):
    """What all machines remember for messages. All methods block, and raise DatabaseAway.

    `MessageStore` says what each of them is for.
    """

    def transaction(self, target: str) -> AbstractContextManager[None]:
        """Make all writes of this thread one; no other process writes about the target then."""

    def register(self, name: str, target: str, reported: int | None) -> None:
        """Note a run."""

    def runs_of(self, target: str) -> list[tuple[str, int | None]]:
        """Return the runs that were noted."""

    def forget(self, name: str, target: str) -> bool:
        """Forget a run; return whether it was noted."""

    def give_up(self, name: str, target: str) -> None:
        """Forget a run, if it was noted long ago."""

    def last_trouble(self, target: str, channel: str) -> bytes | None:
        """Return what a channel has sent of a target."""

    def remember(self, target: str, channel: str, trouble: bytes | None) -> None:
        """Keep that."""

    def adopt(self, other: str, target: str) -> None:
        """Let what is kept of one target be another's."""

    def enqueue(self, target: str, channel: str, message_id: str, message: bytes, now: float) -> None:
        """Queue a message."""

    def messages(self) -> list[MessageRow]:
        """Return all messages that wait."""

    def targets(self) -> list[str]:
        """Return the targets of messages and runs."""

    def is_waiting(self, number: int) -> bool:
        """Return whether a message still waits."""

    def hold(self, number: int, seconds: float) -> AbstractContextManager[bool]:
        """Hold a message; yield whether no other process does."""

    def note_try(self, number: int, tries: int, now: float) -> None:
        """Note that a message is tried now."""

    def remove(self, numbers: Sequence[int]) -> None:
        """Take messages out of the queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """What a new connection found of the database."""

    version: int  # as PostgreSQL has it: 150004 is 15.4
    round_trip: float  # seconds
    ahead: float  # seconds that this machine's clock is ahead of its clock
    is_durable: bool  # whether it writes to disk what it confirms
    is_private: bool  # whether the connection is encrypted, or leaves no machine
    trouble: str | None  # why its tables or our key do not fit; None: they do
    may_write: bool


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
    def notices(self) -> Notices:
        """What all machines remember for messages."""

    @property
    def runs_of_others(self) -> OthersRuns:
        """The runs that other processes work on."""

    def keys_for(self, purpose: str) -> Sequence[bytes]:
        """Return keys for a purpose that all machines share, newest first; none without a key file."""

    def status(self) -> FleetStatus:
        """Return who works on what, and what waits; raise DatabaseAway."""

    def examine(self) -> DatabaseFacts:
        """Return what a new connection finds; raise DatabaseAway, or UsageFault where it is refused."""

    def read_keys_again(self) -> None:
        """Take the keys that the key file has now; raise UsageFault where it has none."""

    def close(self) -> None:
        """Let go of all connections."""
