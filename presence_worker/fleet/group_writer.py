"""One transaction for all runs of this process: permissions and outcomes go into the database together."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple, Protocol

import psycopg
import structlog
from psycopg import errors

from ..errors import DatabaseAway, LeaseLost, PresenceWorkerError, Stopped
from .connections import Connection, SharedDatabase, meaning

INTERVAL = 0.5  # seconds from one transaction to the next one, at least
AGAIN = 1.0  # seconds until the database is tried again
WRITE = """WITH asked AS (
    SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::int[], %b::int[], %b::int[], %b::bytea[])
        AS line (target, token, run_id, seq, handed_out, done, outcomes)
), held AS (
    SELECT target, token, stop_by FROM lease
    WHERE holder = %b AND (target, token) IN (SELECT target, token FROM asked) ORDER BY target FOR SHARE
), written AS (
    INSERT INTO log (run_id, token, seq, handed_out, done, outcomes)
    SELECT run_id, token, seq, handed_out, done, outcomes FROM asked JOIN held USING (target, token)
)
SELECT target, token, stop_by FROM held"""
LOG = "USING (target, token)\n)"
WRITE_AGAIN = WRITE.replace(LOG, LOG.replace("\n", "\n    ON CONFLICT DO NOTHING\n"))  # costs a quarter more
REFUSED = "the database does not take what the run has to write ({})"
log = structlog.get_logger()


class LogLease(Protocol):
    """What we need of a lease."""

    target: str
    token: int

    def lose(self) -> None:
        """Take in that the target is another's."""

    def ask_to_stop(self, by: str) -> None:
        """Take in that a person asks for the end of the run."""


class LogLine(NamedTuple):
    """What must be written of a run."""

    held: LogLease
    run_id: str
    seq: int
    handed_out: int
    done: int
    outcomes: bytes | None
    made: "Future[None]"

    @property
    def key(self) -> tuple[str, int]:
        """Under which lease."""
        return self.held.target, self.held.token


class GroupWriter:
    """Owns what waits to be written, and the thread with a connection of its own that writes it.

    While the database is away, all of it waits. What was sent without an answer is sent again as it was:
    lines that are there already change nothing.
    """

    def __init__(
        self,
        database: SharedDatabase,
        holder: str,
        *,
        interval: float = INTERVAL,
        again: float = AGAIN,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._holder = holder
        self._interval = interval
        self._again = again
        self._now = now
        self._waiting = deque[LogLine]()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._is_over = False
        self.is_away = False  # the database, when it was asked last

    def submit(
        self, held: LogLease, run_id: str, seq: int, handed_out: int, done: int, outcomes: bytes | None
    ) -> "Future[None]":
        """Take in a line of the log; the future is done when it is durable.

        It ends with LeaseLost where the target is another's, with Stopped where the database refuses it. One
        that is cancelled is not written, unless that is being done.
        """
        line = LogLine(held, run_id, seq, handed_out, done, outcomes, Future())
        with self._changed:
            self._waiting.append(line)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="group-writer")
                self._thread.start()
        return line.made

    def close(self) -> None:
        """End the thread as soon as it has nothing to do; what the database has not taken is given up."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        if self._thread:
            self._thread.join(AGAIN)

    # -- in the thread ---------------------------------------------------------------------------------------

    def _run(self) -> None:
        began = -self._interval
        while self._wait_for_lines(began + self._interval):
            began = self._now()
            group = self._next_group()
            try:
                while group and not self._is_over:
                    group = self._write_or_wait(group)
            except Exception as error:
                log.exception("ledger.failed", error=type(error).__name__)
                _fail(group, Stopped(REFUSED.format(type(error).__name__)))
        self._disconnect()
        _fail([*self._next_group()], DatabaseAway("the program ends"))

    def _wait_for_lines(self, earliest: float) -> bool:
        """Return True when there are lines and it is time for them, False at the end."""
        with self._changed:
            while not self._is_over:
                wait = earliest - self._now() if self._waiting else None
                if wait is not None and wait <= 0:
                    return True
                self._changed.wait(wait)
        return False

    def _next_group(self) -> list[LogLine]:
        with self._changed:
            found, self._waiting = list(self._waiting), deque()
        return [line for line in found if line.made.set_running_or_notify_cancel()]

    def _write_or_wait(self, group: list[LogLine]) -> list[LogLine]:
        """Write a group; return what is left of it because the database is away, some moments later."""
        try:
            self._write(group)
            self.is_away = False
        except DatabaseAway:
            self.is_away = True
            self._disconnect()
            with self._changed:
                self._changed.wait_for(lambda: self._is_over, self._again)
            return group
        return []

    def _write(self, group: Sequence[LogLine]) -> None:
        try:
            with meaning():
                self._settle(group, self._send(merge(group)))
        except psycopg.Error as error:  # about what is written: one run must not take the others along
            if len(group) == 1:
                _fail(group, Stopped(REFUSED.format(type(error).__name__)))
                return
            for line in group:
                self._write([line])
        except DatabaseAway:
            raise
        except PresenceWorkerError as error:  # such as a right that was taken from us
            _fail(group, Stopped(str(error)))

    def _send(self, lines: Sequence[LogLine]) -> dict[tuple[str, int], str | None]:
        """Return the leases that are ours, and who asks that their runs are stopped."""
        if self._connection is None or self._connection.closed:
            self._connection = self._database.connect()
        columns = zip(*((*each.key, *each[1:6]) for each in lines), strict=True)
        values = [*map(list, columns), self._holder]
        try:
            found = self._connection.execute(WRITE, values).fetchall()
        except errors.UniqueViolation:  # an answer was lost
            found = self._connection.execute(WRITE_AGAIN, values).fetchall()
        return {(target, token): stop_by for target, token, stop_by in found}

    def _settle(self, group: Iterable[LogLine], ours: dict[tuple[str, int], str | None]) -> None:
        for line in group:
            if line.key not in ours:
                line.held.lose()
                _end(line, LeaseLost("another machine works on this target by now"))
                continue
            if by := ours[line.key]:
                line.held.ask_to_stop(by)
            _end(line, None)

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def merge(group: Iterable[LogLine]) -> list[LogLine]:
    """Return lines with one in place of two of a run, wherever at most one of them has outcomes."""
    found: dict[tuple[str, int, str], list[LogLine]] = {}
    for line in group:
        mine = found.setdefault((*line.key, line.run_id), [])
        if mine and (mine[-1].outcomes is None or line.outcomes is None):
            mine.append(line._replace(outcomes=mine.pop().outcomes or line.outcomes))
        else:
            mine.append(line)
    return [line for mine in found.values() for line in mine]


def _end(line: LogLine, error: PresenceWorkerError | None) -> None:
    if line.made.done():
        return
    if error:
        line.made.set_exception(error)
    else:
        line.made.set_result(None)


def _fail(group: Iterable[LogLine], error: PresenceWorkerError) -> None:
    for line in group:
        _end(line, error)
