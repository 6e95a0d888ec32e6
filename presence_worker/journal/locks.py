"""Locks that the kernel keeps, and releases when their holder dies."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import Locked, StateFault
from ..operator_files import state_home
from .filesystem import LOCAL_DISK, PRIVATE, PRIVATE_FILE, STATE_DIR, make_private, unusable

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)  # such as a network share says
ELSEWHERE = "locks are kept in the user's state directory, which XDG_STATE_HOME can name"
RUN_LOCK = "run.lock"  # in a run's folder
POLL = 0.01  # seconds between two tries for a lock that another process is about to release


class NoLocks(StateFault):
    """The file system cannot keep two processes apart."""


@contextmanager
def run_lock(folder: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold the run in *folder*, or raise Locked after *patience* seconds; any thread may let go of it."""
    words = f"run {folder.name} is being worked on by another process"
    with hold_lock(folder / RUN_LOCK, words, STATE_DIR, patience):
        yield


@contextmanager
def target_lock(target: str, state_dir: Path) -> Iterator[None]:
    """Hold *target* for this user, whatever the state directory, or raise Locked at once.

    Whichever thread may let go of it.
    """
    words = f"another run is at work on {target}; wait until it has ended, then run this again"
    with hold_lock(_lock_directory(state_dir) / _lock_name(target), words, ELSEWHERE):
        yield


@contextmanager
def service_lock(state_dir: Path) -> Iterator[None]:
    """Hold a state directory for the one service that may work on it; raise StateFault where another does."""
    words = f"state directory {state_dir}: another service works on it; stop that one first"
    with ExitStack() as held:
        try:
            make_private(state_dir)
            held.enter_context(hold_lock(state_dir / "serve.lock", words))
        except Locked as fault:
            raise StateFault(str(fault)) from None
        except OSError as error:
            raise unusable(state_dir, error) from None
        yield


def is_at_work(target: str, state_dir: Path) -> bool:
    """Return whether a process holds *target* now; nothing is created to find out.

    Raise StateFault where the lock cannot be had at all.
    """
    places = [place / _lock_name(target) for place in (_own_directory(), state_dir) if place]
    return any(is_held(path, ELSEWHERE) for path in places)


def is_held(path: Path, elsewhere: str = STATE_DIR) -> bool:
    """Return whether a process holds the lock at *path* now; nothing is created to find out.

    *elsewhere* says how another place is named.
    """
    if not os.path.isfile(path):  # noqa: PTH113 - also where we may not look
        return False
    try:
        with hold_lock(path, "", elsewhere):
            return False
    except Locked:
        return True


def _lock_name(target: str) -> str:
    return f"{hashlib.sha256(target.encode()).hexdigest()[:16]}.lock"


def _own_directory() -> Path | None:
    home = state_home()
    return home and home / "locks"


def _lock_directory(state_dir: Path) -> Path:
    """Return the user's own state directory, which does not depend on how the program was started.

    The runtime directory does: cron has none, and two locks in two places would lock no other run out.
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
def hold_lock(path: Path, words: str, elsewhere: str = STATE_DIR, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock at *path*, or raise Locked with *words* after *patience* seconds.

    *elsewhere* says how another place is named, where the file system has no locks.
    """
    lock = FileLock(  # a soft one does not die with its holder
        path, mode=PRIVATE_FILE, fallback_to_soft=False, thread_local=False
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
        raise StateFault(f"the lock {path} cannot be had: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def without_locks(path: Path, found: Exception | str | None, elsewhere: str) -> NoLocks:
    """Return the error for a file system without locks; *elsewhere* says how another one is named."""
    return NoLocks(f"{LOCAL_DISK}; {elsewhere} ({path}: {found})")
