"""A run's SQLite file, held open; trouble with it is told in words."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import Stopped
from .locks import LOCAL_DISK

WAYS_ON = "restore it from a backup, or start a new run"
DISK = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
)
WITHOUT_LOCKS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL)
LOCKING = (  # details of SQLITE_IOERR
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
)
Found = Any  # a row of an answer: a tuple


def way_on(found: object) -> str:
    """Say what to do where *found* keeps a journal from being read: only damage asks for a new run."""
    if is_about_locks(found):
        return f"another program has it open, or {LOCAL_DISK}"
    return "see to the disk, then run this again" if primary_code(found) in DISK else WAYS_ON


def first(found: object) -> str:
    """Say what to do before the run goes on, where the disk kept a journal from being written."""
    code = primary_code(found)
    if code == sqlite3.SQLITE_FULL:
        return "; make room on the disk first"
    return "; see to the disk first" if code in DISK and not is_about_locks(found) else ""


def is_about_locks(found: object) -> bool:
    """Whether SQLite did not get a lock: another process has it, or the file system has none."""
    return _code(found) in LOCKING or primary_code(found) in WITHOUT_LOCKS


def primary_code(found: object) -> int:
    """Return SQLite's code of an error without its details; 0 for an error that is not SQLite's."""
    return _code(found) & 0xFF


def _code(found: object) -> int:
    return int(getattr(found, "sqlite_errorcode", 0))


def is_full(error: BaseException) -> bool:
    """Whether a write failed for want of room alone: it left nothing behind, and may be made once more."""
    return primary_code(error.__cause__) == sqlite3.SQLITE_FULL


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
