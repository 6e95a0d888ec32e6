"""`presence-worker queue`: what waits for the service, put in and taken out by hand."""

import json
import os
from pathlib import Path

import pytest

from presence_worker.journal import service_lock
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import JobState
from presence_worker.run_states import JobCommand, JobWay
from tests.run.given import Ended, Worker, away, next_words, write_csv

from .test_targets import common

__all__ = ["common"]  # a fixture


def add(worker: Worker, *words: str) -> Ended:
    return worker("queue", "add", write_csv(worker.folder / "changes.csv", away([7])), *words)


def test_a_file_is_handed_in_while_no_service_runs(worker: Worker) -> None:
    """What the service finds later is a copy, with its name, its age and who handed it in."""
    os.utime(write_csv(worker.folder / "changes.csv", away([7])), (1_700_000_000, 1_700_000_000))

    ended = worker("queue", "add", worker.folder / "changes.csv", "--label", "By hand")

    (job,) = FolderQueue(worker.state).jobs()
    assert ended.code == 0
    assert (job.new.command, job.new.way, job.new.label) == (JobCommand.RUN, JobWay.COMMAND, "By hand")
    assert (job.new.file_name, job.new.target, job.state) == (
        "changes.csv",
        worker.url.rstrip("/"),
        "waiting",
    )
    assert job.content
    assert job.content.read_bytes() == (worker.folder / "changes.csv").read_bytes()
    assert job.content.stat().st_mtime == 1_700_000_000
    assert ended.summary == {
        "jobs": [
            {
                "job": job.id,
                "target": job.new.target,
                "command": "run",
                "state": "waiting",
                "position": 1,
                "by": job.new.by,
                "way": "command",
                "label": "By hand",
                "file_name": "changes.csv",
                "submitted_at": job.submitted_at,
                "run_id": None,
            }
        ]
    }


def test_a_job_that_cannot_be_read_is_named(worker: Worker) -> None:
    """It is not silently gone; the list beside it is whole."""
    add(worker)
    (job,) = FolderQueue(worker.state).jobs()
    next(worker.state.glob("queue/jobs/*.json")).write_bytes(b"{")

    ended = worker("queue")

    assert ended.code == 0
    assert f"Job {job.id} cannot be read." in ended.err
    assert ended.summary == {"jobs": []}


def test_the_list_has_what_waits_and_works(worker: Worker) -> None:
    """The next one first; what is over is not in it."""
    over, working, waiting = (add(worker).summary["jobs"][0]["job"] for _ in range(3))
    queue = FolderQueue(worker.state)
    queue.cancel(over)
    queue.begin(working, "20261201T020000Z-0000")

    listed = worker("queue").summary["jobs"]
    ended = worker.call("queue", *worker.options_of("queue"))

    assert [(job["job"], job["state"], job["position"]) for job in listed] == [
        (working, "working", None),
        (waiting, "waiting", 1),
    ]
    assert ended.out.splitlines() == [
        "JOB             STATE   PLACE COMMAND TARGET",
        f"{working} working       run     {worker.url.rstrip('/')}",
        "  file: changes.csv",
        "  run: 20261201T020000Z-0000",
        f"{waiting} waiting 1     run     {worker.url.rstrip('/')}",
        "  file: changes.csv",
    ]


def test_it_says_whether_a_service_works(worker: Worker) -> None:
    """A job that nobody takes looks like any other; the hint is not part of the result."""
    add(worker)

    without = worker.call("queue", *worker.options_of("queue"))
    with service_lock(worker.state):
        beside = worker.call("queue", *worker.options_of("queue"))

    assert "No service works on" in without.err
    assert (beside.err, beside.out) == ("", without.out)


def test_an_empty_queue(worker: Worker) -> None:
    """Looking creates nothing."""
    ended = worker.call("queue", *worker.options_of("queue"))

    assert (ended.code, ended.out, ended.err) == (0, "No jobs wait or work.\n", "")
    assert not worker.state.exists()


@pytest.mark.parametrize("part", [slice(None), slice(0, 6), slice(7, None)], ids=["id", "begin", "end"])
def test_a_job_that_waits_is_cancelled(part: slice, worker: Worker) -> None:
    """By its id, or the beginning or the end of it; a second time it is refused."""
    job = add(worker).summary["jobs"][0]["job"]

    ended, again = (worker("queue", "cancel", job[part]) for _ in range(2))

    assert (ended.code, ended.summary["jobs"][0]["state"]) == (0, "cancelled")
    assert (again.code, again.summary["message"]) == (
        2,
        f"job {job} is cancelled: only a job that waits can be cancelled",
    )
    assert (next_words(again)[0], again.summary["help"]) == ("queue", "service")
    (found,) = FolderQueue(worker.state).jobs()
    assert (found.state, found.content) == (JobState.CANCELLED, None)


@pytest.mark.parametrize("name", ["", "0", "9f3c"])
def test_a_job_that_is_not_clear_is_not_cancelled(name: str, worker: Worker) -> None:
    """Several may be meant, or none."""
    for _ in range(2):
        add(worker)

    ended = worker("queue", "cancel", name)

    assert (ended.code, ended.summary["help"]) == (2, "service")
    assert [job.state for job in FolderQueue(worker.state).jobs()] == ["waiting"] * 2


def test_a_file_that_must_not_be_read_is_refused(worker: Worker, tmp_path: Path) -> None:
    """It is refused as `run` would, at once; nothing of it is in the queue."""
    ended = worker("queue", "add", tmp_path / "nope.csv")

    assert (ended.code, ended.summary["state"]) == (4, "refused")
    assert "does not exist" in ended.summary["message"]
    assert FolderQueue(worker.state).jobs() == ()


def test_with_several_targets_one_is_named(worker: Worker, common: Path) -> None:
    """Without a name the error has all of them; the list has the jobs of all."""
    file = write_csv(worker.folder / "changes.csv", away([7]))

    refused = worker.call("queue", "add", str(file), "--json")
    for name in ("acme", "beta", "acme"):
        assert worker.call("queue", "add", str(file), "--target", name, "--json").code == 0
    listed = json.loads(worker.call("queue", "--json").out)["jobs"]

    assert (refused.code, common.exists()) == (2, True)
    assert "acme, beta and gamma" in refused.summary["message"]
    assert (next_words(refused), refused.summary["help"]) == (["queue", "add", "--help"], "service")
    assert [(job["target"], job["position"]) for job in listed] == [("acme", 1), ("beta", 1), ("acme", 2)]


def test_prune_deletes_old_jobs(worker: Worker) -> None:
    """Those that are over and have no run; the others stay."""
    over, _ = (add(worker).summary["jobs"][0]["job"] for _ in range(2))
    FolderQueue(worker.state).cancel(over)
    where = ("--state-dir", str(worker.state))

    kept = worker.call("prune", *where, "--json")
    pruned = worker.call("prune", *where, "--set", "storage.keep=0.001s", "--json")

    assert (kept.summary["pruned_jobs"], pruned.summary["pruned_jobs"]) == ([], [over])
    assert [job.state for job in FolderQueue(worker.state).jobs()] == ["waiting"]
