"""Where permission to send is taken, and results are reported."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, islice
from typing import NamedTuple, Protocol

import anyio
import orjson

from ..errors import PresenceWorkerError
from ..model import UNSETTLED, Change, Outcome, Presence, Result
from .database import Database, SqlValue
from .schema import OR_NULL

AT_ONCE = 50  # outcomes written by one statement, at most
OUTCOME = f"(?, ?, ?, {OR_NULL}, {OR_NULL}, ?, ?, ?, ?, ?)"
Settled = tuple[int, Outcome, str]  # a row, its outcome in this session, and when that came: UTC, ISO 8601


class Pages(NamedTuple):
    """How rows are taken ahead."""

    size: int  # rows that are taken at once
    low: int  # as few are left when the next ones are taken


class Outbox(Protocol):
    """The rows of a run that one session sends.

    Methods raise Stopped where what they promise cannot be kept. Each may be called once more with the same
    arguments, such as after an answer that was lost.
    """

    pages: Pages  # that fit the pace

    async def take(self, after: int, most: int) -> Sequence[Change]:
        """Return the next rows to send behind row *after*, in row order, at most so many; none at the end.

        When this returns, it is durable that they may have been sent: if we die, those without an outcome are
        in doubt, and no others. A repeated call returns the same rows, but those that have an outcome by now.
        """

    async def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes, all or none; when this returns, they are durable.

        Tries, PUTs and time add up over the outcomes of a row; the rest is as the last one says. An outcome
        counts once, however often it is reported: it is known by row, session, moment and result. Outcomes
        of one row are reported in order, so a report is repeated before a later one of the same row is made.
        """

    async def give_back(self, after: int) -> None:
        """Note that no row of this session behind row *after* was begun, although it was taken."""

    def set_aside(self, rows: int) -> None:
        """Take in that so many rows have an answer, and wait until those of others say what it means."""


class LocalOutbox:
    """Owns what the last session of a run sends. `Outbox` has the contract; here, its methods block.

    They may be called from any thread.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def take(self, after: int, most: int) -> list[Change]:
        """Return the next rows to be sent; see `Outbox`."""
        with self._db.transaction():
            found = self._db.all(
                """SELECT row.row, associate_id, status, message, outcome.result
                FROM row LEFT JOIN outcome ON outcome.row = row.row
                WHERE row.row > ? AND row.result IS NULL AND (outcome.row IS NULL
                    OR outcome.result IN (?, ?, ?) AND outcome.session < (SELECT max(session) FROM session))
                ORDER BY row.row LIMIT ?""",
                after,
                *UNSETTLED,
                most,
            )
            if found:
                self._hand_out("max(handed_out, ?)", found[-1][0])
        return [
            Change(row, associate_id, Presence(status, message), result == Result.UNKNOWN)
            for row, associate_id, status, message, result in found
        ]

    def changes_of(self, associates: Iterable[int]) -> Iterator[Change]:
        """Yield what was handed out for some users, in row order; the results are in doubt."""
        query = """SELECT row, associate_id, status, message FROM row
            WHERE result IS NULL AND associate_id IN (SELECT value FROM json_each(?)) ORDER BY row"""
        for row, associate_id, *wanted in self._db.all(query, orjson.dumps([*associates]).decode()):
            yield Change(row=row, associate_id=associate_id, wanted=Presence(*wanted), in_doubt=True)

    def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes; see `Outbox`.

        Many rows go into one statement: each statement lets the thread of the sender go first, and waits.
        """
        waiting = iter(_one_each(outcomes))
        with self._db.transaction():
            (session,) = self._db.execute("SELECT max(session) FROM session").fetchone()
            while group := list(islice(waiting, AT_ONCE)):
                values = (_columns(session, *settled) for settled in group)
                self._db.execute(_insert_statement(len(group)), list(chain.from_iterable(values)))

    def give_back(self, after: int) -> None:
        """Note that no row behind that one was begun; see `Outbox`."""
        with self._db.transaction():
            self._hand_out("min(handed_out, ?)", after)

    def replay(self, handed_out: int, outcomes: Iterable[Settled]) -> None:
        """Write what another machine knows of this session: outcomes, and the last row it may have sent."""
        self.record(outcomes)
        with self._db.transaction():
            self._hand_out("?", handed_out)

    def _hand_out(self, upto: str, row: int) -> None:
        self._db.execute(
            f"UPDATE session SET handed_out = {upto} "  # noqa: S608 - ours
            "WHERE session = (SELECT max(session) FROM session)",
            (row,),
        )


