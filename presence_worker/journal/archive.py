"""All runs of a state directory: making, finding and locking them."""

import os
import re
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import Locked, UsageFault
from .durable import sync_directory
from .locks import run_lock
from .private import PRIVATE, make_private
from .reading import Reader
from .schema import VERSION
from .store import Journal

JOURNAL = "journal.sqlite"
LAST = "last"  # what the newest run is called
RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")


def private_directory(path: Path, *, ours: bool = True) -> None:
    """Make *path* (and what is above it), open to its owner alone; raise UsageFault where that fails.

    One that is not *ours* keeps the mode it has.
    """
    missing = [above for above in path.parents if not above.exists()]
    try:
        make_private(path)
        if ours:
            path.chmod(PRIVATE)
        for directory in (path, *missing):
            sync_directory(directory.parent)
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
        try:
            str(self.runs).encode()
        except UnicodeEncodeError:
            raise UsageFault(
                "state directory: its name is not UTF-8; name another one with --state-dir"
            ) from None
        private_directory(self.state_dir, ours=self._is_ours())
        private_directory(self.runs)
        if not os.access(self.runs, os.W_OK | os.X_OK):
            raise UsageFault(f"state directory {self.runs}: not writable; name another one with --state-dir")

    def _is_ours(self) -> bool:
        """Whether the state directory is for us alone: somebody may have named one such as /tmp."""
        try:
            return self.runs.is_dir() or not any(self.state_dir.iterdir())
        except OSError:  # not there yet
            return True

    def new_folder(self) -> Path:
        """Make the folder of a new run; its name is the run's id."""
        while True:
            folder = self.runs / run_id(datetime.now(UTC))
            try:
                folder.mkdir(mode=PRIVATE)
                sync_directory(self.runs)  # else a power loss may take the whole run along
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

    def find(self, name: str) -> Path:
        """Give the folder of the run called *name*: its id, a beginning or the end of it, or `last`."""
        if not name:
            raise UsageFault("the name of the run is empty; write `last`, or an id or its beginning")
        folders = self.folders()
        if name == LAST and folders:
            return folders[0]
        found = [f for f in folders if f.name == name] or [f for f in folders if _may_be(name, f.name)]
        if len(found) > 1:
            raise UsageFault(f"{name}: {len(found)} runs may be meant; write more of the id")
        if not found:
            raise UsageFault(f"{name}: no such run in {self.runs}; `presence-worker runs` lists them")
        return found[0]

    def sweep(self, before: str | None = None) -> None:
        """Remove what is left of runs that died before they were staged, or while they were deleted.

        With *before*, a run's id, only of those made before it.
        """
        for folder in self.runs.iterdir():
            if not is_run_folder(folder) or (before and folder.name >= before):
                continue
            if not is_staged(folder / JOURNAL):
                self._remove_unless_begun(folder)

    def _remove_unless_begun(self, folder: Path) -> None:
        with suppress(Locked, UsageFault), run_lock(folder):  # from here on, nobody else can begin in it
            if not is_staged(folder / JOURNAL):
                shutil.rmtree(folder, ignore_errors=True)

    def delete(self, folder: Path) -> None:
        """Delete a run; raise Locked while somebody works on it, OSError where it cannot be deleted.

        Its journal goes first: what is left after a power cut is no run any more, and will be swept away.
        """
        with run_lock(folder):
            (folder / JOURNAL).unlink()
        shutil.rmtree(folder)


def _may_be(name: str, run: str) -> bool:
    """Whether *name* is a beginning of a run's id, or the four digits it ends with."""
    return run.startswith(name) or run.endswith(f"-{name}")


def run_id(moment: datetime) -> str:
    """Give the id of a run made at *moment* (UTC); ids sort by it.

    The last four digits are the fraction of the second, so that ids of one second sort as well.
    """
    return f"{moment:%Y%m%dT%H%M%SZ}-{moment.microsecond * 65536 // 1_000_000:04x}"


def id_made_ago(seconds: float) -> str:
    """Give the id of a run made so long ago; what is made before 1970 is none of ours."""
    return run_id(datetime.fromtimestamp(max(time.time() - seconds, 0), UTC))


def is_run_folder(path: Path) -> bool:
    """Whether *path* is a folder we made for a run, and so ours to delete; a link is somebody else's."""
    return RUN_ID.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def is_staged(path: Path) -> bool:
    """Whether there is a journal with a whole run; whoever opens a damaged one is told so."""
    if not path.is_file():
        return False
    try:
        with closing(untouched(path) or Journal(path)) as journal:
            return journal.is_staged()
    except sqlite3.Error:
        return True


def untouched(path: Path) -> Reader | None:
    """Open a journal to read it without writing a byte, which is quick; None where it must be mended first.

    Nobody may write it meanwhile, and it may be of another version: `is_current` tells.
    """
    if path.with_name(f"{path.name}-wal").exists():
        return None
    try:
        return Reader(f"{path.as_uri()}?mode=ro&immutable=1")
    except sqlite3.Error:
        return None


def is_readable(path: Path, *, without_days: bool = False) -> bool:
    """Whether a journal can be read (and, with *without_days*, has no rows that are due on days).

    It is told without writing a byte. No is no verdict: where the last session was killed, only opening it
    mends it.
    """
    query = """SELECT version, coalesce(json_extract(input, '$.dated'), 0)
        OR coalesce(json_extract(input, '$.scheduled'), 0) > 0 FROM schema, run"""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            found = database.execute(query).fetchall()
    except sqlite3.Error:
        return False
    return found == [(VERSION, 0)] or (found == [(VERSION, 1)] and not without_days)
