"""Signals in each phase of a run: whenever they come, code and report are true, and `resume` goes on."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.raw_server import HANG, RawServer, answer

from .given import (
    Ended,
    Worker,
    after,
    away,
    ended,
    for_associates,
    once,
    raw_up,
    results,
    started,
    wait_until,
    write_csv,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
MANY = 10_000  # rows that are wrong: nothing is sent, and the report takes its time


def job(worker: Worker, rows: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(range(1, rows + 1)))


def signalled(process: "subprocess.Popen[str]", number: signal.Signals, *, twice: bool = False) -> Ended:
    """Send a signal, or more until the process has ended; give how it ended."""
    process.send_signal(number)
    if twice:
        wait_until(lambda: has_ended(process, number))
    return ended(process)


def has_ended(process: "subprocess.Popen[str]", number: signal.Signals) -> bool:
    """Whether a process has ended; if not, signal it again: two of a kind that come together are one."""
    if process.poll() is None:
        process.send_signal(number)
    return process.poll() is not None


def the_run(worker: Worker) -> Path:
    """Give the folder of the only run."""
    (folder,) = (worker.state / "runs").iterdir()
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_while_the_job_is_staged(number: signal.Signals, worker_on: Callable[[RawServer], Worker]) -> None:
    """A job that somebody is still writing: nothing is sent, nothing is left, and it is to be run again."""
    with raw_up() as server:
        worker = worker_on(server)
        os.mkfifo(worker.folder / "job.csv")
        with (
            started("run", worker.folder / "job.csv", *worker.options, "--json") as process,
            (worker.folder / "job.csv").open("w") as job,
        ):
            job.write("associateId,status\n1,Away\n")
            job.flush()
            left = signalled(process, number)

    assert (left.code, left.summary["exit_code"], left.summary["state"]) == (*[CODES[number]] * 2, "stopped")
    assert left.summary["next"].startswith(f"presence-worker run {worker.folder / 'job.csv'} ")
    assert (server.requests, list((worker.state / "runs").iterdir())) == ([], [])


@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_while_the_first_answer_is_awaited(
    number: signal.Signals, worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request goes alone: its row is in doubt after the drain, and none of the others was sent."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__DRAIN", "100ms")
    with raw_up(HANG) as server:
        worker = worker_on(server)
        with started("run", job(worker, 4), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) == 1)
            left = signalled(process, number)

    assert (left.code, left.summary["state"]) == (CODES[number], "stopped")
    assert results(worker.folder_of(left)) == ["unknown", *["not_sent"] * 3]


def test_a_second_one_while_the_first_answer_is_awaited(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the drain; the journal knows that the row may have been sent."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__DRAIN", "1h")
    silent = {1: HANG}
    with raw_up(for_associates(silent)) as server:
        worker = worker_on(server)
        with started("run", job(worker, 4), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) == 1)
            left = signalled(process, signal.SIGTERM, twice=True)
        reported = worker("report", "last")
        silent.clear()

        resumed = worker("resume")

    assert (left.code, left.out, reported.summary["counts"]["updated"]) == (143, "", 0)
    assert left.events[-1]["words"].endswith(f"Next: {reported.summary['next']}")
    assert reported.summary["counts"]["unknown"] >= 1
    assert (resumed.code, results(worker.folder_of(resumed))) == (0, ["updated"] * 4)


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_while_rows_wait_for_their_next_try(
    number: signal.Signals, worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that only waits is not waited for; nothing of it was applied, and `resume` sends it."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "1h")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_MAX", "1h")
    busy = {2: answer(429), 3: answer(429)}
    with raw_up(for_associates(busy)) as server:
        worker = worker_on(server)
        with started("run", job(worker, 3), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) == 3)
            left = signalled(process, number)
        busy.clear()

        resumed = worker.follow(left)

    assert (left.code, left.summary["counts"]["failed"]) == (CODES[number], 2)
    assert (resumed.code, results(worker.folder_of(resumed))) == (0, ["updated"] * 3)


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_in_an_outage(
    number: signal.Signals,
    worker_on: Callable[[RawServer], Worker],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the run waits for the service to come back nothing is in flight: one signal is enough."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__PROBE_INTERVAL", "1h")
    with raw_up(after(3, answer(503))) as server:
        worker = worker_on(server)
        words: list[str | Path] = ["run", job(worker, 30), *worker.options, "--concurrency", "4", "--json"]
        with started(*words) as process:
            wait_until(lambda: len(server.puts) >= 6)
            left = signalled(process, number)
        reported = worker("report", "last")

    assert left.code == CODES[number]
    assert reported.summary["counts"]["updated"] == 3
    assert reported.summary["state"] == "stopped"


def test_hanging_up_ends_the_run_in_order(worker_on: Callable[[RawServer], Worker]) -> None:
    """The terminal is gone: what is in flight is finished all the same, and `resume` does the rest."""
    signal_sent = threading.Event()
    with raw_up(after(12, once(signal_sent))) as server:
        worker = worker_on(server)
        with started("run", job(worker, 60), *worker.options, "--json") as process:
            wait_until(lambda: len(server.puts) > 12)
            process.send_signal(signal.SIGHUP)
            signal_sent.set()
            left = ended(process)
        sent = len(server.puts)

        resumed = worker.follow(left)

    assert (left.code, left.summary["counts"]["updated"]) == (143, sent)
    assert (resumed.code, len(server.puts)) == (0, 60)


def is_reporting(worker: Worker) -> bool:
    """Whether the report is being written now."""
    return any((worker.state / "runs").glob("*/.report.*"))


@pytest.mark.parametrize("number", [signal.SIGINT])
def test_while_the_report_is_written(
    number: signal.Signals, worker_on: Callable[[RawServer], Worker]
) -> None:
    """The run is about to end: one signal is let pass, and code and report are as without it."""
    with raw_up() as server:
        worker = worker_on(server)
        path = write_csv(
            worker.folder / "job.csv", [*away([1]), *((f"x{n}", "Away", "") for n in range(MANY))]
        )
        words: list[str | Path] = ["run", path, *worker.options, "--max-invalid", "none", "--json", "-q"]
        with started(*words) as process:  # quiet: so many lines of a log fill a pipe that is not read yet
            wait_until(lambda: is_reporting(worker))
            process.send_signal(number)
            done = ended(process)

    assert (done.code, done.summary["state"], len(results(worker.folder_of(done)))) == (
        3,
        "finished",
        MANY + 1,
    )


def test_a_second_one_while_the_report_is_written(worker_on: Callable[[RawServer], Worker]) -> None:
    """It leaves at once: no file is half there, nothing is sent again, and `resume` gives the report."""
    with raw_up() as server:
        worker = worker_on(server)
        path = write_csv(
            worker.folder / "job.csv", [*away([1]), *((f"x{n}", "Away", "") for n in range(MANY))]
        )
        words: list[str | Path] = ["run", path, *worker.options, "--max-invalid", "none", "--json", "-q"]
        with started(*words) as process:  # quiet: so many lines of a log fill a pipe that is not read yet
            wait_until(lambda: is_reporting(worker))
            left = signalled(process, signal.SIGTERM, twice=True)
        there = {file.name for file in the_run(worker).iterdir() if not file.name.startswith(".")}

        resumed = worker("resume")

    assert (left.code, left.out) == (143, "")
    assert "summary.json" not in there
    assert (resumed.code, len(results(worker.folder_of(resumed))), len(server.puts)) == (3, MANY + 1, 1)