def _columns(session: int, row: int, outcome: Outcome, at: str) -> tuple[SqlValue, ...]:
    """Return the values of one outcome, in the order of the table's columns."""
    return (
        row,
        session,
        str(outcome.result),  # and an enum
        outcome.reason or "",
        outcome.detail or "",
        outcome.http_status,
        outcome.attempts,
        outcome.wire_puts,
        round(outcome.duration_ms, 3),
        at,
    )


def _one_each(outcomes: Iterable[Settled]) -> list[Settled]:
    """Return outcomes with one for each row: of several, the last, with what it took all together."""
    found = list(outcomes)
    if len({row for row, _, _ in found}) == len(found):
        return found
    merged: dict[int, Settled] = {}
    for row, outcome, at in found:
        merged[row] = (row, _merge(merged[row][1], outcome) if row in merged else outcome, at)
    return list(merged.values())


def _merge(earlier: Outcome, outcome: Outcome) -> Outcome:
    return outcome._replace(
        attempts=earlier.attempts + outcome.attempts,
        wire_puts=earlier.wire_puts + outcome.wire_puts,
        duration_ms=earlier.duration_ms + outcome.duration_ms,
    )


@cache
def _insert_statement(rows: int) -> str:
    """Return the statement that writes so many outcomes; one that is there already changes nothing."""
    return f"""INSERT INTO outcome VALUES {", ".join([OUTCOME] * rows)}
        ON CONFLICT (row) DO UPDATE SET session = excluded.session, result = excluded.result,
        reason = excluded.reason, detail = excluded.detail, http_status = excluded.http_status,
        attempts = attempts + excluded.attempts, wire_puts = wire_puts + excluded.wire_puts,
        duration_ms = duration_ms + excluded.duration_ms, finished_at = excluded.finished_at
        WHERE (session, finished_at, result, reason, detail, http_status) IS NOT (excluded.session,
            excluded.finished_at, excluded.result, excluded.reason, excluded.detail, excluded.http_status)"""  # noqa: S608 - only marks


class RowsAhead:
    """Owns the rows that may be sent next. A page is taken while the one before is being sent.

    Several tasks may iterate over it; each row goes to exactly one of them.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._page, self._low = outbox.pages
        self._ready: deque[Change] = deque()
        self._error: PresenceWorkerError | None = None
        self._is_over = False
        self._is_low = anyio.Event()
        self._has_come = anyio.Event()
        self.begun = 0  # the last row that was handed out

    def __aiter__(self) -> AsyncIterator[Change]:
        return self

    async def __anext__(self) -> Change:
        while not self._ready:
            if self._error:
                raise self._error
            if self._is_over:
                raise StopAsyncIteration
            await self._has_come.wait()
        change = self._ready.popleft()
        self.begun = change.row
        if len(self._ready) == self._low:
            self._is_low.set()
        return change

    async def run(self) -> None:
        """Take page after page; return at the end. The reader gets the error of a page that failed."""
        last = 0
        try:
            while page := await self._outbox.take(last, self._page):
                last = page[-1].row
                self._is_low = anyio.Event()
                self._add(page)
                if len(self._ready) > self._low:
                    await self._is_low.wait()
        except PresenceWorkerError as error:
            self._error = error
        finally:
            self._is_over = True
            self._has_come.set()

    def _add(self, page: Sequence[Change]) -> None:
        self._ready.extend(page)
        self._has_come.set()
        self._has_come = anyio.Event()
