"""The plan on a terminal: a table that somebody can sign off."""

from pathlib import Path

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT, Presence
from presence_worker.sandbox import Sandbox
from tests.run.given import Worker, away, write_csv


@pytest.fixture
def job(worker: Worker, sandbox: Sandbox) -> Path:
    """A job that sets, changes and removes comments, and leaves one person as they are."""
    for number, comment in ((2, "Old"), (3, "Old"), (4, "back on 4")):
        sandbox.people.set_presence(number, Presence(status=NOT_PRESENT, message=comment))
    return write_csv(worker.folder / "job.csv", [*away([1, 2]), (3, PRESENT, ""), *away([4])])


def test_it_shows_who_what_and_the_fate_of_the_comment(worker: Worker, job: Path) -> None:
    """One line for each person to be changed, and none for others; no comment is quoted."""
    shown = worker.call("plan", str(job), *worker.options)

    assert shown.out.split("comment\n")[1].split("\n\n")[0].splitlines() == [
        "  1                        StatusNormal       StatusNotAvailable set",
        "  2                        StatusNotAvailable StatusNotAvailable changed",
        "  3                        StatusNotAvailable StatusNormal       removed",
    ]
    assert "Old" not in shown.out
    assert "back on" not in shown.out
    assert max(map(len, shown.out.split("delimiter comma")[1].split("Report:")[0].splitlines())) <= 80


def test_machines_get_the_same(worker: Worker, job: Path) -> None:
    """With --json the changes are part of the summary, and the next command applies them."""
    planned = worker("plan", job)

    changes = planned.summary["changes"]
    assert [(each["associate_id"], each["before_status"], each["comment"]) for each in changes] == [
        (1, PRESENT, "set"),
        (2, NOT_PRESENT, "changed"),
        (3, NOT_PRESENT, "removed"),
    ]
    assert planned.summary["changes_left_out"] == 0
    assert worker.follow(planned).summary["counts"]["updated"] == 3


def test_a_long_plan_is_cut_and_says_so(worker: Worker) -> None:
    """Nobody reads a thousand lines: the report has them all."""
    job = write_csv(worker.folder / "job.csv", away(range(1, 1001)))

    shown = worker.call("plan", str(job), *worker.options, "--max-changes", "none")

    assert "  and 500 more; report.csv lists all" in shown.out.splitlines()
