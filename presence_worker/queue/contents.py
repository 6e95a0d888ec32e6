"""What jobs bring: received beside the queue, then kept in it until it is no longer needed."""

import os
import re
import secrets
import shutil
from collections.abc import Container
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..errors import Locked
from ..journal import hold_lock, make_private, sync_directory

PRIVATE_FILE = 0o600
LOCK = ".lock"  # ending of the file whose lock says that a program receives into the folder beside it
RECEIVING = "a program is receiving a job"

LONGEST = 60  # characters; each may take four bytes, and file systems have 255
LONGEST_ENDING = 12
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that Windows keeps
NOT_SAFE = re.compile(r"[^\w.\- ()]")
NO_NAME = "file-without-name"


class Contents:
    """Owns incoming/ and content/ of a queue."""

    def __init__(self, incoming: Path, kept: Path) -> None:
        self.incoming = incoming
        self.kept = kept

    def open_incoming(self) -> tuple[Path, ExitStack]:
        """Make a folder to receive into; return it, and what deletes it. Hold the queue's lock."""
        folder = self.incoming / secrets.token_hex(8)
        lock = folder.with_name(f"{folder.name}{LOCK}")
        with ExitStack() as held:
            held.callback(_discard, lock)
            held.enter_context(hold_lock(lock, RECEIVING))
            held.callback(shutil.rmtree, folder, ignore_errors=True)
            make_private(folder)
            return folder, held.pop_all()

    def take(self, content: Path, job_id: str, file_name: str | None) -> Path:
        """Move what was received to its place, durably; return that."""
        folder = self.kept / job_id
        make_private(folder)
        place = folder / content_name(file_name)
        content.replace(place)
        sync_directory(folder)
        sync_directory(self.kept)
        return place

    def delete(self, job_id: str) -> None:
        """Delete what a job has brought."""
        shutil.rmtree(self.kept / job_id, ignore_errors=True)

    def sweep(self, wanted: Container[str]) -> None:
        """Delete what killed programs left, but not what *wanted* jobs brought; hold the queue's lock."""
        for job_id in os.listdir(self.kept):  # noqa: PTH208 - names
            if job_id not in wanted:
                self.delete(job_id)
        self.sweep_incoming()

    def sweep_incoming(self) -> None:
        """Delete what killed programs have received; hold the queue's lock."""
        for name in {path.name.removesuffix(LOCK) for path in self.incoming.iterdir()}:
            lock = self.incoming / f"{name}{LOCK}"
            with suppress(Locked), hold_lock(lock, RECEIVING):
                shutil.rmtree(self.incoming / name, ignore_errors=True)
                lock.unlink(missing_ok=True)


def _discard(file: Path) -> None:
    with suppress(OSError):  # the next start does it
        file.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Return when the file at *path* is on disk, for its owner alone; raise OSError."""
    path.chmod(PRIVATE_FILE)
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def content_name(file_name: str | None) -> str:
    """Return a name that is safe on every system, and as much like *file_name* as that allows.

    Its ending stays: it says what the file is.
    """
    name = PurePosixPath(PureWindowsPath(file_name or NO_NAME).name).name
    name = NOT_SAFE.sub("_", name.encode("utf-8", "replace").decode()).strip(" .") or NO_NAME
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    name = f"{stem[: LONGEST - LONGEST_ENDING].rstrip(' .')}{dot}{ending}"
    return f"_{name}" if DEVICES.fullmatch(name) else name
