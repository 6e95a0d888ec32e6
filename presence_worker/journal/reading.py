"""What a journal tells: counts, fates, and what is still to be sent."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import Stopped
from ..model import Presence, Result
from .records import Fate, RunRecord, Wish, Work

DONE = (Result.UPDATED, Result.UNCHANGED, Result.SKIPPED)  # and a duplicate of such a row
UNSETTLED = (Result.NOT_SENT, Result.FAILED, Result.UNKNOWN)  # what `resume` finishes
NOT_DONE = (Result.INVALID, Result.REJECTED, *UNSETTLED)
WAYS_ON = "restore it from a backup, or start a new run"
DISK = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
)
Found = Any  # a row of an answer: a tuple
PERSON = "coalesce(associate_id, known_as)"  # whom a row is about, as far as it is known
TWICE = f"SELECT {PERSON} FROM row WHERE result IS NULL GROUP BY {PERSON} HAVING count(*) > 1"  # noqa: S608 - ours
ABOUT = f"SELECT row, status, message, line FROM row WHERE {PERSON} = ? AND result IS NULL ORDER BY row"  # noqa: S608


def way_on(found: object) -> str:
    """Say what to do where *found* keeps a journal from being read: only damage asks for a new run."""
    code = getattr(found, "sqlite_errorcode", 0) & 0xFF  # what is above is detail
    return "see to the disk, then run this again" if code in DISK else WAYS_ON


class Reader:
    """Owns the connection to a run's SQLite file; where it cannot be read, methods raise Stopped."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _each(self, query: str, *values: object) -> Iterator[Found]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.Error as error:
            raise Stopped(f"the journal {self.path} cannot be read: {error}; {way_on(error)}") from error

    def _all(self, query: str, *values: object) -> list[Found]:
        return list(self._each(query, *values))

    def _one(self, query: str, *values: object) -> Found:
        found = self._all(query, *values)
        if not found:
            raise Stopped(f"the journal {self.path} cannot be read: it is not whole; {WAYS_ON}")
        return found[0]

    def is_staged(self) -> bool:
        """Whether the journal holds a run: staging is one transaction, so it is there whole or not at all."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'schema'"
        return bool(self._db.execute(query).fetchone()[0])

    def run(self) -> RunRecord:
        """Give the run as a whole."""
        return RunRecord.read(self._one("SELECT * FROM run"))

    def work(self) -> Work:
        """Give what all sessions did together."""
        return Work(
            *self._one(
                """SELECT min(started_at), iif(count(ended_at) < count(*), NULL, max(ended_at)),
                total(seconds),
                (SELECT rate FROM session ORDER BY session DESC LIMIT 1), coalesce(sum(gets), 0)
                FROM session"""
            )
        )

    def puts(self) -> tuple[int, int]:
        """Give the PUTs on the wire, and how many of them repeated an earlier one of the same row."""
        query = "SELECT coalesce(sum(wire_puts), 0), coalesce(sum(max(wire_puts - 1, 0)), 0) FROM outcome"
        puts, repeats = self._one(query)
        return puts, repeats

    def counts(self) -> dict[Result, int]:
        """Give the number of rows by result, all results named."""
        found: dict[str, int] = dict(self._all("SELECT result, count(*) FROM fate GROUP BY result"))
        return {result: found.get(result, 0) for result in Result}

    def changes_by_status(self) -> dict[str, int]:
        """Give the number of rows to be sent by the status they ask for, as it was staged."""
        query = "SELECT status, count(*) FROM row WHERE result IS NULL GROUP BY status"
        return dict(self._all(query))

    def done(self) -> int:
        """Count the rows that are done; a duplicate is done where the row it duplicates is."""
        counts = self.counts()
        query = """SELECT count(*) FROM row JOIN fate ON fate.row = row.duplicate_of
            WHERE fate.result IN (?, ?, ?)"""
        (duplicates,) = self._one(query, *DONE)
        return sum(counts[result] for result in DONE) + int(duplicates)

    def reasons(self) -> list[Found]:
        """Give (result, reason, rows, one detail) for rows that are not done, most rows first."""
        return self._all(
            """SELECT result, reason, count(*), min(detail) FROM fate WHERE result IN (?, ?, ?, ?, ?)
            GROUP BY result, reason ORDER BY count(*) DESC, result, reason""",
            *NOT_DONE,
        )

    def to_send(self) -> int:
        """Count the rows that are still to be sent."""
        counts = self.counts()
        return sum(counts[result] for result in UNSETTLED)

    def clashes(self) -> Iterator[list[tuple[int, Presence, int | None]]]:
        """Yield, for each person asked for twice or more, their rows (ordinal, wanted, line) in order.

        People are told apart by associateId, and as long as that is not known by their name in the job.
        """
        twice = self._all(
            f"SELECT {PERSON} FROM row WHERE result IS NULL GROUP BY {PERSON} HAVING count(*) > 1"  # noqa: S608
        )
        if twice:
            self._db.execute(f"CREATE INDEX IF NOT EXISTS row_by_person ON row ({PERSON})")
        for (person,) in twice:
            rows = self._all(ABOUT, person)
            yield [(row, Presence(status=s, message=m), line) for row, s, m, line in rows]

    def identities(self, page: int) -> Iterator[list[tuple[int, str]]]:
        """Yield the rows whose associate is still to be found, in order, with their name without case.

        They come *page* by page; what was yielded may be settled before the next page is asked for.
        """
        last = 0
        while found := self._all(
            """SELECT row, known_as FROM row WHERE row > ?
            AND identity IS NOT NULL AND associate_id IS NULL AND result IS NULL ORDER BY row LIMIT ?""",
            last,
            page,
        ):
            last = found[-1][0]
            yield found

    def wishes(self, page: int) -> Iterator[Wish]:
        """Yield what is still to be sent, in row order, *page* rows read at once; nothing is handed out.

        What was yielded may be settled before the next one is asked for.
        """
        last = 0
        while found := self._all(
            """SELECT row.row, associate_id, row.status, row.message, before.status, before.message, identity
            FROM row LEFT JOIN outcome ON outcome.row = row.row LEFT JOIN before ON before.row = row.row
            WHERE row.row > ? AND row.result IS NULL AND associate_id IS NOT NULL
            AND (outcome.row IS NULL OR outcome.result IN (?, ?, ?)) ORDER BY row.row LIMIT ?""",
            last,
            *UNSETTLED,
            page,
        ):
            last = found[-1][0]
            yield from map(_wish, found)

    def changed(self) -> Iterator[Wish]:
        """Yield the rows this run wrote, or may have written, in order, with what was there before."""
        query = """SELECT fate.row, associate_id, fate.status, fate.message,
            before.status, before.message, identity
            FROM fate LEFT JOIN before ON before.row = fate.row WHERE result IN (?, ?) ORDER BY fate.row"""
        return map(_wish, self._each(query, Result.UPDATED, Result.UNKNOWN))

    def fates(self, *results: Result) -> Iterator[Fate]:
        """Yield all rows in order with what became of them, or only those with the *results* named."""
        wanted = f"WHERE result IN ({', '.join('?' * len(results))})" if results else ""
        query = f"SELECT {', '.join(Fate._fields)} FROM fate {wanted} ORDER BY row"  # noqa: S608 - names are ours
        return map(Fate._make, self._each(query, *results))

    def written(self) -> Iterator[int]:
        """Yield the associates this run wrote, or may have written."""
        query = "SELECT associate_id FROM fate WHERE result IN (?, ?)"
        return (found[0] for found in self._each(query, Result.UPDATED, Result.UNKNOWN))


def _wish(found: Found) -> Wish:
    row, associate_id, status, message, was, comment, identity = found
    before = None if was is None else Presence(status=was, message=comment or "")
    wanted = Presence(status=status, message=message)
    return Wish(row, associate_id, wanted, before, comment is not None, identity)
