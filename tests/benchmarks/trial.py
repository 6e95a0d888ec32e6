"""One client that sends one job to a service of its own."""

import os
import signal
import subprocess
import sys
import sysconfig
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .child import SERVER_CORE, BrokenTrialError, Cost, Freeze, pin, run

HERE = Path(__file__).parent
SCRIPT = (sys.executable, "-P")  # -P: the modules beside a script are not in its way
WORKER = Path(sysconfig.get_path("scripts"), "presence-worker")
ENDING = 10.0  # seconds a service may take to end
Client = Callable[[Path, str], Sequence[str]]  # job, root URL: the command that sends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is to be measured, and of which program."""

    worker: Path = WORKER
    quick: bool = False

    def of(self, full: int, *, quick: int) -> int:
        """Give the number in force."""
        return quick if self.quick else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a client used, and what the service saw of it."""

    cost: Cost
    arrivals: Sequence[float]  # time.monotonic of each PUT, and GET, in order


def worker(program: Path, *, rate: int = 1_000_000, concurrency: int = 32) -> Client:
    """Give the worker as a client; at the default rate nothing slows it down."""

    def command(job: Path, url: str) -> list[str]:
        pace = ["--rate", f"{rate}", "--concurrency", f"{concurrency}"]
        limits = ["--max-changes", "none", "--state-dir", "state", "--no-progress", "-q"]
        return [f"{program}", "run", f"{job}", "--base-url", url, *pace, *limits]

    return command


def bare_loop(*, concurrency: int = 32) -> Client:
    """Give the bare aiohttp loop as a client."""

    def command(job: Path, url: str) -> list[str]:
        return [*SCRIPT, f"{HERE / 'bare_loop.py'}", f"{job}", url, f"{concurrency}"]

    return command


def environment(folder: Path) -> dict[str, str]:
    """Give the variables of a client: ours only, so that nobody's own configuration is used or touched."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PRESENCE_WORKER_")}
    return own | {
        "PRESENCE_WORKER_AUTH__USERNAME": "benchmark",
        "PRESENCE_WORKER_AUTH__PASSWORD": "benchmark",
        "PRESENCE_WORKER_DELIVERY__READ_BEFORE": "off",  # one request a row, as the bare loop makes
        "XDG_CONFIG_HOME": f"{folder}",
        "XDG_RUNTIME_DIR": f"{folder}",
        "XDG_STATE_HOME": f"{folder}",
    }


def trial(
    client: Client, job: Path, *, rows: int, manners: Sequence[str] = (), frozen: Freeze | None = None
) -> Trial:
    """Run a client against a fresh service; raise BrokenTrialError unless each row made one PUT.

    *manners* are options of the service; one that refuses PUTs gets them again.
    """
    with TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        with service(folder / "arrivals", manners) as url:
            cost = run(client(job, url), folder, environment(folder), frozen)
        arrivals = array("d", (folder / "arrivals").read_bytes())
    refuses = "--trouble" in manners or "--storm" in manners
    if len(arrivals) < rows or (len(arrivals) > rows and not refuses):
        raise BrokenTrialError(f"{len(arrivals)} PUTs arrived for {rows} rows of {job.name}")
    return Trial(cost=cost, arrivals=arrivals)


@contextmanager
def service(arrivals: Path, manners: Sequence[str] = ()) -> Iterator[str]:
    """Start a service, give its root URL, and end it; by then *arrivals* is written."""
    command = [*SCRIPT, f"{HERE / 'echo_server.py'}", f"{arrivals}", *manners]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            pin(process, SERVER_CORE)
            assert process.stdout is not None
            yield process.stdout.readline().decode().strip()
            process.send_signal(signal.SIGTERM)
            process.wait(ENDING)
        finally:
            process.kill()
