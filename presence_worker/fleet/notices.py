"""What all machines remember for messages: runs to report, what was sent last, and what is not delivered."""

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import LiteralString

from psycopg.rows import TupleRow

from ..errors import DatabaseAway
from .connections import Connection, SharedDatabase
from .membership import MessageRow
from .sealing import Sealing

PROBE = "SELECT 1"  # what follows may not be repeated, so connections that were lost must go before
OWN = "SELECT pg_advisory_xact_lock(hashtextextended('messages about ' || %s, 0))"
REGISTER = "INSERT INTO noted_run (name, target, reported) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
RUNS_OF = "SELECT name, reported FROM noted_run WHERE target = %s ORDER BY number"
FORGET = "DELETE FROM noted_run WHERE name = %s AND target = %s"
GIVE_UP = f"{FORGET} AND noted_at < now() - interval '1 day'"
LAST = "SELECT trouble FROM last_trouble WHERE target = %s AND channel = %s"
WELL = "DELETE FROM last_trouble WHERE target = %s AND channel = %s"
REMEMBER = """INSERT INTO last_trouble VALUES (%s, %s, %s)
    ON CONFLICT (target, channel) DO UPDATE SET trouble = excluded.trouble"""
ADOPT = (
    """UPDATE last_trouble SET target = %(target)s WHERE target = %(other)s AND NOT EXISTS (
        SELECT FROM last_trouble AS own
        WHERE own.target = %(target)s AND own.channel = last_trouble.channel)""",
    """UPDATE message SET target = %(target)s WHERE target = %(other)s AND NOT EXISTS (
        SELECT FROM message AS own
        WHERE own.target = %(target)s AND own.channel = message.channel AND own.id = message.id)""",
)
ENQUEUE = """INSERT INTO message (target, channel, id, message, queued) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING"""
CLEAN = "DELETE FROM message WHERE queued < %s"  # of targets that no machine has any more
LONGEST = 30 * 86_400.0  # seconds
MESSAGES = """SELECT number, target, channel, id, message, queued, first_tried, tries
    FROM message ORDER BY number"""
TARGETS = "SELECT target FROM message UNION SELECT target FROM noted_run ORDER BY target"
IS_WAITING = "SELECT 1 FROM message WHERE number = %s"
HOLD = """UPDATE message SET held_by = %(by)s, held_until = now() + make_interval(secs => %(seconds)s)
    WHERE number = %(number)s AND (held_by IS NULL OR held_by = %(by)s OR held_until < now())"""
RELEASE = "UPDATE message SET held_by = NULL WHERE number = %s AND held_by = %s"
TRY = "UPDATE message SET tries = %s, first_tried = coalesce(first_tried, %s) WHERE number = %s"
REMOVE = "DELETE FROM message WHERE number = ANY(%s)"
Value = str | float | bytes | list[int] | None
Values = Sequence[Value] | Mapping[str, Value]


class _OfThread(threading.local):
    """What a thread has under way."""

    connection: Connection | None = None  # of a transaction


class SharedNotices:
    """Owns what a thread has under way; every statement may be repeated. See `Notices`."""

    def __init__(self, database: SharedDatabase, sealing: Sealing, member: str) -> None:
        self._database = database
        self._sealing = sealing
        self._member = member
        self._own = _OfThread()

    @contextmanager
    def transaction(self, target: str) -> Iterator[None]:
        """Make all writes of this thread one; no other process writes about the target then."""
        self._database.work(lambda connection: connection.execute(PROBE))
        with self._database.connection() as connection, connection.transaction():
            connection.execute(OWN, [target])
            self._own.connection = connection
            try:
                yield
            finally:
                self._own.connection = None

    def _ask(self, query: LiteralString, values: Values = ()) -> list[TupleRow]:
        """Return the rows of a statement; for one without any, a row with how many it changed."""

        def work(connection: Connection) -> list[TupleRow]:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]

        connection = self._own.connection
        return work(connection) if connection else self._database.work(work)

    # -- runs ------------------------------------------------------------------------------------------------

    def register(self, name: str, target: str, reported: int | None) -> None:
        """Note a run; one that was noted stays as it is."""
        self._ask(REGISTER, [name, target, reported])

    def runs_of(self, target: str) -> list[tuple[str, int | None]]:
        """Return the runs of a target that were noted, oldest first."""
        return [(name, reported) for name, reported in self._ask(RUNS_OF, [target])]

    def forget(self, name: str, target: str) -> bool:
        """Forget a run; return whether it was noted."""
        return bool(self._ask(FORGET, [name, target])[0][0])

    def give_up(self, name: str, target: str) -> None:
        """Forget a run, if it was noted long ago."""
        self._ask(GIVE_UP, [name, target])

    # -- what was sent last ----------------------------------------------------------------------------------

    def last_trouble(self, target: str, channel: str) -> bytes | None:
        """Return what a channel has sent of a target."""
        found = self._ask(LAST, [target, channel])
        return self._sealing.open(found[0][0]) if found else None

    def remember(self, target: str, channel: str, trouble: bytes | None) -> None:
        """Keep what a channel has sent of a target."""
        if trouble is None:
            self._ask(WELL, [target, channel])
        else:
            self._ask(REMEMBER, [target, channel, self._sealing.seal(trouble)])

    def adopt(self, other: str, target: str) -> None:
        """Let what is kept of one target be another's, unless it has its own."""
        for statement in ADOPT:
            self._ask(statement, {"other": other, "target": target})

    # -- messages --------------------------------------------------------------------------------------------

    def enqueue(self, target: str, channel: str, message_id: str, message: bytes, now: float) -> None:
        """Queue a message; one that waits already stays as it is."""
        self._ask(CLEAN, [now - LONGEST])
        self._ask(ENQUEUE, [target, channel, message_id, self._sealing.seal(message), now])

    def messages(self) -> list[MessageRow]:
        """Return all messages that wait, oldest first: number, target, channel, id, message, times, tries."""
        return [
            (*found[:4], self._sealing.open(found[4]).decode(), *found[5:]) for found in self._ask(MESSAGES)
        ]

    def targets(self) -> list[str]:
        """Return the targets that messages wait for, or endings of runs."""
        return [target for (target,) in self._ask(TARGETS)]

    def is_waiting(self, number: int) -> bool:
        """Return whether a message still waits."""
        return bool(self._ask(IS_WAITING, [number]))

    @contextmanager
    def hold(self, number: int, seconds: float) -> Iterator[bool]:
        """Hold a message for so many seconds at most; yield whether no other process does."""
        by = f"{self._member}-{secrets.token_hex(4)}"
        values: dict[str, Value] = {"by": by, "number": number, "seconds": seconds}
        is_ours = bool(self._ask(HOLD, values)[0][0])
        try:
            yield is_ours
        finally:
            if is_ours:
                with suppress(DatabaseAway):
                    self._ask(RELEASE, [number, by])

    def note_try(self, number: int, tries: int, now: float) -> None:
        """Note that a message is tried now."""
        self._ask(TRY, [tries, now, number])

    def remove(self, numbers: Sequence[int]) -> None:
        """Take messages out of the queue."""
        self._ask(REMOVE, [[*numbers]])
