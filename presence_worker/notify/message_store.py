"""What is remembered for messages: the contract of its stores.

One suite, tests/notify/store_suite.py, runs on each. All methods block, and may raise one of FAULTS.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from ..errors import DatabaseAway
from .when_due import LastTrouble

FAULTS = (sqlite3.Error, DatabaseAway)


class QueuedMessage(NamedTuple):
    """A message on its way by one channel."""

    number: int
    target: str
    channel: str
    id: str
    message: str  # JSON
    queued: float  # seconds since 1970, like the next one
    first_tried: float | None
    tries: int


class MessageStore(Protocol):
    """Owns which runs must be reported, what was sent last, and what was not delivered yet."""

    def without_patience(self) -> AbstractContextManager[None]:
        """Let other processes that write be an error at once: an event loop must not wait for them."""

    def close(self) -> None:
        """Let go of what is open."""

    def transaction(self, target: str) -> AbstractContextManager[None]:
        """Make all writes inside one: all durable, or none; no other process writes about a target then."""

    # -- runs ------------------------------------------------------------------------------------------------

    def register(self, name: str, target: str, reported: int | None) -> None:
        """Note a run, so many of whose endings are *reported*; one that was noted stays as it is."""

    def runs_of(self, target: str) -> list[tuple[str, int | None]]:
        """Return the runs that were noted, oldest first, and how many endings are reported."""

    def forget(self, name: str, target: str) -> bool:
        """Forget a run: all of its endings are reported; return whether it was still noted."""

    def give_up(self, name: str, target: str) -> None:
        """Forget a run that is not there; one that is only not there yet may stay."""

    # -- what was sent last ----------------------------------------------------------------------------------

    def last_trouble(self, target: str, channel: str) -> LastTrouble | None:
        """Return the trouble that a channel has sent of a target; None: all is well."""

    def remember(self, target: str, channel: str, trouble: LastTrouble | None) -> None:
        """Write what a channel has sent of a target."""

    def adopt(self, other: str, target: str) -> None:
        """Let all that is kept of one target be another's, unless it has its own."""

    # -- messages --------------------------------------------------------------------------------------------

    def enqueue(self, target: str, channel: str, message_id: str, message: str, now: float) -> None:
        """Queue a message; one that waits already stays as it is."""

    def messages(self) -> list[QueuedMessage]:
        """Return all messages that wait, oldest first."""

    def targets(self) -> list[str]:
        """Return the targets that messages wait for, or endings of runs."""

    def is_waiting(self, message: QueuedMessage) -> bool:
        """Return whether a message still waits: another process may have delivered it."""

    def hold(self, message: QueuedMessage, seconds: float) -> AbstractContextManager[bool]:
        """Hold a message, so that no other process sends it as well; yield whether that is so.

        Where the process dies, it may be held for so many *seconds*.
        """

    def note_try(self, message: QueuedMessage, now: float) -> None:
        """Note that a message is tried now."""

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """Take messages out of the queue."""
