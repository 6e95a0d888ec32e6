"""A run's SQLite file, read and written in transactions."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import JournalGone, Stopped
from .filesystem import WAYS_ON, way_on, what_first

SqlValue = str | bytes | int | float | None
SqlRow = Any  # a row of an answer: a tuple
PRAGMAS = ("trusted_schema = OFF", "journal_mode = WAL")
DURABLE = "synchronous = EXTRA"  # FULL, and also where a WAL is not possible
WHOLE = "synchronous = NORMAL"  # a power loss may take the last writes, but damages nothing


class Database:
    """Owns the connection to a run's SQLite file. Its methods may be called from any thread.

    Where the file cannot be read, or a transaction not be written, they raise Stopped. Of a *copy*, what
    counts is elsewhere: no write waits for the disk.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False, is_copy: bool = False) -> None:
        self.path = path
        self._writing = threading.Lock()
        self._undone = 0  # transactions
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=10, uri=True
        )
        try:
            for pragma in () if read_only else (*PRAGMAS, WHOLE if is_copy else DURABLE):
                self._connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            self.close()
            raise
        self._changes_aside = 0
        self._file = _file_at(path)  # only now is it open: a layered file system may have copied it then

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def each(self, query: str, *values: SqlValue) -> Iterator[SqlRow]:
        """Yield the rows of an answer; raise Stopped where they cannot be read."""
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error as error:
            raise Stopped(f"the journal {self.path} cannot be read: {error}; {way_on(error)}") from error

    def pages(self, query: str, size: int) -> Iterator[list[SqlRow]]:
        """Yield the rows of an answer, *size* at a time; raise Stopped where they cannot be read."""
        rows = self.each(query)
        while page := list(islice(rows, size)):
            yield page

    def all(self, query: str, *values: SqlValue) -> list[SqlRow]:
        """Return the rows of an answer."""
        return list(self.each(query, *values))

    def one(self, query: str, *values: SqlValue) -> SqlRow:
        """Return the first row of an answer; raise Stopped where there is none."""
        found = self.all(query, *values)
        if not found:
            raise Stopped(f"the journal {self.path} cannot be read: it is not whole; {WAYS_ON}")
        return found[0]

    def number(self, query: str, *values: SqlValue) -> int:
        """Return the number that an answer consists of."""
        return int(self.one(query, *values)[0])

    def version(self) -> tuple[int, int, int]:
        """Return what changes with the rows, also amid a transaction, and when one is undone."""
        ours = self._connection.total_changes - self._changes_aside
        return ours, self.number("PRAGMA data_version"), self._undone  # and all others'

    def execute(self, statement: str, values: Sequence[SqlValue] = ()) -> sqlite3.Cursor:
        """Carry out a statement; raise sqlite3.Error. What writes belongs into a transaction."""
        return self._connection.execute(statement, values)

    def execute_aside(self, statement: str, values: Sequence[SqlValue]) -> None:
        """Carry out a statement that changes no row: the `version` stays."""
        self._changes_aside += self._connection.execute(statement, values).rowcount

    def executemany(self, statement: str, values: Iterable[tuple[object, ...]]) -> None:
        """Carry out a statement for each of *values*; the `version` stays."""
        self._connection.executemany(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside one: all on disk, or none."""
        with self._writing:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._abandon()
                words = f"the journal {self.path} cannot be written: {error}{what_first(error)}"
                raise Stopped(words) from error
            except BaseException:
                self._abandon()
                raise
        self.check_place()

    def serialise(self) -> bytes:
        """Return the whole file as it is now, with all transactions that have ended."""
        with self._writing:
            try:
                return self._connection.serialize()
            except sqlite3.Error as error:
                raise Stopped(f"the journal {self.path} cannot be read: {error}; {way_on(error)}") from error

    def check_place(self) -> None:
        """Raise JournalGone where another file, or none, is at the journal's path by now."""
        if _file_at(self.path) != self._file:
            raise JournalGone(f"the journal {self.path} was deleted, moved or replaced while the run worked")

    def _abandon(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        finally:
            self._undone += 1


def now() -> str:
    """Return the present moment as the journal writes it: UTC, ISO 8601, milliseconds."""
    second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_until_seconds(second)}.{nanoseconds // 1_000_000:03d}Z"


@lru_cache(maxsize=1)
def _until_seconds(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _file_at(path: Path | str) -> tuple[int, int] | None:
    """Return what identifies the file at *path*; None if it does not exist."""
    try:
        found = os.stat(path)  # noqa: PTH116 - "" does not name a file here; for Path the working directory
    except OSError:
        return None
    return found.st_dev, found.st_ino
