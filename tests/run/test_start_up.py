"""Signals while the program starts: noted from its first moment, in a container as well."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from presence_worker.cli.async_work import Listener
from presence_worker.cli.signals import endings, noted
from presence_worker.errors import Terminated
from presence_worker.shutdown import Shutdown

from .given import Ended, away, ended, raw_up, started, wait_until, write_csv
from .test_pid_1 import IN_A_CONTAINER, containers, first_process

__all__ = ["containers"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")
LOADING = (
    sys.executable,
    "-X",
    "importtime",
    "-m",
    "presence_worker",
)  # says what is loaded
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
FIRST = "presence_worker.cli.signals"
MOMENTS = [  # the module that was loaded last when the signal is sent
    (FIRST, signal.SIGTERM),
    ("click", signal.SIGINT),
    ("presence_worker.cli.output", signal.SIGTERM),
    ("pydantic_core", signal.SIGINT),
    ("aiohttp", signal.SIGTERM),
    ("presence_worker.run.commands", signal.SIGINT),
]


@contextmanager
def loading(module: str, words: Sequence[str], before: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """Start a command; give it when *module* is loaded.

    What measures coverage stays out of it: that has a listener of its own for SIGTERM before ours is there.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with started(*words, before=before, env=env) as process:
        assert process.stderr
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == module:
                break
        yield process


def listens(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a listener for a signal, as the kernel sees it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return True
    caught = status.read_text().partition("SigCgt:")[2].split()[0]
    return bool(int(caught, 16) >> (number - 1) & 1)


def left(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end; give what was printed without the list of what was loaded."""
    how = ended(process)
    words = [line for line in how.err.splitlines() if not line.startswith("import time:")]
    return Ended(code=how.code, out=how.out, err="\n".join(words))


@pytest.mark.parametrize(("module", "number"), MOMENTS)
def test_a_signal_while_the_program_is_loaded(module: str, number: signal.Signals, tmp_path: Path) -> None:
    """However early: the code is the signal's, the object is there, nothing was sent and nothing is left."""
    with raw_up() as server:
        job = write_csv(tmp_path / "job.csv", away(range(1, 4)))
        words = ["run", str(job), "--base-url", server.url, "--state-dir", str(tmp_path / "state"), "--json"]
        with loading(module, words, LOADING) as process:
            wait_until(lambda: listens(process.pid, number))
            process.send_signal(number)
            how = left(process)
        puts = len(server.puts)

    assert (how.code, how.summary["exit_code"], how.summary["state"]) == (*[CODES[number]] * 2, "stopped")
    assert how.summary["next"].startswith("presence-worker r")
    assert "Traceback" not in how.err
    assert (puts, list((tmp_path / "state").glob("runs/*"))) == (0, [])


@pytest.mark.usefixtures("containers")
@pytest.mark.parametrize(
    ("module", "number"), [(FIRST, signal.SIGTERM), ("presence_worker.sandbox.presence_file", signal.SIGINT)]
)
def test_the_first_process_of_a_container(module: str, number: signal.Signals, tmp_path: Path) -> None:
    """There a signal that has no listener is lost: the run would go on until it is killed."""
    job = write_csv(tmp_path / "job.csv", away(range(1, 4)))
    words = ["run", str(job), "--sandbox", "--state-dir", str(tmp_path / "state"), "--json"]
    with loading(module, words, [*IN_A_CONTAINER, *LOADING]) as process:
        first = first_process(process)
        wait_until(lambda: listens(first, number))
        os.kill(first, number)
        how = left(process)

    assert (how.code, how.summary["exit_code"]) == (CODES[number], CODES[number])


@pytest.fixture
def nothing_noted() -> Iterator[None]:
    """A test that notes a signal leaves no trace of it."""
    yield
    noted.clear()


@pytest.mark.usefixtures("nothing_noted")
def test_a_signal_that_was_lost_on_the_way_halts_the_delivery() -> None:
    """What was raised in the midst of something that swallows errors is not forgotten: nothing is sent."""
    shutdown = Shutdown()
    noted.append(signal.SIGTERM)

    async def deliver() -> None:
        with Listener(shutdown).listening():
            assert shutdown.is_requested

    asyncio.run(deliver())

    assert isinstance(shutdown.reason(), Terminated)


def test_each_platform_has_its_own_signals() -> None:
    """Ctrl-Break on Windows means what SIGTERM means, and a terminal that is gone does so elsewhere."""
    windows = SimpleNamespace(SIGINT=2, SIGTERM=15, SIGBREAK=21)
    others = SimpleNamespace(SIGINT=2, SIGTERM=15, SIGHUP=1)

    assert endings(windows) == {2: 130, 15: 143, 21: 143}
    assert endings(others) == {2: 130, 15: 143, 1: 143}
