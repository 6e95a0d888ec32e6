"""A run's SQLite file, held open; trouble with it is told in words."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import Stopped

WAYS_ON = "restore it from a backup, or start a new run"
DISK = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
)
Found = Any  # a row of an answer: a tuple


def way_on(found: object) -> str:
    """Say what to do where *found* keeps a journal from being read: only damage asks for a new run."""
    code = getattr(found, "sqlite_errorcode", 0) & 0xFF  # what is above is detail
    return "see to the disk, then run this again" if code in DISK else WAYS_ON


def is_full(error: BaseException) -> bool:
    """Whether a write failed for want of room alone: it left nothing behind, and may be made once more."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


class Connection:
    """Owns the connection to a run's SQLite file; where it cannot be read, methods raise Stopped."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10, uri=True)

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
