"""`runs` and `report`: what there is, and what became of it."""

import json
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.run.given import Worker, away, wishes, write_csv


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers))


def damage(worker: Worker) -> Path:
    """Spoil the journal of the newest run; give its place."""
    journal = max((worker.state / "runs").iterdir()) / "journal.sqlite"
    journal.write_bytes(b"spoilt" * 1000)
    return journal


@pytest.mark.parametrize("command", ["runs", "report last"])
def test_where_there_is_nothing_nothing_is_made(command: str, worker: Worker) -> None:
    """Looking does not make directories."""
    ended = worker(*command.split())

    assert ended.code == {"runs": 0}.get(command, 2)
    assert not worker.state.exists()
    assert worker.call("runs", "--state-dir", str(worker.state)).out == "No runs yet.\n"


def test_runs_are_listed_newest_first(worker: Worker) -> None:
    """With state, exit code, rows, and the next command's name; a target is not needed."""
    first = worker("run", job(worker, 1, 2))
    second = worker("run", job(worker, 1, 4711, 3))
    third = worker("run", job(worker, *range(1, 8)), "--max-changes", "2")

    listed = worker.call("runs", "--state-dir", str(worker.state))

    ids = [str(ended.summary["run_id"]) for ended in (third, second, first)]
    assert [line.split() for line in listed.out.splitlines()] == [
        ["RUN", "STATE", "EXIT", "ROWS", "NOT", "DONE", "NEXT"],
        [ids[0], "held", "5", "7", "7", "apply"],
        [ids[1], "finished", "3", "3", "1", "run"],
        [ids[2], "finished", "0", "2", "0"],
    ]
    assert max(map(len, listed.out.splitlines())) <= 80
    assert (listed.code, listed.err) == (0, "")


def test_entries_are_summaries(worker: Worker) -> None:
    """Each entry says of its run what its summary.json says, files aside."""
    ended = worker("run", job(worker, 1, 4711))

    (entry,) = worker("runs").summary["runs"]

    kept = json.loads((worker.folder_of(ended) / "summary.json").read_bytes())
    assert entry | {"files": kept["files"]} == kept


def test_a_run_that_cannot_be_read_is_listed_as_such(worker: Worker) -> None:
    """It hides no other one, and nothing is guessed of it."""
    worker("run", job(worker, 1))
    worker("run", job(worker, 1))
    damaged = damage(worker).parent.name

    listed, shown = worker("runs"), worker.call("runs", *worker.options)

    assert (listed.code, shown.code) == (0, 0)
    assert [run["state"] for run in listed.summary["runs"]] == ["unreadable", "finished"]
    assert "the journal cannot be read" in listed.summary["runs"][0]["message"]
    assert shown.out.splitlines()[1].split()[:2] == [damaged, "unreadable"]


@pytest.mark.parametrize("command", ["report", "resume", "apply"])
def test_a_damaged_run_is_refused(command: str, worker: Worker) -> None:
    """Exit 2, saying what to do; nothing is guessed at, and the file is left as it is."""
    worker("run", job(worker, 1))
    journal = damage(worker)
    content = journal.read_bytes()

    ended = worker(command, journal.parent.name)

    assert ended.code == 2
    assert "restore it from a backup, or start a new run" in ended.summary["message"]
    assert journal.read_bytes() == content


def test_a_damaged_run_is_not_in_a_new_one_s_way(worker: Worker) -> None:
    """Tonight's job is delivered, whatever became of yesterday's journal."""
    worker("run", job(worker, 1))
    damage(worker)

    ended = worker("run", job(worker, 1))

    assert ended.code == 0


def test_a_later_run_that_cannot_be_read_is_told(worker: Worker, sandbox: Sandbox) -> None:
    """What it has written is not known, so nothing is overwritten; moved away, it is in nobody's way."""
    held = worker("run", job(worker, 1, 2), "--max-changes", "1")
    worker("run", job(worker, 1))
    later = damage(worker).parent

    refused = worker.follow(held)
    listed = worker.follow(refused)
    later.rename(worker.folder / later.name)
    applied = worker.follow(held)

    assert (refused.code, listed.code, applied.code) == (2, 0, 0)
    assert f"move {later} away" in refused.summary["message"]
    assert len(wishes(sandbox)) == 3


def test_a_report_is_shown_again(worker: Worker) -> None:
    """`report` prints what was printed at the end of the run; that it could is its own exit code."""
    ran = worker.call("run", str(job(worker, 1, 4711)), *worker.options)

    shown = worker.call("report", "last", "--state-dir", str(worker.state))

    assert (ran.code, shown.code) == (3, 0)
    assert shown.out == ran.out
    assert shown.err == ran.err.splitlines(keepends=True)[-1]


@pytest.mark.parametrize("name", ["2", "20991231"])
def test_a_run_is_named_without_doubt(name: str, worker: Worker) -> None:
    """What names none, or several, is refused, and the next command lists them."""
    for _ in range(2):
        worker("run", job(worker, 1))
    ended = worker("report", name)

    listed = worker.follow(ended)

    assert (ended.code, listed.code) == (2, 0)
    assert ended.summary["next"].startswith("presence-worker runs ")
