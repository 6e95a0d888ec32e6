"""Signals: the first one ends a run in order, the second one at once; `resume` finishes it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.raw_server import HANG, RawServer, echo

from .given import (
    WORKER,
    Worker,
    after,
    away,
    ended,
    for_associates,
    raw_up,
    results,
    slowly,
    started,
    wait_until,
    wishes,
    write_csv,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
LATE = """
import asyncio, os, sys
from presence_worker.run.signals import halting

async def deliver():
    with halting(print):
        pass

asyncio.run(deliver())
for number in map(int, sys.argv[1:]):
    os.kill(os.getpid(), number)
print("the report is written")
"""


def job(worker: Worker, rows: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(range(1, rows + 1)))


@pytest.mark.parametrize("number", CODES)
@pytest.mark.proves("the run is told to stop (Ctrl-C, SIGTERM)")
def test_the_first_one_ends_the_run_in_order(
    number: signal.Signals, worker_on: Callable[[RawServer], Worker]
) -> None:
    """Nobody starts anew, what is in flight finishes, the report is written, and `resume` does the rest."""
    with raw_up(slowly(echo, 0.03)) as server:
        worker = worker_on(server)
        with started("run", job(worker, 60), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) > 12)
            process.send_signal(number)
            halted = ended(process)
        sent = len(server.puts)

        resumed = worker.follow(halted)

    assert (halted.code, halted.summary["exit_code"]) == (CODES[number], CODES[number])
    assert halted.summary["state"] == "stopped"
    assert halted.summary["counts"]["updated"] == sent
    assert halted.summary["counts"]["not_sent"] == 60 - sent > 0
    assert resumed.code == 0
    assert sorted(wish[0] for wish in wishes(server)) == list(range(1, 61))


def test_the_second_one_leaves_at_once(worker_on: Callable[[RawServer], Worker]) -> None:
    """Nothing is waited for, nothing is printed; the journal has what was done, and `resume` goes on."""
    silent = dict.fromkeys(range(2, 6), HANG)
    with raw_up(for_associates(silent)) as server:
        worker = worker_on(server)
        with started("run", job(worker, 5), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) == 5)
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            left = ended(process)
        seconds = time.monotonic() - began
        states = [run["state"] for run in worker("runs").summary["runs"]]
        silent.clear()

        resumed = worker("resume")

    assert (left.code in (130, 143), left.out, seconds < 10) == (True, "", True)
    assert states == ["stopped"]
    assert (resumed.code, results(worker.folder_of(resumed))) == (0, ["updated"] * 5)


def test_the_drain_has_an_end(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not answer in time is unknown: sent, and never confirmed."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__DRAIN", "50ms")
    with raw_up(after(1, HANG)) as server:
        worker = worker_on(server)
        with started("run", job(worker, 9), *worker.options, "--concurrency", "3", "--json") as process:
            wait_until(lambda: len(server.puts) == 4)
            process.send_signal(signal.SIGTERM)
            halted = ended(process)

    assert halted.code == 143
    assert results(worker.folder_of(halted)) == ["updated", *["unknown"] * 3, *["not_sent"] * 5]


def test_while_the_job_is_still_read_nothing_is_left_behind(
    worker_on: Callable[[RawServer], Worker],
) -> None:
    """A signal before the first PUT ends the program where it stands; the job is to be fed again."""
    with raw_up() as server:
        worker = worker_on(server)
        with started("run", "-", *worker.options, "--json", stdin=subprocess.PIPE) as process:
            assert process.stderr
            staging = process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            halted = ended(process)

    assert "run.staging" in staging
    assert (halted.code, halted.summary["exit_code"], halted.summary["state"]) == (143, 143, "stopped")
    assert halted.summary["next"].startswith("presence-worker run - ")
    assert halted.summary["message"].endswith("feed the job on standard input again")
    assert list((worker.state / "runs").iterdir()) == []
    assert server.requests == []


def test_while_the_service_is_away_it_ends_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who only waits for the service is in nobody's way: no row was sent."""
    worker = Worker(tmp_path, "http://127.0.0.1:9", capsys)
    with started("run", job(worker, 9), *worker.options, "--json") as process:
        assert process.stderr
        while "run.delivering" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        halted = ended(process)

    assert (halted.code, set(results(worker.folder_of(halted)))) == (130, {"not_sent"})


def test_under_nohup_the_terminal_may_go(worker_on: Callable[[RawServer], Worker]) -> None:
    """Who said beforehand that hanging up means nothing is believed."""
    with raw_up(slowly(echo, 0.03)) as server:
        worker = worker_on(server)
        words = [str(job(worker, 30)), *worker.options, "--json"]
        with started("run", *words, before=["nohup", *WORKER]) as process:
            wait_until(lambda: len(server.puts) > 3)
            process.send_signal(signal.SIGHUP)
            finished = ended(process)

    assert (finished.code, len(server.puts)) == (0, 30)


@pytest.mark.parametrize(
    ("numbers", "code", "out"),
    [
        ([signal.SIGTERM], 0, "the report is written\n"),
        ([signal.SIGTERM, signal.SIGTERM], 143, ""),
    ],
)
def test_when_all_is_delivered_one_is_let_pass(numbers: Sequence[int], code: int, out: str) -> None:
    """A run that writes its report is about to end anyway; a second one of the same kind ends it at once."""
    done = subprocess.run(
        [sys.executable, "-c", LATE, *map(str, map(int, numbers))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (code, out)
