"""What all machines remember for messages, in the database: see `MessageStore`."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import orjson

from ..fleet.membership import Notices
from ..json_form import from_json, to_json
from .message_store import QueuedMessage
from .when_due import LastTrouble


class SharedStore:
    """Owns nothing: it says in our types what the database keeps."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    @contextmanager
    def without_patience(self) -> Iterator[None]:
        """Do nothing: the database does not make us wait for others."""
        yield

    def close(self) -> None:
        """Do nothing: the process keeps its connections."""

    def transaction(self, target: str) -> AbstractContextManager[None]:
        """Make all writes inside one; no other machine writes about the target then."""
        return self._notices.transaction(target)

    def register(self, name: str, target: str, reported: int | None) -> None:
        """Note a run."""
        self._notices.register(name, target, reported)

    def runs_of(self, target: str) -> list[tuple[str, int | None]]:
        """Return the runs that were noted, oldest first, and how many endings are reported."""
        return self._notices.runs_of(target)

    def forget(self, name: str, target: str) -> bool:
        """Forget a run; return whether it was still noted."""
        return self._notices.forget(name, target)

    def give_up(self, name: str, target: str) -> None:
        """Forget a run that is not there, if it was noted long ago: a new one is there soon."""
        self._notices.give_up(name, target)

    def last_trouble(self, target: str, channel: str) -> LastTrouble | None:
        """Return the trouble that a channel has sent of a target; None: all is well."""
        found = self._notices.last_trouble(target, channel)
        return from_json(LastTrouble, orjson.loads(found)) if found else None

    def remember(self, target: str, channel: str, trouble: LastTrouble | None) -> None:
        """Write what a channel has sent of a target."""
        self._notices.remember(target, channel, orjson.dumps(to_json(trouble)) if trouble else None)

    def adopt(self, other: str, target: str) -> None:
        """Let all that is kept of one target be another's, unless it has its own."""
        self._notices.adopt(other, target)

    def enqueue(self, target: str, channel: str, message_id: str, message: str, now: float) -> None:
        """Queue a message."""
        self._notices.enqueue(target, channel, message_id, message.encode(), now)

    def messages(self) -> list[QueuedMessage]:
        """Return all messages that wait, oldest first."""
        return [QueuedMessage._make(found) for found in self._notices.messages()]

    def targets(self) -> list[str]:
        """Return the targets that messages wait for, or endings of runs."""
        return self._notices.targets()

    def is_waiting(self, message: QueuedMessage) -> bool:
        """Return whether a message still waits."""
        return self._notices.is_waiting(message.number)

    def hold(self, message: QueuedMessage, seconds: float) -> AbstractContextManager[bool]:
        """Hold a message for so long; yield whether no other machine does."""
        return self._notices.hold(message.number, seconds)

    def note_try(self, message: QueuedMessage, now: float) -> None:
        """Note that a message is tried now."""
        self._notices.note_try(message.number, message.tries + 1, now)

    def remove(self, messages: Sequence[QueuedMessage]) -> None:
        """Take messages out of the queue."""
        self._notices.remove([message.number for message in messages])
