"""As the first process of a container: signals arrive there too, and the exit code is the worker's own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.raw_server import RawServer, echo

from .given import WORKER, Worker, away, ended, raw_up, slowly, started, wait_until, write_csv

IN_A_CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc")


@pytest.fixture(scope="module", autouse=True)
def containers() -> None:
    """Skip where nobody may be the first process of anything."""
    if sys.platform != "linux" or not shutil.which("unshare"):
        pytest.skip("needs Linux and unshare (util-linux)")
    if subprocess.run([*IN_A_CONTAINER, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this user may not make a PID namespace")


def first_process(process: "subprocess.Popen[str]") -> int:
    """Give the id, as it is outside, of the process that is the first one inside."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_container_that_is_stopped(
    number: signal.Signals, code: int, worker_on: Callable[[RawServer], Worker]
) -> None:
    """What is in flight finishes, the report is written, and `resume` does the rest."""
    with raw_up(slowly(echo, 0.03)) as server:
        worker = worker_on(server)
        path = write_csv(worker.folder / "job.csv", away(range(1, 41)))
        words: list[str | Path] = ["run", path, *worker.options, "--json"]
        with started(*words, before=[*IN_A_CONTAINER, *WORKER]) as process:
            wait_until(lambda: len(server.puts) > 9)
            os.kill(first_process(process), number)
            halted = ended(process)
        sent = len(server.puts)

        resumed = worker.follow(halted)

    assert (halted.code, halted.summary["counts"]["updated"]) == (code, sent)
    assert (resumed.code, len(server.puts)) == (0, 40)
