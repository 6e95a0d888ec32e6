"""What a run may be called: its id, a beginning or the end of it, or `last`."""

import pytest

from presence_worker.journal import JOURNAL
from presence_worker.sandbox import Sandbox

from .given import FAST, Worker, away, sandbox_up, wishes, write_csv
from .nights import BEGAN, OTHER, ago, kept

BOUND = ("resume", "apply", "undo")  # commands that work on one target


@pytest.mark.parametrize("command", BOUND)
def test_the_last_run_is_that_of_the_target(command: str, worker: Worker) -> None:
    """What another SuperOffice got since is no business of a command that works on this one."""
    wanted = kept(worker.state, ago(hours=2), {}, target=worker.url, state="refused", exit_code=4)
    kept(worker.state, ago(hours=1), target=OTHER)

    ended = worker(command, "last")

    assert wanted.name in f"{ended.summary['message']} {ended.summary['run_id']}"


@pytest.mark.parametrize("command", BOUND)
def test_where_the_target_has_no_run_none_is_taken(command: str, worker: Worker) -> None:
    """Exit 2, and the next command lists what there is."""
    kept(worker.state, target=OTHER)

    ended = worker(command, "last")

    assert ended.code == 2
    assert f"{worker.url} has no run yet" in ended.summary["message"]
    assert worker.follow(ended).code == 0


@pytest.mark.parametrize("command", BOUND)
def test_a_damaged_run_may_be_the_last_one(command: str, worker: Worker) -> None:
    """The one before it is not taken in its place: whoever says `last` means the newest."""
    kept(worker.state, ago(hours=2), target=worker.url)
    (kept(worker.state, ago(hours=1)) / JOURNAL).write_bytes(b"spoilt" * 1000)

    ended = worker(command, "last")

    assert ended.code == 2
    assert "the journal cannot be read" in ended.summary["message"]


def test_the_last_report_is_that_of_the_target(worker: Worker) -> None:
    """`report last` shows no other SuperOffice's success."""
    wanted = kept(worker.state, BEGAN, target=worker.url)
    kept(worker.state, ago(hours=1))

    assert worker("report", "last").summary["run_id"] == wanted.name


def test_without_a_target_the_last_report_is_of_the_newest_run(worker: Worker) -> None:
    """Whatever that run's target is."""
    kept(worker.state, BEGAN, target=worker.url)
    newest = kept(worker.state, ago(hours=1), target=OTHER)

    ended = worker.call("report", "last", "--state-dir", str(worker.state))

    assert newest.name in ended.out


@pytest.mark.parametrize("part", [slice(None), slice(0, 14), slice(-4, None)])
def test_each_command_takes_every_name(part: slice, worker: Worker, sandbox: Sandbox) -> None:
    """The whole id, a unique beginning, and the four digits at the end mean the same run."""
    kept(worker.state, BEGAN, target=worker.url)  # so that there is more than one
    held = worker("run", write_csv(worker.folder / "job.csv", away([1, 2])), "--max-changes", "1")
    name = str(held.summary["run_id"])[part]

    applied, resumed, reported = (worker(command, name) for command in ("apply", "resume", "report"))

    assert [each.summary["run_id"] for each in (applied, resumed, reported)] == [held.summary["run_id"]] * 3
    assert len(wishes(sandbox)) == 2


def test_a_name_of_another_target_s_run_is_refused(worker: Worker) -> None:
    """It is found, and its target is named."""
    other = kept(worker.state, target=OTHER)

    ended = worker("undo", other.name[:10])

    assert ended.code == 2
    assert f"is for {OTHER}" in ended.summary["message"]


def test_two_targets_are_undone_each_by_its_own_last_run(worker: Worker, sandbox: Sandbox) -> None:
    """`undo last` puts back the night of the SuperOffice it is told, though another one came later."""
    job = write_csv(worker.folder / "job.csv", away([7]))
    worker.read_before = "auto"
    worker("run", job, "--max-changes", "none")
    with sandbox_up() as elsewhere:
        there = ("--base-url", elsewhere.url, "--state-dir", str(worker.state), *FAST)
        worker.call("run", str(job), *there)

    ended = worker("undo", "last", "--max-changes", "none")

    assert ended.code == 0
    assert [status for _, status, _ in wishes(sandbox)] == ["StatusNotAvailable", "StatusNormal"]
