"""All runs of a state directory: making, finding and locking them."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from ..errors import Locked, UsageFault
from .locks import run_lock
from .store import Journal

JOURNAL = "journal.sqlite"
PRIVATE = 0o700


def private_directory(path: Path) -> None:
    """Make *path* (and what is above it), open to its owner alone; raise UsageFault where that fails."""
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        path.chmod(PRIVATE)
    except OSError as error:
        raise UsageFault(
            f"state directory {path}: {error.strerror}; name another one with --state-dir"
        ) from None


class Archive:
    """Owns the state directory: STATE/runs/<run-id>/ for each run."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir.absolute()
        self.runs = self.state_dir / "runs"

    def prepare(self) -> None:
        """Make the directories, and see now rather than later whether they can be written."""
        for directory in (self.state_dir, self.runs):
            private_directory(directory)
        if not os.access(self.runs, os.W_OK | os.X_OK):
            raise UsageFault(f"state directory {self.runs}: not writable; name another one with --state-dir")

    def new_folder(self) -> Path:
        """Make the folder of a new run; its name, the run's id, sorts by the moment it was made.

        The last four digits are the fraction of the second, so that ids of one second sort as well.
        """
        while True:
            moment = datetime.now(UTC)
            folder = self.runs / f"{moment:%Y%m%dT%H%M%SZ}-{moment.microsecond * 65536 // 1_000_000:04x}"
            try:
                folder.mkdir(mode=PRIVATE)
            except FileExistsError:
                continue
            except OSError as error:
                raise UsageFault(f"state directory {self.runs}: {error.strerror}") from None
            return folder

    def folders(self) -> list[Path]:
        """Give the folders of all staged runs, newest first."""
        if not self.runs.is_dir():
            return []
        return sorted((f for f in self.runs.iterdir() if is_staged(f / JOURNAL)), reverse=True)

    def journals(self) -> Iterator[tuple[Path, Journal]]:
        """Yield the folders of all runs with their journals, newest first; each is closed before the next."""
        for folder in self.folders():
            with closing(Journal.open(folder / JOURNAL)) as journal:
                yield folder, journal

    def find(self, name: str) -> Path:
        """Give the folder of the run called *name*: its whole id, a unique beginning of it, or `last`."""
        folders = self.folders()
        if name == "last" and folders:
            return folders[0]
        found = [f for f in folders if f.name == name] or [f for f in folders if f.name.startswith(name)]
        if len(found) > 1:
            raise UsageFault(f"{name}: {len(found)} runs begin like this; write more of the id")
        if not found:
            raise UsageFault(f"{name}: no such run in {self.runs}; `presence-worker runs` lists them")
        return found[0]

    def sweep(self) -> None:
        """Remove what a run left that died before it was staged; nothing of it was ever sent."""
        for folder in self.runs.iterdir():
            if not is_staged(folder / JOURNAL) and not is_at_work(folder):
                shutil.rmtree(folder, ignore_errors=True)


def is_staged(path: Path) -> bool:
    """Whether there is a journal with a whole run; whoever opens a damaged one is told so."""
    if not path.is_file():
        return False
    try:
        with closing(Journal(path)) as journal:
            return journal.is_staged()
    except sqlite3.Error:
        return True


def is_at_work(folder: Path) -> bool:
    """Whether a living process works on the run in *folder*."""
    try:
        with run_lock(folder):
            return False
    except Locked:
        return True
