"""Sessions of work on a run: what each took up, what became of it, and how long it took."""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice
from typing import NamedTuple

import orjson

from ..model import UNSETTLED, Change, Outcome, Presence, Result
from .database import Database, SqlValue, now
from .outbox import Settled
from .schema import OR_NULL

AT_ONCE = 50  # outcomes written by one statement, at the most
OUTCOME = f"(?, ?, ?, {OR_NULL}, {OR_NULL}, ?, ?, ?, ?, ?)"


class PastSession(NamedTuple):
    """A session in which something was sent."""

    session: int
    command: str
    started_at: str
    rate: float  # requests per second, configured
    last_at: str  # the moment of its last outcome


class SendingFigures(NamedTuple):
    """How the requests of a run went that was sent in one session."""

    rate: float  # requests per second, configured
    is_as_staged: bool  # else other settings may have been in force than those stored with the run
    seconds: float  # of the session, with what was read before; 0 while it is at work, or where it died
    gets: int
    rows: int  # that were tried
    tries: int
    busy: float  # seconds that all tries took together
    apart: float  # seconds between the first outcome and the last one

    @property
    def latency(self) -> float:
        """Seconds that a try took on average."""
        return self.busy / self.tries

    @property
    def span(self) -> float:
        """Seconds in which tries were under way."""
        return self.apart + self.latency


class Work(NamedTuple):
    """All sessions of a run taken together."""

    started_at: str | None
    ended_at: str | None
    seconds: float
    rate: float | None
    gets: int


class Sessions:
    """Owns the sessions of a run. It is the `Outbox` of one machine: the last session's."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, command: str, rate: float) -> None:
        """Open a session; what a session that died may have sent stays in doubt."""
        with self._db.transaction():
            self._db.execute(
                """INSERT OR REPLACE INTO outcome
                SELECT row, (SELECT max(session) FROM session), result, reason, detail, http_status,
                       attempts, wire_puts, coalesce(duration_ms, 0), ?
                FROM fate WHERE row IN (SELECT row FROM lost)""",
                (now(),),
            )
            self._db.execute("UPDATE session SET ended_at = started_at WHERE ended_at IS NULL")
            self._db.execute(
                "INSERT INTO session (command, started_at, rate) VALUES (?, ?, ?)", (command, now(), rate)
            )
            self._db.execute(
                "UPDATE run SET state = 'running', exit_code = NULL, message = NULL, next = NULL"
            )

    def end(self, *, seconds: float, gets: int) -> None:
        """Close the session, all outcomes of which are written; *seconds* it delivered, *gets* it read."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE session SET ended_at = ?, seconds = ?, gets = ? "
                "WHERE session = (SELECT max(session) FROM session)",
                (now(), seconds, gets),
            )

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
        """Yield what was to be sent of some associates, in row order; what became of it is in doubt."""
        query = """SELECT row, associate_id, status, message FROM row
            WHERE result IS NULL AND associate_id IN (SELECT value FROM json_each(?)) ORDER BY row"""
        for row, associate_id, *wanted in self._db.all(query, orjson.dumps([*associates]).decode()):
            yield Change(row=row, associate_id=associate_id, wanted=Presence(*wanted), in_doubt=True)

    def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes; see `Outbox`.

        Many rows go into one statement: each one hands Python's lock over to the sender and waits for it.
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

    def _hand_out(self, upto: str, row: int) -> None:
        self._db.execute(
            f"UPDATE session SET handed_out = {upto} "  # noqa: S608 - ours
            "WHERE session = (SELECT max(session) FROM session)",
            (row,),
        )

    def work(self) -> Work:
        """Return what all sessions did together."""
        return Work(
            *self._db.one(
                """SELECT min(started_at), iif(count(ended_at) < count(*), NULL, max(ended_at)),
                total(seconds),
                (SELECT rate FROM session ORDER BY session DESC LIMIT 1), coalesce(sum(gets), 0)
                FROM session"""
            )
        )

    def all(self) -> list[PastSession]:
        """Return the sessions in which something was sent, in order, with their last outcomes."""
        query = """SELECT session, command, session.started_at, rate, max(finished_at)
            FROM session JOIN outcome USING (session) WHERE attempts > 0 GROUP BY session ORDER BY session"""
        return [PastSession(*found) for found in self._db.all(query)]

    def sending_figures(self) -> SendingFigures | None:
        """Return how the requests went; None where more than one session sent some, or none has.

        What is applied was stored by a session that sent nothing.
        """
        query = """SELECT rate, command != 'apply', seconds, gets,
            count(*), sum(attempts), sum(duration_ms) / 1000,
            (julianday(max(finished_at)) - julianday(min(finished_at))) * 86400
            FROM session JOIN outcome USING (session) WHERE attempts > 0 AND command != 'resume'
            AND session = (SELECT max(session) FROM session) GROUP BY session"""
        found = self._db.all(query)
        return SendingFigures(*found[0]) if found else None

    def silence(self, *, longer_than: float) -> float:
        """Return the seconds in which no outcome came, all times together that were *longer_than* so many."""
        (seconds,) = self._db.one(
            """SELECT total(apart) FROM (SELECT 86400 * (julianday(finished_at)
                - lag(julianday(finished_at)) OVER (ORDER BY finished_at)) AS apart
            FROM outcome WHERE attempts > 0) WHERE apart > ?""",
            longer_than,
        )
        return float(seconds)


def _columns(session: int, row: int, outcome: Outcome, at: str) -> tuple[SqlValue, ...]:
    """Return the values of one outcome, in the order of the table's columns."""
    return (
        row,
        session,
        str(outcome.result),  # and likewise an enum
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
