"""This process as one of several that share a database."""

import os
import secrets
import socket
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ..queue.job_queue import JobQueue
from ..settings.fleet import Fleet
from . import workers
from .connections import SharedDatabase
from .examination import examine
from .fleet_queue import FleetQueue
from .group_writer import GroupWriter
from .key_change import check_key
from .leases import LeaseKeeper
from .membership import DatabaseFacts
from .notices import SharedNotices
from .run_progress import RunsOfOthers
from .run_table import RunTable
from .sealing import Sealing
from .shared_tables import ensure
from .status import FleetStatus
from .upkeep import read_status


class FleetMember:
    """Owns what this process shares with others; nothing connects before it is used."""

    def __init__(self, settings: Fleet) -> None:
        self.settings = settings
        self.id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"  # as holder of leases
        self.database = SharedDatabase(settings, prepare=self._prepare)
        self._queues: dict[Path, JobQueue] = {}

    @cached_property
    def sealing(self) -> Sealing:
        """Return what packs payloads; raise UsageFault where the key cannot be read."""
        return Sealing(file=self.settings.encryption_key_file)

    @cached_property
    def notices(self) -> SharedNotices:
        """Return what all machines remember for messages."""
        return SharedNotices(self.database, self.sealing, self.id)

    @cached_property
    def run_table(self) -> RunTable:
        """Return what the table of runs says."""
        return RunTable(self.database, self.sealing)

    def has_workers(self) -> bool:
        """Return whether a service or a worker is there; it blocks."""
        return self.database.work(workers.are_there)

    @cached_property
    def runs_of_others(self) -> RunsOfOthers:
        """Return what the database says of the runs that others work on."""
        return RunsOfOthers(self.id, self.database, self.sealing)

    def keys_for(self, purpose: str) -> Sequence[bytes]:
        """Return keys for a purpose that all machines share, newest first; none without a key file."""
        return self.sealing.derive(purpose)

    @cached_property
    def leases(self) -> LeaseKeeper:
        """Return what takes targets, and holds them."""
        return LeaseKeeper(self)

    @cached_property
    def writer(self) -> GroupWriter:
        """Return what writes the log of all runs of this process."""
        return GroupWriter(self.database, self.id)

    def queue_in(self, state_dir: Path) -> JobQueue:
        """Return the queue of all machines; this one keeps copies of contents in the state directory."""
        with _making:
            if state_dir not in self._queues:
                self._queues[state_dir] = FleetQueue(self.database, self.sealing, state_dir)
            return self._queues[state_dir]

    def status(self) -> FleetStatus:
        """Return who works on what, and what waits; raise DatabaseAway."""
        return self.database.work(read_status)

    def examine(self) -> DatabaseFacts:
        """Return what a new connection finds; raise DatabaseAway, or UsageFault where it is refused."""
        return examine(self.settings)

    def read_keys_again(self) -> None:
        """Take the keys that the key file has now; raise UsageFault where it has none."""
        self.sealing.read_again()

    def _prepare(self, database: SharedDatabase) -> None:
        ensure(database)
        with database.connection() as connection:
            check_key(self.sealing, connection)

    def close(self) -> None:
        """End the threads, and let go of all connections."""
        for part in ("writer", "leases"):
            if part in self.__dict__:
                getattr(self, part).close()
        self.database.close()


def member_of(settings: Fleet) -> FleetMember:
    """Return this process as a member of the fleet that *settings* name: for each database there is one."""
    address = settings.database.get_secret_value() if settings.database else ""
    with _making:
        if address not in _members:
            _members[address] = FleetMember(settings)
        return _members[address]


def close_members() -> None:
    """Close all members of this process; the next one that is asked for is new."""
    with _making:
        while _members:
            _members.popitem()[1].close()


_members: dict[str, FleetMember] = {}
_making = threading.Lock()
