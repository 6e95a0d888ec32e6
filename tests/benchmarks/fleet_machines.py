"""Workers that share a database, side by side on this machine: what they need, and the jobs they get."""

import hashlib
import shutil
import signal
import subprocess
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from pydantic import SecretStr

from presence_worker.fleet.member import FleetMember
from presence_worker.fleet.shared_tables import ensure
from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.settings.fleet import Fleet
from tests.fleet.postgres import Postgres, postgres, programs
from tests.serve.outside.served import Place, surroundings

from .child import CLIENT_CORE, SERVER_CORE, BrokenTrialError, pin
from .readings import Reading, Readings
from .trial import service

DATABASE = "presence"
SAFE = {"fsync": "on", "full_page_writes": "on"}  # as where it matters
LATENCY = ("--latency", "0.02", "0.18")  # seconds of the service, at least and at most
PATIENCE = 60.0  # seconds until a worker is there
ENDING = 10.0  # seconds that a worker may take to end
EVERY = 0.5  # seconds between two readings
COMMON = """
[fleet]
database = "{database}"
runs = {places}
[delivery]
read_before = "off"
[safety]
max_changes = "none"
"""
OPEN = "SELECT count(*) FROM presence_worker.job WHERE state IN ('waiting', 'working')"
SENDING = """SELECT count(*) FROM presence_worker.run
    WHERE EXISTS (SELECT FROM presence_worker.log WHERE log.run_id = run.run_id AND done > 0)"""
WORKERS = "SELECT count(*) FROM presence_worker.worker WHERE kind = 'worker'"


@dataclass(slots=True, kw_only=True)
class Machines:
    """Owns what workers share: the database, the service of all tenants, the configuration and the queue."""

    program: Path
    folder: Path
    server: Postgres
    place: Place
    member: FleetMember
    connection: "psycopg.Connection[tuple[int]]"
    own: int = 0  # transactions on it

    def put(self, tenant: str, job: Path) -> None:
        """Put a job in; when this returns, it is queued."""
        digest = hashlib.sha256(job.read_bytes()).hexdigest()
        new = NewJob(
            target=tenant, command=JobCommand.RUN, way=JobWay.COMMAND, file_name=job.name, sha256=digest
        )
        queue = self.member.queue_in(self.folder)
        with queue.receive() as received:
            queue.put(new, Path(shutil.copy2(job, received)))

    def count(self, question: str) -> int:
        """Ask the database of the workers for a number."""
        self.own += 1
        [(found,)] = self.connection.execute(question.encode()).fetchall()
        return found

    @contextmanager
    def workers(self, count: int) -> Iterator[list[int]]:
        """Let so many workers be up; yield their processes' numbers. Each must end well, and soon."""
        with ExitStack() as stack:
            processes = [stack.enter_context(self._worker(number)) for number in range(count)]
            wait_until(lambda: self.count(WORKERS) >= count, PATIENCE, "a worker does not begin")
            yield [process.pid for process in processes]

    @contextmanager
    def _worker(self, number: int) -> Iterator["subprocess.Popen[bytes]"]:
        own = {"PRESENCE_WORKER_STORAGE__STATE_DIR": f"{self.folder / f'state-{number}'}"}
        command = [f"{self.program}", "worker", "--config", f"{self.place.config}"]
        log = self.folder / f"worker-{number}.log"
        with (
            log.open("wb") as errors,
            subprocess.Popen(
                command, env=surroundings(self.folder) | own, stdout=errors, stderr=errors
            ) as process,
        ):
            try:
                pin(process, CLIENT_CORE)
                yield process
                process.send_signal(signal.SIGTERM)
                if process.wait(ENDING):
                    raise BrokenTrialError(f"a worker exited with {process.returncode}: {_last_words(log)}")
            finally:
                process.kill()

    def watch(self, workers: Sequence[int], seconds: float, *, until: Callable[[], bool]) -> list[Reading]:
        """Read what is used again and again until it is true; raise BrokenTrialError if it never is."""
        assert self.server.process
        own = self.connection.info.backend_pid
        readings = Readings(self.server.url(), DATABASE, self.server.process.pid, workers, own)
        found, end = [], time.monotonic() + seconds
        try:
            while not until():
                if time.monotonic() > end:
                    raise BrokenTrialError(f"not over after {seconds:.0f} s")
                sending = self.count(SENDING)
                readings.own = self.own
                found.append(readings.take(sending))
                time.sleep(EVERY)
            return [*found, readings.take(0)]
        finally:
            readings.close()

    def idle(self, workers: Sequence[int], seconds: float) -> list[Reading]:
        """Read what is used for so long."""
        end = time.monotonic() + seconds
        return self.watch(workers, seconds * 2, until=lambda: time.monotonic() > end)

    def work_off(self, workers: Sequence[int], seconds: float) -> list[Reading]:
        """Read what is used until no job is open."""
        return self.watch(workers, seconds, until=lambda: not self.count(OPEN))


class Arrivals:
    """Owns the moments at which requests came to the service, as soon as that has ended."""

    def __init__(self) -> None:
        self._moments: Sequence[float] = ()

    def read(self, path: Path) -> None:
        """Learn them from what the service has written."""
        self._moments = array("d", path.read_bytes())

    def between(self, begin: float, end: float) -> int:
        """Return how many came from one moment until another."""
        return sum(begin <= moment < end for moment in self._moments)


@contextmanager
def machines(program: Path, tenants: Sequence[str], places: int) -> Iterator[tuple[Machines, Arrivals]]:
    """Yield what workers share, with so many places each; at the end, the arrivals are known."""
    if programs() is None:
        raise BrokenTrialError("PostgreSQL's server is missing; install postgresql")
    arrivals = Arrivals()
    with TemporaryDirectory(prefix="benchmark-") as name, postgres(SAFE) as server:
        folder = Path(name)
        with service(folder / "arrivals", LATENCY) as root:
            targets = {tenant: f"{root}/{tenant}" for tenant in tenants}
            with _shared(program, folder, server, targets, places) as shared:
                yield shared, arrivals
        arrivals.read(folder / "arrivals")


@contextmanager
def _shared(
    program: Path, folder: Path, server: Postgres, targets: dict[str, str], places: int
) -> Iterator[Machines]:
    assert server.process
    pin(server.process, SERVER_CORE)
    server.ask(f"CREATE DATABASE {DATABASE}")
    url = server.url(DATABASE)
    common = COMMON.format(database=url, places=places)
    place = Place(folder=folder / "configuration", targets=targets, common=common)
    place.write()
    member = FleetMember(Fleet(database=SecretStr(url)))
    ensure(member.database)
    with closing(member), psycopg.connect(url, autocommit=True) as connection:
        yield Machines(
            program=program, folder=folder, server=server, place=place, member=member, connection=connection
        )


def wait_until(is_true: Callable[[], bool], seconds: float, words: str) -> None:
    """Ask again and again; raise BrokenTrialError with these words if it is not true in time."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            raise BrokenTrialError(words)
        time.sleep(EVERY / 5)


def _last_words(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-1000:]


def tenants_named(count: int) -> list[str]:
    """Return the names of so many tenants."""
    return [f"tenant{number}" for number in range(1, count + 1)]
