"""Who works on what: locks held by the kernel, which die with their holder."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import Locked, UsageFault
from ..settings.operator_files import state_home
from .private import PRIVATE, make_private

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)  # such as a network share says
LOCAL_DISK = "locks do not work on this file system: use a local disk"
STATE_DIR = "name one with --state-dir"
ELSEWHERE = "locks are kept in the user's state directory, which XDG_STATE_HOME can name"


POLL = 0.01  # seconds between two tries for a lock that somebody is about to let go of


class NoLocks(UsageFault):
    """The file system cannot keep two processes apart."""


@contextmanager
def run_lock(folder: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold the run in *folder*, or raise Locked after *patience* seconds; any thread may let go of it."""
    words = f"run {folder.name} is being worked on by another process"
    with _held(folder / "run.lock", words, STATE_DIR, patience):
        yield


@contextmanager
def target_lock(target: str, state_dir: Path) -> Iterator[None]:
    """Hold *target* for this user, whatever the state directory, or raise Locked at once.

    Any thread may let go of it.
    """
    words = f"another run is at work on {target}; wait until it has ended, then run this again"
    with _held(_lock_directory(state_dir) / _name_of(target), words, ELSEWHERE):
        yield


def is_at_work(target: str, state_dir: Path) -> bool:
    """Whether somebody holds *target* now; nothing is made to find that out.

    Raise UsageFault where the lock cannot be had at all.
    """
    places = [place / _name_of(target) for place in (_own_directory(), state_dir) if place]
    try:
        for path in filter(os.path.isfile, places):
            with _held(path, "", ELSEWHERE):
                pass
    except Locked:
        return True
    return False


def _name_of(target: str) -> str:
    return f"{hashlib.sha256(target.encode()).hexdigest()[:16]}.lock"


def _own_directory() -> Path | None:
    home = state_home()
    return home and home / "locks"


def _lock_directory(state_dir: Path) -> Path:
    """Give the user's own state directory, which does not depend on how the program was started.

    The runtime directory does: cron has none, and two locks in two places would lock nobody out.
    """
    directory = _own_directory()
    if directory is None:
        return state_dir
    try:
        make_private(directory)
        directory.chmod(PRIVATE)
    except OSError:
        return state_dir
    return directory if os.access(directory, os.W_OK | os.X_OK) else state_dir


@contextmanager
def _held(path: Path, words: str, elsewhere: str, patience: float = 0.0) -> Iterator[None]:
    lock = FileLock(  # a soft one does not die with its holder
        path, mode=0o600, fallback_to_soft=False, thread_local=False
    )
    try:
        lock.acquire(timeout=patience, poll_interval=POLL)
    except Timeout:
        raise Locked(words) from None
    except NotImplementedError:
        raise without_locks(path, os.strerror(errno.ENOSYS), elsewhere) from None
    except OSError as error:
        if error.errno in NO_LOCKS:
            raise without_locks(path, error.strerror, elsewhere) from error
        raise UsageFault(f"the lock {path} cannot be had: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def without_locks(path: Path, found: Exception | str | None, elsewhere: str) -> NoLocks:
    """Give the error for a file system without locks; *elsewhere* says how another one is named."""
    return NoLocks(f"{LOCAL_DISK}; {elsewhere} ({path}: {found})")
