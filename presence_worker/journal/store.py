"""One run's journal: what was asked and what became of it, on disk."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ..errors import Stopped, UsageFault
from ..model import Change, Outcome, Presence, Reason, Result, Row, State
from .schema import TABLES, VERSION

PAGE = 500  # changes read at once, at the most
AT_ONCE = 50  # outcomes written by one statement, at the most
DONE = (Result.UPDATED, Result.UNCHANGED, Result.SKIPPED)  # and a duplicate of such a row
UNSETTLED = (Result.NOT_SENT, Result.FAILED, Result.UNKNOWN)  # what `resume` finishes


class Fate(NamedTuple):
    """A row and what became of it, as reports tell it."""

    row: int
    line: int | None
    associate_id: int | str | None
    status: str | None
    message: str
    cells: str
    duplicate_of: int | None
    result: str
    reason: str | None
    detail: str | None
    http_status: int | None
    attempts: int
    wire_puts: int
    duration_ms: float | None
    finished_at: str | None


class RunRecord(NamedTuple):
    """A run as a whole."""

    run_id: str
    created_at: str
    target: str
    state: str
    exit_code: int | None
    message: str | None
    next: str | None
    input: dict[str, Any]
    settings: dict[str, Any]
    notes: list[str]


class Work(NamedTuple):
    """All sessions of a run taken together."""

    started_at: str | None
    ended_at: str | None
    seconds: float
    rate: float | None
    gets: int


def now() -> str:
    """Give the present moment as the journal writes it: UTC, ISO 8601, milliseconds."""
    second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_until_seconds(second)}.{nanoseconds // 1_000_000:03d}Z"


@lru_cache(maxsize=1)
def _until_seconds(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _columns(session: int, row: int, outcome: Outcome, at: str) -> tuple[Any, ...]:
    return (
        row,
        session,
        outcome.result,
        outcome.reason,
        outcome.detail,
        outcome.http_status,
        outcome.attempts,
        outcome.wire_puts,
        outcome.duration_ms,
        at,
    )


@cache
def _recording(rows: int) -> str:
    """Give the statement that writes so many outcomes."""
    return f"""INSERT INTO outcome VALUES {", ".join([f"({', '.join('?' * 10)})"] * rows)}
        ON CONFLICT (row) DO UPDATE SET session = excluded.session, result = excluded.result,
        reason = excluded.reason, detail = excluded.detail, http_status = excluded.http_status,
        attempts = attempts + excluded.attempts, wire_puts = wire_puts + excluded.wire_puts,
        duration_ms = duration_ms + excluded.duration_ms, finished_at = excluded.finished_at"""  # noqa: S608 - only marks


class Journal:
    """Owns the SQLite file of one run; every write is on disk when its method returns.

    Methods may be called from any thread. A write that fails raises Stopped: it is never tried again.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._writing = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA trusted_schema = OFF")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")

    @classmethod
    def create(cls, path: Path) -> "Journal":
        """Make a new, empty journal, readable for its owner alone."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "Journal":
        """Open a run's journal; one of another version, or a damaged one, is refused."""
        try:
            journal = cls(path)
            (version,) = journal._db.execute("SELECT version FROM schema").fetchone()
        except sqlite3.Error as error:
            raise UsageFault(
                f"{path}: the journal cannot be read ({error}); restore it from a backup, or start a new run"
            ) from None
        if version != VERSION:
            journal.close()
            raise UsageFault(
                f"{path}: written by another version of presence-worker (schema {version}, "
                f"this one reads {VERSION}); use the version that wrote it"
            )
        return journal

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # -- writing -------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside one: all on disk, or none."""
        with self._writing:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._abandon()
                raise Stopped(f"the journal {self.path} cannot be written: {error}") from error
            except BaseException:
                self._abandon()
                raise

    def _abandon(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def stage(self, run: RunRecord, rows: Iterable[Row]) -> None:
        """Write a new run with all its rows; call it inside a transaction, then settle and seal."""
        for statement in TABLES.split(";\n"):
            self._db.execute(statement)
        self._db.execute("INSERT INTO schema VALUES (?)", (VERSION,))
        self._db.execute(
            "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*run[:7], *(orjson.dumps(part).decode() for part in run[7:])),
        )
        self._db.executemany(
            "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                (r.row, r.line, r.associate_id, r.status, r.message, r.cells, r.result, r.reason, r.detail)
                for r in rows
            ),
        )

    def set_row(self, row: int, result: Result, reason: Reason | None, detail: str, of: int | None) -> None:
        """Settle a staged row that another row of the job decides; *of* is the row it duplicates."""
        self._db.execute(
            "UPDATE row SET result = ?, reason = ?, detail = ?, duplicate_of = ? WHERE row = ?",
            (result, reason, detail, of, row),
        )

    def describe(self, **columns: Any) -> None:
        """Set columns of the run's own record."""
        names = ", ".join(f"{name} = ?" for name in columns)
        values = [
            v if isinstance(v, str | int | None) else orjson.dumps(v).decode() for v in columns.values()
        ]
        self._db.execute(f"UPDATE run SET {names}", values)  # noqa: S608 - names are ours

    def begin(self, command: str, rate: float) -> None:
        """Open a session; what a session that died may have sent stays in doubt."""
        with self.transaction():
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
            self.describe(state=State.RUNNING, exit_code=None, message=None, next=None)

    def end(self, *, seconds: float, gets: int) -> None:
        """Close the session, all outcomes of which are written; *seconds* it delivered, *gets* it read."""
        with self.transaction():
            self._db.execute(
                "UPDATE session SET ended_at = ?, seconds = ?, gets = ? "
                "WHERE session = (SELECT max(session) FROM session)",
                (now(), seconds, gets),
            )

    def record(self, outcomes: Iterable[tuple[int, Outcome, str]]) -> None:
        """Write outcomes as (row, outcome of this session, moment); tries add up over sessions.

        Many rows go into one statement: each one hands Python's lock over to the sender and waits for it.
        """
        waiting = iter(outcomes)
        with self.transaction():
            (session,) = self._db.execute("SELECT max(session) FROM session").fetchone()
            while group := list(islice(waiting, AT_ONCE)):
                values = (_columns(session, *settled) for settled in group)
                self._db.execute(_recording(len(group)), list(chain.from_iterable(values)))

    # -- reading -------------------------------------------------------------------------------------

    def is_staged(self) -> bool:
        """Whether the journal holds a run: staging is one transaction, so it is there whole or not at all."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'schema'"
        return bool(self._db.execute(query).fetchone()[0])

    def run(self) -> RunRecord:
        """Give the run as a whole."""
        values = self._db.execute("SELECT * FROM run").fetchone()
        return RunRecord(*values[:7], *(orjson.loads(part) for part in values[7:]))

    def work(self) -> Work:
        """Give what all sessions did together."""
        return Work(
            *self._db.execute(
                """SELECT min(started_at), max(ended_at), total(seconds),
                (SELECT rate FROM session ORDER BY session DESC LIMIT 1), coalesce(sum(gets), 0)
                FROM session"""
            ).fetchone()
        )

    def puts(self) -> tuple[int, int]:
        """Give the PUTs on the wire, and how many of them repeated an earlier one of the same row."""
        query = "SELECT coalesce(sum(wire_puts), 0), coalesce(sum(max(wire_puts - 1, 0)), 0) FROM outcome"
        puts, repeats = self._db.execute(query).fetchone()
        return puts, repeats

    def counts(self) -> dict[Result, int]:
        """Give the number of rows by result, all results named."""
        found = dict(self._db.execute("SELECT result, count(*) FROM fate GROUP BY result").fetchall())
        return {result: found.get(result, 0) for result in Result}

    def done(self) -> int:
        """Count the rows that are done; a duplicate is done where the row it duplicates is."""
        counts = self.counts()
        query = """SELECT count(*) FROM row JOIN fate ON fate.row = row.duplicate_of
            WHERE fate.result IN (?, ?, ?)"""
        (duplicates,) = self._db.execute(query, DONE).fetchone()
        return sum(counts[result] for result in DONE) + int(duplicates)

    def reasons(self) -> list[tuple[str, str | None, int, str | None]]:
        """Give (result, reason, rows, one detail) for rows that are not done, most rows first."""
        return self._db.execute(
            """SELECT result, reason, count(*), min(detail) FROM fate
            WHERE result IN ('invalid', 'rejected', 'failed', 'unknown', 'not_sent')
            GROUP BY result, reason ORDER BY count(*) DESC, result, reason"""
        ).fetchall()

    def to_send(self) -> int:
        """Count the rows that are still to be sent."""
        query = "SELECT count(*) FROM fate WHERE result IN (?, ?, ?)"
        (number,) = self._db.execute(query, UNSETTLED).fetchone()
        return int(number)

    def clashes(self) -> Iterator[list[tuple[int, Presence, int | None]]]:
        """Yield, for each associate asked for twice or more, its rows (ordinal, wanted, line) in order."""
        twice = self._db.execute(
            "SELECT associate_id FROM row WHERE result IS NULL GROUP BY associate_id HAVING count(*) > 1"
        ).fetchall()
        if twice:
            self._db.execute("CREATE INDEX row_by_associate ON row (associate_id)")
        for (associate_id,) in twice:
            rows = self._db.execute(
                "SELECT row, status, message, line FROM row "
                "WHERE associate_id = ? AND result IS NULL ORDER BY row",
                (associate_id,),
            )
            yield [(row, Presence(status=s, message=m), line) for row, s, m, line in rows.fetchall()]

    def changes(self, page: int = PAGE) -> Iterator[Change]:
        """Yield what is still to be sent, in row order, in flat memory.

        Before a row is yielded, the journal holds that it may have been sent: if we die, it is in doubt.
        """
        last = 0
        while True:
            found = self._db.execute(
                """SELECT row.row, associate_id, status, message, outcome.result
                FROM row LEFT JOIN outcome ON outcome.row = row.row
                WHERE row.row > ? AND row.result IS NULL
                AND (outcome.row IS NULL OR outcome.result IN (?, ?, ?)) ORDER BY row.row LIMIT ?""",
                (last, *UNSETTLED, min(page, PAGE)),
            ).fetchall()
            if not found:
                return
            last = found[-1][0]
            self._hand_out(last)
            for row, associate_id, status, message, result in found:
                yield Change(
                    row=row,
                    associate_id=associate_id,
                    wanted=Presence(status=status, message=message),
                    in_doubt=result == Result.UNKNOWN,
                )

    def _hand_out(self, upto: int) -> None:
        with self.transaction():
            self._db.execute(
                "UPDATE session SET handed_out = ? WHERE session = (SELECT max(session) FROM session)",
                (upto,),
            )

    def fates(self, *results: Result) -> Iterator[Fate]:
        """Yield all rows in order with what became of them, or only those with the *results* named."""
        wanted = f"WHERE result IN ({', '.join('?' * len(results))})" if results else ""
        query = f"SELECT {', '.join(Fate._fields)} FROM fate {wanted} ORDER BY row"  # noqa: S608 - names are ours
        return map(Fate._make, self._db.execute(query, results))

    def written(self) -> Iterator[int]:
        """Yield the associates this run wrote, or may have written."""
        query = "SELECT associate_id FROM fate WHERE result = 'updated' OR (result = 'unknown')"
        return (associate_id for (associate_id,) in self._db.execute(query))
