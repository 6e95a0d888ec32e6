"""All runs of a state directory: making, finding and locking them."""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import Locked, RunFault, StateFault, UsageFault
from ..run_states import RUN_ID
from .filesystem import PRIVATE, check_owner, is_ours, make_private, sync_directory, unusable
from .index import KnownRun, RunIndex
from .journal import JOURNAL, Journal, open_untouched
from .lease import Lease, LocalLease
from .locks import is_at_work, run_lock, target_lock
from .run_record import RunRecord

LAST = "last"  # what the newest run is called
END_OF_TIME = datetime.max.replace(tzinfo=UTC).timestamp() - 1


def private_directory(path: Path, *, ours: bool = True) -> None:
    """Make *path* (and what is above it), open to its owner alone; raise UsageFault where that fails.

    One that is not *ours* keeps the mode it has.
    """
    check_owner(path)
    try:
        missing = [above for above in path.parents if not above.exists()]
        make_private(path)
        if ours and is_ours(path):  # root's is open to us on purpose
            path.chmod(PRIVATE)
        for directory in (path, *missing):
            sync_directory(directory.parent)
    except OSError as error:
        raise unusable(path, error) from None


class Archive:
    """Owns the state directory: STATE/runs/<run-id>/ for each run."""

    has_copies = False  # of runs; what counts of them is in a database

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = state_dir.absolute()
        self.runs = self.state_dir / "runs"
        self.index = RunIndex(self.state_dir)

    @contextmanager
    def hold_target(
        self,
        target: str,
        total_timeout: float,
        run_id: str | None = None,
    ) -> Iterator[Lease]:
        """Hold a target, or raise Locked at once; any thread may let go of it.

        *total_timeout* is the seconds in which a request ends that is on its way. *run_id*: the run that goes
        on; None: another one.
        """
        del total_timeout, run_id  # for others
        with target_lock(target, self.state_dir):
            yield LocalLease()

    @contextmanager
    def hold_to_report(self, run: RunRecord, total_timeout: float) -> Iterator[Lease]:
        """Hold a run, whose lock is held already, to write down its end; see `hold_target`."""
        del run, total_timeout  # for others
        yield LocalLease()

    def has(self, run_id: str) -> bool:
        """Return whether there is, or may be, a run of this id that a person can resume."""
        return (self.runs / run_id / JOURNAL).is_file()

    def is_at_work(self, target: str) -> bool:
        """Return whether a process holds *target* now; raise StateFault where that cannot be found out."""
        return is_at_work(target, self.state_dir)

    def fetch(self, run_id: str, *, is_held: bool = False) -> None:
        """Have the journal of a run here as it was saved last; raise Locked where another machine has it.

        *is_held*: the caller holds the run. With one machine, the journal is here already.
        """

    def open_journal(self, run_id: str, *, is_held: bool = False) -> Journal:
        """Fetch and open the journal of a run."""
        self.fetch(run_id, is_held=is_held)
        return Journal.open(self.runs / run_id / JOURNAL, is_copy=self.has_copies)

    def create_journal(self, folder: Path) -> Journal:
        """Make the journal of a new run; raise Stopped where that fails, or NoLocks."""
        return Journal.create(folder / JOURNAL, is_copy=self.has_copies)

    def keep(self, journal: Journal, summary: bytes | None = None) -> bool:
        """Let other machines have what was written of a run outside of a session; return whether they can.

        They cannot where the run has gone on in between. With one machine, they need not.
        """
        del journal, summary  # for others
        return True

    def prepare(self) -> None:
        """Make the directories, and see now rather than later whether they can be written."""
        try:
            str(self.runs).encode()
        except UnicodeEncodeError:
            raise StateFault(
                "state directory: its name is not UTF-8; name another one with --state-dir"
            ) from None
        private_directory(self.state_dir, ours=self._is_ours())
        private_directory(self.runs)
        if not os.access(self.runs, os.W_OK | os.X_OK):
            raise StateFault(f"state directory {self.runs}: not writable; name another one with --state-dir")

    def _is_ours(self) -> bool:
        """Return whether the state directory is for us alone: an operator may have named one such as /tmp."""
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
                raise StateFault(f"state directory {self.runs}: {error.strerror}") from None
            return folder

    def folders(self) -> list[Path]:
        """Return the folders of all staged runs, newest first."""
        return [run.folder for run in self.index.runs()]

    def find(self, name: str) -> Path:
        """Return the folder of the run called *name*: its id, a beginning or the end of it, or `last`.

        `last` is the newest of all. Raise UsageFault for none, or for several.
        """
        if not name:
            raise RunFault("the name of the run is empty; write `last`, or an id or its beginning")
        folders = self.folders()
        if name == LAST and folders:
            return folders[0]
        found = [f for f in folders if f.name == name] or [f for f in folders if _may_be(name, f.name)]
        if len(found) > 1:
            raise RunFault(f"{name}: {len(found)} runs may be meant; write more of the id")
        if not found:
            raise RunFault(f"{name}: no such run in {self.runs}; `presence-worker runs` lists them")
        return found[0]

    def sweep(self, runs: Iterable[KnownRun], spare: float = 0.0) -> None:
        """Remove what is left of runs that died before they were staged, or while they were deleted.

        They are not among all *runs*. What was made within *spare* seconds of now is left alone: a process
        may be about to lock it.
        """
        staged = {run.name for run in runs}
        first, last = id_made_ago(spare), id_made_ago(-spare)  # later ones are left from a wrong clock
        for folder in self.runs.iterdir():
            if folder.name not in staged and is_run_folder(folder) and not first <= folder.name < last:
                self._remove_unless_begun(folder)

    def _remove_unless_begun(self, folder: Path) -> None:
        with suppress(Locked, UsageFault), run_lock(folder):  # from here on, no other run can begin in it
            if not is_staged(folder / JOURNAL):
                shutil.rmtree(folder, ignore_errors=True)

    def is_ours(self, folder: Path) -> bool:
        """Return whether a run's folder is ours to delete."""
        return is_run_folder(folder)

    def delete(self, folder: Path) -> None:
        """Delete a run; raise Locked while a process works on it, OSError where it cannot be deleted.

        Its journal goes first: what a power cut leaves is not a run, and will be swept away.
        """
        with run_lock(folder):
            (folder / JOURNAL).unlink()
        shutil.rmtree(folder)


