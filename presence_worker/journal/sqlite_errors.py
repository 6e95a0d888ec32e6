"""What SQLite's errors mean for a run's file, in words."""

import sqlite3

from .filesystem import LOCAL_DISK

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
Trouble = BaseException | str | None  # what keeps a journal from being read or written


def way_on(found: Trouble) -> str:
    """Return what to do where *found* keeps a journal from being read: only damage asks for a new run."""
    if is_about_locks(found):
        return f"another program has it open, or {LOCAL_DISK}"
    return "see to the disk, then run this again" if primary_code(found) in DISK else WAYS_ON


def what_first(found: Trouble) -> str:
    """Return what to do before the run goes on, where the disk kept a journal from being written."""
    code = primary_code(found)
    if code == sqlite3.SQLITE_FULL:
        return "; make room on the disk first"
    return "; see to the disk first" if code in DISK and not is_about_locks(found) else ""


def is_about_locks(found: Trouble) -> bool:
    """Return whether SQLite did not get a lock: another process has it, or the file system has none."""
    return _code(found) in LOCKING or primary_code(found) in WITHOUT_LOCKS


def primary_code(found: Trouble) -> int:
    """Return SQLite's code of an error without its details; 0 for an error that is not SQLite's."""
    return _code(found) & 0xFF


def _code(found: Trouble) -> int:
    return int(vars(found).get("sqlite_errorcode", 0)) if isinstance(found, sqlite3.Error) else 0


def is_full(error: BaseException) -> bool:
    """Return whether a write failed for want of room alone: it left nothing behind."""
    return primary_code(error.__cause__) == sqlite3.SQLITE_FULL
