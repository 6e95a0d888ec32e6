"""A journal that is deleted, moved or replaced while the run works: noticed, and nothing false is claimed."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from presence_worker.errors import ExitCode
from presence_worker.journal import JOURNAL
from tests.raw_server import Peer, RawServer, Request, answer, echo

from .given import WORKER, Worker, away, ended, next_words, raw_up, started, wait_until, write_csv
from .small_disk import small_disk

ROWS = 300


def delete(folder: Path) -> None:
    (folder / JOURNAL).unlink()


def replace(folder: Path) -> None:
    copy = folder / "copy"
    shutil.copy(folder / JOURNAL, copy)
    copy.replace(folder / JOURNAL)


def move(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


@pytest.mark.proves("the journal is deleted, moved or replaced during a run")
@pytest.mark.parametrize("mishap", [delete, replace, move])
def test_the_run_stops(mishap: Callable[[Path], None], worker_on: Callable[[RawServer], Worker]) -> None:
    """It sends no more, exits 6 saying why, claims nothing of any row, and the next command works."""

    async def act(peer: Peer, request: Request) -> None:
        if len(server.requests) == 30:
            (folder,) = (worker.state / "runs").iterdir()
            mishap(folder)
        await echo(peer, request)

    with raw_up(act) as server:
        worker = worker_on(server)
        path = write_csv(worker.folder / "job.csv", away(range(1, ROWS + 1)))
        stopped = worker("run", path, "--rate", "300")
        sent = len(server.puts)
        again = worker.follow(stopped)

    assert (stopped.code, stopped.summary["state"]) == (ExitCode.STOPPED, "stopped")
    assert "deleted, moved or replaced" in stopped.summary["message"]
    assert stopped.summary["counts"] == {}  # nothing is claimed
    assert sent < ROWS
    assert next_words(stopped)[:2] == ["run", str(path)]
    assert (again.code, again.summary["counts"]["updated"]) == (0, ROWS)


def test_while_the_present_values_are_read(worker_on: Callable[[Any], Worker]) -> None:
    """Nothing is sent at all."""

    async def act(peer: Peer, request: Request) -> None:
        for folder in (worker.state / "runs").iterdir():
            (folder / JOURNAL).unlink(missing_ok=True)
        await echo(peer, request)

    with raw_up(act) as server:
        worker = worker_on(server)
        worker.read_before = "auto"
        stopped = worker("run", write_csv(worker.folder / "job.csv", away(range(1, 4))))

    assert (stopped.code, server.puts) == (ExitCode.STOPPED, [])
    assert "deleted, moved or replaced" in stopped.summary["message"]


def test_a_resumed_run_begins_as_it_was_read(worker_on: Callable[[RawServer], Worker]) -> None:
    """`resume` is given no options of the job; the next command repeats those of the first session."""

    async def act(peer: Peer, request: Request) -> None:
        if len(server.puts) == 1:
            await answer(401)(peer, request)
            return
        if len(server.puts) == 2:
            (folder,) = (worker.state / "runs").iterdir()
            (folder / JOURNAL).unlink()
        await echo(peer, request)

    with raw_up(act) as server:
        worker = worker_on(server)
        path = write_csv(worker.folder / "job.csv", away([1]), delimiter="|")
        first = worker("run", path, "--delimiter", "|")
        gone = worker("resume", "last")
        again = worker.follow(gone)

    assert (first.code, gone.code, again.code) == (ExitCode.STOPPED, ExitCode.STOPPED, 0)
    assert ("--delimiter" in next_words(gone), server.puts[-1].applied) == (True, True)


def test_an_unmounted_state_directory(tmp_path: Path, worker_on: Callable[[RawServer], Worker]) -> None:
    """The file is still open, but it is not where `resume` looks for it."""
    with small_disk(tmp_path / "disk", "8m") as disk, raw_up() as server:
        worker = worker_on(server)
        worker.state = disk.place / "state"
        path = write_csv(worker.folder / "job.csv", away(range(1, ROWS + 1)))
        words: list[str | Path] = ["run", path, *worker.options, "--rate", "100", "--json"]
        with started(*words, before=[*disk.command, *WORKER]) as process:
            wait_until(lambda: len(server.puts) > 30)
            subprocess.run([*disk.command, "umount", "--lazy", str(disk.place)], check=True)
            stopped = ended(process)

    assert (stopped.code, len(server.puts) < ROWS) == (ExitCode.STOPPED, True)
    assert "unmounted" in stopped.summary["message"]