def _may_be(name: str, run: str) -> bool:
    """Return whether *name* is a beginning of a run's id, or the four digits it ends with."""
    return run.startswith(name) or run.endswith(f"-{name}")


def run_id(moment: datetime) -> str:
    """Return the id of a run made at *moment* (UTC), for people: which run is later is decided by its number.

    The last four digits are the fraction of the second.
    """
    return f"{moment:%Y%m%dT%H%M%SZ}-{moment.microsecond * 65536 // 1_000_000:04x}"


def moment_ago(seconds: float) -> datetime:
    """Return the moment so long ago, or to come; no run is older than 1970, or younger than this calendar."""
    moment = min(max(time.time() - seconds, 0), END_OF_TIME)
    return datetime.fromtimestamp(moment, UTC)


def id_made_ago(seconds: float) -> str:
    """Return the id of a run made so long ago."""
    return run_id(moment_ago(seconds))


def is_run_folder(path: Path) -> bool:
    """Return whether *path* is a folder we made for a run, so ours to delete; a link is foreign."""
    return RUN_ID.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


def is_staged(path: Path) -> bool:
    """Return whether there is a journal with a whole run; a damaged one is reported when it is opened."""
    if not path.is_file():
        return False
    try:
        with closing(open_untouched(path) or Journal(path)) as journal:
            return journal.is_staged()
    except sqlite3.Error:
        return True
