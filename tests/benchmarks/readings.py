"""What the kernel and PostgreSQL say of processes at work: CPU, memory and transactions."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psycopg

PROC = Path("/proc")
WHOLE_PROCESS = 2  # the last bits of a clock of the kernel that counts the CPU of all threads of a process
TICKS = 100  # of the CPU of children that have ended, per second
TRANSACTIONS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s"


class Reading(NamedTuple):
    """What was used from the beginning until a moment."""

    at: float  # time.monotonic
    sending: int  # runs that have sent rows, and have not ended
    database: float  # seconds of CPU of all of PostgreSQL's processes
    transactions: float  # in the database, without our own
    workers: Sequence[float]  # seconds of CPU of each
    memory: Sequence[float]  # MiB of each: what is its own, and its share of what several use (PSS)


class Readings:
    """Owns a connection to the server, which does not count; nor does that of process *own* of the server."""

    def __init__(self, url: str, database: str, server: int, workers: Sequence[int], own: int) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._ours = {own, self._connection.info.backend_pid}
        self._database = database
        self._server = server
        self._workers = workers
        self.own = 0  # transactions of ours in that database

    def close(self) -> None:
        """Let the server go."""
        self._connection.close()

    def take(self, sending: int) -> Reading:
        """Read all of it now, while so many runs send."""
        [found] = self._connection.execute(TRANSACTIONS, (self._database,)).fetchall()
        return Reading(
            at=time.monotonic(),
            sending=sending,
            database=self._cpu_of_server(),
            transactions=found[0] - self.own,
            workers=[cpu_of(each) for each in self._workers],
            memory=[pss_of(each) for each in self._workers],
        )

    def _cpu_of_server(self) -> float:
        """Add up the server, its processes, and those that have ended, but not what serves us."""
        children = [each for each in _children(self._server) if each not in self._ours]
        ended = sum(_stat(self._server)[1:]) / TICKS
        return sum(map(cpu_of, [self._server, *children])) + ended


def cpu_of(process: int) -> float:
    """Return the seconds of CPU that a process has used, user and system; 0 where it is gone."""
    try:
        return time.clock_gettime(~process << 3 | WHOLE_PROCESS)
    except OSError:
        return 0.0


def pss_of(process: int) -> float:
    """Return the MiB of a process: what is its own, and its share of what it has together with others."""
    lines = (PROC / f"{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _children(process: int) -> list[int]:
    found = (int(each.name) for each in PROC.iterdir() if each.name.isdecimal())
    return [each for each in found if _stat(each)[0] == process]


def _stat(process: int) -> list[int]:
    """Return the parent of a process, and the ticks of its children that have ended, user and system."""
    try:
        words = (PROC / f"{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return [0, 0, 0]
    return [int(words[1]), int(words[13]), int(words[14])]
