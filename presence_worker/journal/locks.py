"""Who works on what: locks held by the kernel, which die with their holder."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from ..errors import Locked, UsageFault
from .private import PRIVATE, make_private


@contextmanager
def run_lock(folder: Path) -> Iterator[None]:
    """Hold the run in *folder*, or raise Locked at once."""
    with _held(folder / "run.lock", f"run {folder.name} is being worked on by another process"):
        yield


@contextmanager
def target_lock(target: str, state_dir: Path) -> Iterator[None]:
    """Hold *target* for this user, whatever the state directory, or raise Locked at once."""
    words = f"another run is at work on {target}; wait until it has ended, then run this again"
    with _held(_lock_directory(state_dir) / _name_of(target), words):
        yield


def is_at_work(target: str, state_dir: Path) -> bool:
    """Whether somebody holds *target* now; nothing is made to find that out.

    Raise UsageFault where the lock cannot be had at all.
    """
    places = (_own_directory(), state_dir)
    found = [place / _name_of(target) for place in places if (place / _name_of(target)).is_file()]
    try:
        for path in found:
            with _held(path, ""):
                pass
    except Locked:
        return True
    return False


def _name_of(target: str) -> str:
    return f"{hashlib.sha256(target.encode()).hexdigest()[:16]}.lock"


def _own_directory() -> Path:
    return platformdirs.user_state_path("presence-worker", appauthor=False) / "locks"


def _lock_directory(state_dir: Path) -> Path:
    """Give the user's own state directory, which does not depend on how the program was started.

    The runtime directory does: cron has none, and two locks in two places would lock nobody out.
    """
    directory = _own_directory()
    try:
        make_private(directory)
        directory.chmod(PRIVATE)
    except OSError:
        return state_dir
    return directory if os.access(directory, os.W_OK | os.X_OK) else state_dir


@contextmanager
def _held(path: Path, words: str) -> Iterator[None]:
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise Locked(words) from None
    except OSError as error:
        raise UsageFault(f"the lock {path} cannot be had: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()
