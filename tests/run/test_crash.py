"""A machine that loses power: whatever the moment, `resume` finishes, and nothing is reported falsely."""

import shlex
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.raw_server import RawServer, echo

from .given import (
    Worker,
    away,
    raw_up,
    read_report,
    results,
    slowly,
    started,
    wait_until,
    wishes,
    write_csv,
)
from .test_resume import stopped

IN_FLIGHT, GROUP = 8, 50  # rows on their way, and rows judged but not yet on disk
LOST_AT = (1, 40, 130)  # PUTs that came in when the power goes


def came_in(server: RawServer, puts: int) -> bool:
    return len(server.puts) >= puts


def make_it_die(folder: Path, worker: Worker) -> None:
    """Let the journal say that the run is at work, as it does when its process is killed at the very end."""
    following = f"presence-worker resume {folder.name} --base-url {worker.url} --state-dir {worker.state}"
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE run SET state = 'running', exit_code = NULL, next = ?", (following,))


@pytest.mark.campaign
@pytest.mark.proves("the program is killed, or the power fails")
def test_killed_again_and_again(worker_on: Callable[[RawServer], Worker]) -> None:
    """Each session is killed amid its work: at the end each row is there once, and was really applied.

    Found by a command without options, the run still says how it is resumed.
    """
    sessions: list[list[str]] = [["run", "job.csv"], ["resume"], ["resume"]]
    with raw_up(slowly(echo, 0.004)) as server:
        worker = worker_on(server)
        write_csv(worker.folder / "job.csv", away(range(1, 301)))
        for words, puts in zip(sessions, LOST_AT, strict=True):
            with started(*words, *worker.options) as process:
                wait_until(partial(came_in, server, puts))
                process.kill()
        found = worker.call("runs", "--state-dir", str(worker.state), "--json")
        (run,) = found.summary["runs"]

        ended = worker.call(*shlex.split(run["next"])[1:], "--json")

    lines = read_report(worker.folder_of(ended))
    applied = Counter(wish[0] for wish in wishes(server))
    assert (run["state"], ended.code) == ("stopped", 0)
    assert [line["row"] for line in lines] == list(range(1, 301))
    assert {line["associate_id"] for line in lines} == set(applied)
    assert sum(applied.values()) - 300 <= len(LOST_AT) * (IN_FLIGHT + GROUP)


def test_what_was_on_its_way_is_in_doubt(worker_on: Callable[[RawServer], Worker]) -> None:
    """Until it is resumed, the report of a killed run calls `updated` only what the service has."""
    with raw_up(slowly(echo, 0.004)) as server:
        worker = worker_on(server)
        write_csv(worker.folder / "job.csv", away(range(1, 301)))
        with started("run", "job.csv", *worker.options) as process:
            wait_until(partial(came_in, server, 100))
            process.kill()

        ended = worker("report", "last")

    lines = read_report(worker.folder_of(ended))
    served = {wish[0] for wish in wishes(server)}
    assert (ended.summary["state"], ended.summary["exit_code"], len(lines)) == ("stopped", 1, 300)
    assert {line["result"] for line in lines} <= {"updated", "unknown", "not_sent"}
    assert {line["associate_id"] for line in lines if line["result"] == "updated"} <= served
    assert served <= {line["associate_id"] for line in lines if line["result"] != "not_sent"}


def test_who_finds_it_knows_how_it_was_called(worker: Worker) -> None:
    """The next command has the options of the run that died, not those of the command that found it."""
    folder = worker.folder_of(stopped(worker))
    make_it_die(folder, worker)

    found = worker.call("runs", "--state-dir", str(worker.state), "--json")

    (run,) = found.summary["runs"]
    assert f"--base-url {worker.url}" in run["next"]


def test_killed_between_its_last_row_and_its_report(worker: Worker) -> None:
    """There is nothing left to send: `resume` finishes the run, and for good."""
    ended = worker("run", write_csv(worker.folder / "job.csv", away([1, 2, 3])))
    make_it_die(worker.folder_of(ended), worker)
    listed = worker("runs").summary["runs"]

    resumed, again = worker("resume"), worker("resume")

    assert [run["state"] for run in listed] == ["stopped"]
    assert (resumed.code, again.code) == (0, 0)
    assert (resumed.summary["state"], resumed.summary["next"]) == ("finished", None)
    assert results(worker.folder_of(resumed)) == ["updated"] * 3


@pytest.mark.parametrize("moment", ["before anything was staged", "while it was staged"])
def test_killed_before_it_was_staged(moment: str, worker: Worker) -> None:
    """Nothing of it was ever sent: it is no run, and the next one sweeps it away."""
    worker("run", write_csv(worker.folder / "job.csv", away([1, 2, 3])))
    torso = worker.state / "runs" / "20260101T000000Z-0000"
    torso.mkdir()
    if moment == "while it was staged":
        sqlite3.connect(torso / "journal.sqlite").close()

    listed, nothing = worker("runs").summary["runs"], worker("resume", torso.name)
    worker("run", "job.csv")

    assert (len(listed), nothing.code) == (1, 2)
    assert not torso.exists()
