"""What is asked of the file system, and what its errors mean: directories of ours, names, room."""

import errno
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import StateFault, Stopped

PRIVATE = 0o700
PRIVATE_FILE = 0o600  # readable for its owner alone
FRESH = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)  # a link is another's trap
NO_SYNC = (errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOTSUP)  # the system has to be trusted
RESERVE = "reserve"
RESERVED = 128 * 1024  # bytes: the last outcomes and how the run ended, several times over
LOCAL_DISK = "locks do not work on this file system: use a local disk"
STATE_DIR = "name one with --state-dir"
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


def make_private(directory: Path) -> None:
    """Make *directory*, and what is missing above it, open to its owner alone; raise OSError."""
    missing = [path for path in directory.parents if not path.exists()]
    for path in (*reversed(missing), directory):
        path.mkdir(mode=PRIVATE, exist_ok=True)  # mkdir's own `parents` would leave the modes to the umask


def is_ours(directory: Path) -> bool:
    """Return whether we own *directory*, and so may set its mode."""
    return not hasattr(os, "geteuid") or directory.stat().st_uid == os.geteuid()


def is_trusted(owner: int) -> bool:
    """Return whether a file's owner is us or root; where files have no such owner, everybody is."""
    return not hasattr(os, "geteuid") or owner in (os.geteuid(), 0)


def check_owner(directory: Path) -> None:
    """Raise StateFault for a state directory that belongs to another user than us and root.

    That user could read our runs, and could not work with what we leave there: root is not an exception.
    """
    try:
        owner = directory.stat().st_uid
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(directory, error) from None
    if not is_trusted(owner):
        name = _owner_name(directory, owner)
        raise StateFault(
            f"state directory {directory}: belongs to {name}; run this as that user, "
            "or name another directory with --state-dir"
        )


def unusable(directory: Path, error: OSError) -> StateFault:
    """Return the error for a state directory that the system refuses."""
    return StateFault(f"state directory {directory}: {error.strerror}; name another one with --state-dir")


def _owner_name(directory: Path, owner: int) -> str:
    if sys.platform != "win32":
        with suppress(KeyError):
            return directory.owner()
    return f"user {owner}"


def write_whole(path: Path, write: Callable[[BinaryIO], bool]) -> bool:
    """Write a file beside its place, and move it there; return whether *write* says that it is wanted.

    One that is not wanted is not there afterwards. Raise OSError where it cannot be written.
    """
    with open_beside(path) as file:
        wanted = write(file)
        put_in_place(file, path, wanted=wanted)
    return wanted


@contextmanager
def open_beside(path: Path) -> Iterator[BinaryIO]:
    """Open a file beside the place of the one at *path*; what is not put there is taken away at the end."""
    beside = _beside(path)
    descriptor = os.open(beside, FRESH, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    finally:
        beside.unlink(missing_ok=True)


def put_in_place(file: BinaryIO, path: Path, *, wanted: bool) -> None:
    """Close a file that is open beside its place, and move it there, or let none be there."""
    if not wanted:
        path.unlink(missing_ok=True)
        return
    file.flush()
    os.fsync(file.fileno())
    file.close()
    _beside(path).replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")  # one that a killed program left is written over


def sync_directory(directory: Path) -> None:
    """Return when the names in *directory* are on disk; raise OSError where the disk fails.

    Where directories cannot be synced, as on Windows, nothing is done.
    """
    if os.name == "nt":  # not sys.platform, by which a type checker leaves out the rest
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


def take_reserve(folder: Path) -> None:
    """Keep the room; raise Stopped where there is none. The bytes are random: zeros may take no room."""
    try:
        with (folder / RESERVE).open("wb") as file:
            file.write(os.urandom(RESERVED))
    except OSError as error:
        give_back_reserve(folder)
        full = f"the disk of {folder} is full or cannot be written: {error.strerror}"
        raise Stopped(f"{full}; make room, then run this again") from error


def give_back_reserve(folder: Path) -> None:
    """Let go of the room, if it is kept."""
    with suppress(OSError):
        (folder / RESERVE).unlink(missing_ok=True)


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


def has_failed(found: Trouble) -> bool:
    """Return whether the disk is full, or fails."""
    return primary_code(found) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) and not is_about_locks(found)


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
