"""A real disk that is full: the run stops, tells nothing false, and goes on when there is room."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from presence_worker.errors import ExitCode
from tests.raw_server import Act, Peer, RawServer, Request, echo

from .given import (
    WORKER,
    Ended,
    Worker,
    away,
    called,
    ended,
    for_associates,
    raw_up,
    read_report,
    results,
    slowly,
    started,
    wait_until,
    write_csv,
)
from .small_disk import SmallDisk, small_disk

ROWS = 400
ROOM_FOR_OUTCOMES = 64 * 1024  # bytes; the report needs several times as much


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", "4m") as disk:
        yield disk


@pytest.fixture
def worker_there(worker_on: Callable[[RawServer], Worker], disk: SmallDisk) -> Callable[[RawServer], Worker]:
    """Makes somebody whose state directory is on the small disk."""

    def make(server: RawServer) -> Worker:
        worker = worker_on(server)
        worker.state = disk.place / "state"
        return worker

    return make


def job(worker: Worker) -> Path:
    return write_csv(worker.folder / "job.csv", away(range(1, ROWS + 1)))


def call(disk: SmallDisk, *words: str | Path) -> Ended:
    """Call a command on the small disk."""
    return called(*words, before=[*disk.command, *WORKER])


def follow(disk: SmallDisk, previous: Ended) -> Ended:
    """Call the command that is named next."""
    _, command, *words = previous.summary["next"].split()
    return call(disk, command, *dict.fromkeys([*words, "--json"]))


def seen(disk: SmallDisk) -> Path:
    """Give the folder of the only run, as we see it."""
    (folder,) = (disk.seen / "state" / "runs").iterdir()
    return folder


def until(release: Event, act: Act) -> Act:
    """Do *act* when it is time."""

    async def patient_act(peer: Peer, request: Request) -> None:
        await asyncio.to_thread(release.wait, 20)
        await act(peer, request)

    return patient_act


def test_while_the_job_is_staged(disk: SmallDisk, worker_there: Callable[[RawServer], Worker]) -> None:
    """A job that does not fit is not sent, nothing of it is left, and the same command works later."""
    with raw_up() as server:
        worker = worker_there(server)
        disk.fill(leaving=72 * 1024)
        refused = call(disk, "run", job(worker), *worker.options, "--json")
        left, sent = list((disk.seen / "state" / "runs").iterdir()), len(server.puts)
        disk.empty()

        done = follow(disk, refused)

    assert (refused.code, left, sent) == (ExitCode.STOPPED, [], 0)
    assert "full" in refused.summary["message"]
    assert (done.code, len(server.puts)) == (0, ROWS)


@pytest.mark.proves("the disk is full")
def test_while_rows_are_sent(disk: SmallDisk, worker_there: Callable[[RawServer], Worker]) -> None:
    """What was sent is noted, the rest is not sent, and no command sends anything while there is no room."""
    with raw_up(slowly(echo, 0.002)) as server:
        worker = worker_there(server)
        words: list[str | Path] = ["run", job(worker), *worker.options, "--json"]
        with started(*words, before=[*disk.command, *WORKER]) as process:
            wait_until(lambda: len(server.puts) > 30)
            disk.fill()
            stopped = ended(process)
        sent = len(server.puts)
        listed = call(disk, "runs", "--state-dir", worker.state, "--json")
        disk.fill()  # what was kept for the end is free by now
        still = [follow(disk, stopped), call(disk, "report", "last", *worker.options_of("report"), "--json")]
        sent_since = len(server.puts) - sent
        disk.empty()

        resumed = follow(disk, stopped)

    counts = stopped.summary["counts"]
    assert (stopped.code, sent < ROWS) == (ExitCode.STOPPED, True)
    assert (counts["updated"], counts["unknown"], counts["not_sent"]) == (sent, 0, ROWS - sent)
    (run,) = listed.summary["runs"]
    assert (run["state"], run["exit_code"]) == ("stopped", ExitCode.STOPPED)
    codes = {each.code for each in still}  # without any room, SQLite may not even open the journal
    assert (codes <= {ExitCode.STOPPED, ExitCode.USAGE}, sent_since) == (True, 0)
    assert all("disk" in each.summary["message"] for each in still)
    assert (resumed.code, results(seen(disk))) == (0, ["updated"] * ROWS)


def test_while_the_report_is_written(disk: SmallDisk, worker_there: Callable[[RawServer], Worker]) -> None:
    """All rows are done and said to be; no file is half there, and `report` writes them later."""
    release = Event()
    with raw_up(for_associates({ROWS: until(release, echo)})) as server:
        worker = worker_there(server)
        words: list[str | Path] = ["run", job(worker), *worker.options, "--json"]
        with started(*words, before=[*disk.command, *WORKER]) as process:
            wait_until(lambda: len(server.puts) == ROWS)
            disk.fill(leaving=ROOM_FOR_OUTCOMES)
            release.set()
            stopped = ended(process)
        there = {path.name for path in seen(disk).iterdir()}
        lines = len(read_report(seen(disk))) if "report.jsonl" in there else None
        listed = call(disk, "runs", "--state-dir", worker.state, "--json")
        disk.fill()
        still = [
            call(disk, "report", "last", *worker.options_of("report"), *how)
            for how in (["--json"], ["--as", "csv"])
        ]
        disk.empty()

        reported = follow(disk, stopped)

    assert [each.code for each in still] == [ExitCode.STOPPED] * 2
    assert all(event["run_id"] == seen(disk).name for each in still for event in each.events)
    assert (stopped.code, stopped.summary["counts"]["updated"]) == (ExitCode.STOPPED, ROWS)
    assert "summary.json" not in there
    assert not {name for name in there if name.endswith(".new") or name == "reserve"}
    assert lines in (None, ROWS)
    assert stopped.summary["next"].startswith("presence-worker report ")
    (run,) = listed.summary["runs"]
    assert (run["state"], run["exit_code"]) == ("stopped", ExitCode.STOPPED)
    assert (reported.code, results(seen(disk))) == (0, ["updated"] * ROWS)
    assert (reported.summary["state"], reported.summary["exit_code"]) == ("finished", 0)


def test_while_a_large_job_is_piped(disk: SmallDisk, worker_there: Callable[[RawServer], Worker]) -> None:
    """A pipe is kept in a temporary file while it is read: its disk is at fault, not the job."""
    with raw_up() as server:
        worker = worker_there(server)
        env = {**os.environ, "TMPDIR": str(disk.place)}
        large = "associateId,status\n" + "1,Away\n" * 1_300_000

        words = ["run", "-", *worker.options, "--json"]
        refused = called(*words, text=large, env=env, before=[*disk.command, *WORKER])

    assert (refused.code, refused.summary["state"], server.requests) == (ExitCode.STOPPED, "stopped", [])
    assert f"{disk.place}: No space left on device" in refused.summary["message"]
