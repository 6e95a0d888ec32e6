"""The run that is expected every night: it is said when none has come."""

from datetime import datetime
from typing import Any

import pytest

from presence_worker.journal import JOURNAL, run_lock
from tests.journal.given import tamper

from .given import Worker
from .nights import CRM, OTHER, ago, kept

CAME_BACK = {"input": {"name": "failed.csv", "format": "csv", "came_back": True}}


@pytest.fixture(autouse=True)
def nightly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is expected every night."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "24h")


def missing(worker: Worker, target: str = "") -> Any:
    """Give what is said to be missing."""
    where = ("--base-url", target) if target else ()
    return worker.call("runs", "--json", "--state-dir", str(worker.state), *where).summary["missing"]


@pytest.mark.parametrize(("hours", "is_missing"), [(23.9, False), (25.1, False), (25.3, True)])
def test_a_run_is_missing_when_none_has_come_in_time(hours: float, is_missing: bool, worker: Worker) -> None:  # noqa: FBT001
    """With 72 minutes of grace in a day, counted from when the last one began."""
    kept(worker.state, ago(hours=hours))

    assert (missing(worker) is not None) == is_missing


def test_it_is_said_which_one_came_last(worker: Worker) -> None:
    """For programs, and in a sentence."""
    last = kept(worker.state, ago(days=3), exit_code=3)

    found = missing(worker)

    assert found["target"] == CRM
    assert found["expected_every"] == 86400
    assert found["last_finished"] == last.name
    assert datetime.fromisoformat(found["since"]) < ago(days=2.9)
    assert found["at_work"] is None
    assert found["message"].startswith(f"no run of {CRM} has finished since that of ")


@pytest.mark.parametrize(
    "other",
    [
        {"state": "stopped"},
        {"state": "held"},
        {"state": "refused"},
        {"state": "planned"},
        {"intent": "undo"},
        CAME_BACK,
        {"target": OTHER},
    ],
)
def test_only_a_finished_job_of_that_target_counts(other: dict[str, Any], worker: Worker) -> None:
    """No other run is what the night was to bring."""
    last = kept(worker.state, ago(days=3))
    kept(worker.state, ago(hours=1), **other)

    assert missing(worker, CRM)["last_finished"] == last.name


@pytest.mark.parametrize("target", [CRM, ""])
def test_where_nothing_has_ever_finished_that_is_said(target: str, worker: Worker) -> None:
    """Also where there is no run at all."""
    found = missing(worker, target)

    assert (found["last_finished"], found["since"]) == (None, None)
    assert " has finished yet; one is expected every 24 h" in found["message"]


def test_without_a_target_it_is_that_of_the_newest_run(worker: Worker) -> None:
    """What is configured elsewhere may still be expected."""
    kept(worker.state, ago(days=3))
    kept(worker.state, ago(hours=1), target=OTHER)

    assert missing(worker) is None


def test_one_that_is_late_but_at_work_is_named(worker: Worker) -> None:
    """It may still come to its end."""
    kept(worker.state, ago(days=3))
    folder = kept(worker.state, ago(hours=1))
    tamper(folder / JOURNAL, "UPDATE run SET state = 'running', exit_code = NULL")

    with run_lock(folder):
        found = missing(worker)

    assert found["at_work"] == folder.name
    assert found["message"].endswith(f". Run {folder.name} is at work")


@pytest.mark.parametrize("every", ["none", ""])
def test_nobody_has_to_expect_one(every: str, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting, or with "none", nothing is missing."""
    if every:
        monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", every)
    else:
        monkeypatch.delenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY")
    kept(worker.state, ago(days=30))

    assert missing(worker) is None


def test_it_is_looked_for_among_all_runs(worker: Worker) -> None:
    """What the list leaves out has come all the same."""
    kept(worker.state, ago(hours=20), target=worker.url)

    found = worker("runs", "--since", "1h", "--state", "held").summary

    assert (found["runs"], found["missing"]) == ([], None)
