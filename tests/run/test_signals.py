"""Signals: the first one ends a run in order, the second one at once; `resume` finishes it."""

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.raw_server import HANG, RawServer, echo

from .given import (
    WORKER,
    Worker,
    after,
    away,
    ended,
    once,
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


def job(worker: Worker, rows: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(range(1, rows + 1)))


@pytest.mark.parametrize("number", CODES)
@pytest.mark.proves("you stop the run (Ctrl-C, SIGTERM)")
def test_the_first_one_ends_the_run_in_order(
    number: signal.Signals, worker_on: Callable[[RawServer], Worker]
) -> None:
    """Nobody starts anew, what is in flight finishes, the report is written, and `resume` does the rest."""
    signal_sent = threading.Event()
    with raw_up(after(12, once(signal_sent))) as server:
        worker = worker_on(server)
        with started("run", job(worker, 60), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) > 12)
            process.send_signal(number)
            signal_sent.set()
            halted = ended(process)
        sent = len(server.puts)

        resumed = worker.follow(halted)

    assert (halted.code, halted.summary["exit_code"]) == (CODES[number], CODES[number])
    assert halted.summary["state"] == "stopped"
    assert halted.summary["counts"]["updated"] == sent
    assert halted.summary["counts"]["not_sent"] == 60 - sent > 0
    assert resumed.code == 0
    assert sorted(wish[0] for wish in wishes(server)) == list(range(1, 61))


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
