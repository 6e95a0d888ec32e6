"""The runs of all machines, and the copies that this machine has of them."""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DatabaseAway, Locked, PresenceWorkerError, StateFault, UsageFault
from ..journal import Archive, Journal, KnownRun, Lease, RunRecord, id_made_ago, is_run_folder, run_lock
from ..journal.archive import run_id
from ..journal.filesystem import PRIVATE, PRIVATE_FILE, sync_directory
from ..run_states import RUN_ID
from .copies import Version, is_copy, write_version
from .member import FleetMember
from .run_file import AT_WORK, fetch, is_newest, save_unheld
from .shared_index import FleetIndex

IN_ID = 1 << 16  # numbers that the end of an id can have
SWEPT = "swept"  # in the state directory: touched at each sweep
SWEEP = 3600.0  # seconds between two looks for copies that are not needed
PATIENCE = 1.0  # seconds for a process of this machine that fetches the same run


class FleetArchive(Archive):
    """Owns the copies in the state directory; the runs themselves are in the database."""

    has_copies = True

    def __init__(self, state_dir: Path, member: FleetMember) -> None:
        super().__init__(state_dir)
        self._member = member
        self.index = FleetIndex(self.state_dir, member, self.fetch)

    @contextmanager
    def hold_target(self, target: str, total_timeout: float, run_id: str | None = None) -> Iterator[Lease]:
        """Hold a target on all machines, or raise Locked at once; see `Archive`."""
        leases = self._member.leases
        held = leases.take(target, total_timeout, run_id)
        in_flight = True
        try:
            yield held
            in_flight = False
        except PresenceWorkerError:  # a run that ends by one has said how its requests are
            in_flight = False
            raise
        finally:
            leases.give_back(held, in_flight=in_flight)

    @contextmanager
    def hold_to_report(self, run: RunRecord, total_timeout: float) -> Iterator[Lease]:
        """Hold a run on all machines to write down its end; see `Archive`."""
        with self.hold_target(run.target, total_timeout, run.run_id) as lease:
            if not is_newest(self._member, run.run_id, self.runs / run.run_id):  # it has gone on since
                raise Locked(AT_WORK.format(run.run_id))
            yield lease

    def has(self, run_id: str) -> bool:
        """Return whether there is, or may be, a run of this id; see `Archive`."""
        try:
            return self._member.run_table.exists(run_id)
        except DatabaseAway:
            return True

    def is_at_work(self, target: str) -> bool:
        """Return whether a process of any machine holds *target* now."""
        query = "SELECT 1 FROM lease WHERE target = %s AND holder IS NOT NULL AND until > now()"
        return bool(self._member.database.work(lambda found: found.execute(query, (target,)).fetchone()))

    def fetch(self, run_id: str, *, is_held: bool = False) -> None:
        """Have the journal of a run here as it was saved last; see `Archive`."""
        folder = self.runs / run_id
        if is_newest(self._member, run_id, folder):
            return
        if not self.runs.is_dir():  # this machine has only looked so far
            self.prepare()
        if is_held:
            fetch(self._member, run_id, folder)
            return
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        with suppress(Locked), run_lock(folder, patience=PATIENCE):  # else a process here works on it
            if not is_newest(self._member, run_id, folder):
                fetch(self._member, run_id, folder)

    def keep(self, journal: Journal, summary: bytes | None = None) -> bool:
        """Save what was written of a run outside of a session; see `Archive`."""
        return save_unheld(self._member, journal, summary)

    def new_folder(self) -> Path:
        """Make the folder of a new run; its id is new on all machines, by the clock of the database."""
        query = "SELECT nextval('run_number'), now()"
        while True:
            found = self._member.database.work(lambda connection: connection.execute(query).fetchone())
            number, moment = found or (0, None)
            folder = self.runs / f"{run_id(moment)[:-4]}{number % IN_ID:04x}"
            try:
                folder.mkdir(mode=PRIVATE)
                write_version(folder, Version())
                sync_directory(self.runs)
            except FileExistsError:
                continue
            except OSError as error:
                raise StateFault(f"state directory {self.runs}: {error.strerror}") from None
            return folder

    def find(self, name: str) -> Path:
        """Return the folder of the run called *name*; see `Archive`."""
        if RUN_ID.fullmatch(name) and self._member.run_table.exists(name):
            return self.runs / name
        return super().find(name)

    def sweep(self, runs: Iterable[KnownRun], spare: float = 0.0) -> None:
        """Remove the copies of runs that the database does not have; see `Archive`.

        Who asks at each run gets it once an hour.
        """
        del runs  # the database knows
        if spare < SWEEP and not self._is_time_to_sweep():
            return
        first, last = id_made_ago(spare), id_made_ago(-spare)
        copies = {
            folder.name: folder
            for folder in self.runs.iterdir()
            if is_run_folder(folder) and not first <= folder.name < last and is_copy(folder)
        }
        for name in self._member.run_table.find_missing(copies) if copies else ():
            with suppress(Locked, UsageFault), run_lock(copies[name]):
                shutil.rmtree(copies[name], ignore_errors=True)

    def _is_time_to_sweep(self) -> bool:
        stamp = self.state_dir / SWEPT
        try:
            is_time = not stamp.exists() or abs(time.time() - stamp.stat().st_mtime) >= SWEEP
            if is_time:
                stamp.touch(mode=PRIVATE_FILE)
        except OSError:
            return False
        return is_time

    def is_ours(self, folder: Path) -> bool:
        """Return whether a run is ours to delete; this machine may have no copy of it."""
        return RUN_ID.fullmatch(folder.name) is not None and not folder.is_symlink()

    def delete(self, folder: Path) -> None:
        """Delete a run on all machines; raise Locked while one works on it; see `Archive`."""
        folder.mkdir(mode=PRIVATE, exist_ok=True)
        with run_lock(folder):
            if not self._member.run_table.delete(folder.name):
                raise Locked(AT_WORK.format(folder.name))
        shutil.rmtree(folder)
