"""When not to go on: a broken export must not change the whole company."""

from collections.abc import Callable

import pytest

from presence_worker.sandbox import Sandbox
from tests.raw_server import RawServer, answer

from .given import Row, Worker, away, for_associates, raw_up, results, wishes, write_csv


def job(worker: Worker, good: int, bad: int) -> str:
    """Write a job with so many rows that are right and wrong."""
    wrong: list[Row] = [(f"x{number}", "Away", "") for number in range(bad)]
    return str(write_csv(worker.folder / "job.csv", [*away(range(1, good + 1)), *wrong]))


@pytest.mark.parametrize(
    ("limit", "good", "bad", "code"),
    [
        ("10%", 45, 5, 3),
        ("10%", 44, 5, 4),
        ("10%", 1, 4, 3),  # a percentage needs five rows to trip
        ("10%", 0, 5, 4),
        ("0%", 99, 5, 4),
        ("4", 1, 4, 3),
        ("4", 99, 5, 4),
        ("0", 99, 1, 4),
        ("0", 9, 0, 0),
        ("none", 1, 99, 3),
        ("100%", 0, 9, 3),
    ],
)
@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.proves("too many rows are wrong")
def test_max_invalid(
    command: str, limit: str, good: int, bad: int, code: int, worker: Worker, sandbox: Sandbox
) -> None:
    """Too many wrong rows refuse the whole job; `check` says the same as `run`."""
    ended = worker(command, job(worker, good, bad), "--max-invalid", limit)

    assert ended.code == code
    assert ended.summary["counts"]["invalid"] == bad
    assert len(wishes(sandbox)) == (good if command == "run" and code != 4 else 0)


def test_the_floor_of_percentages_can_be_set(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a small job, a percentage is reached too easily; who wants that can have it."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PERCENT_FLOOR", "1")

    ended = worker("run", job(worker, 8, 1))

    assert ended.code == 4


@pytest.mark.parametrize(
    ("limit", "rows", "code"),
    [("5", 5, 0), ("5", 6, 5), ("none", 600, 0), ("500", 501, 5), ("50%", 600, 0), (None, 501, 5)],
)
@pytest.mark.proves("too many people would be changed")
def test_max_changes(limit: str | None, rows: int, code: int, worker: Worker, sandbox: Sandbox) -> None:
    """Too many changes hold the job; the percentage is of users, and they were not read."""
    options = [] if limit is None else ["--max-changes", limit]

    ended = worker("run", job(worker, rows, 0), *options)

    assert ended.code == code
    assert len(wishes(sandbox)) == (0 if code else rows)


def test_one_change_too_many(worker: Worker) -> None:
    """Is told in the singular."""
    ended = worker("run", job(worker, 1, 0), "--max-changes", "0")

    assert ended.code == 5
    assert ". 1 change is more than safety.max_changes (0) allows. " in ended.summary["message"]


def test_max_changes_counts_what_would_be_sent(worker: Worker, sandbox: Sandbox) -> None:
    """Duplicates and wrong rows are no changes; `check` does not hold."""
    rows = [*away([1, 1, 2, 2]), ("x", "Away", "")]
    path = write_csv(worker.folder / "job.csv", rows)

    checked = worker("check", path, "--max-changes", "1")
    held = worker("run", path, "--max-changes", "1")
    ended = worker("run", path, "--max-changes", "2")

    assert (checked.code, held.code, ended.code) == (3, 5, 3)
    assert len(wishes(sandbox)) == 2


@pytest.mark.parametrize(
    ("limit", "refused", "code"),
    [("3", 3, 3), ("3", 4, 6), ("20%", 4, 3), ("20%", 5, 6), ("none", 19, 3), ("0", 0, 3)],
)
@pytest.mark.proves("too many rows are not done")
def test_max_failures(limit: str, refused: int, code: int, worker_on: Callable[[RawServer], Worker]) -> None:
    """Of 24 rows to be sent too many went wrong: the run stops; rows that were not sent do not count."""
    gone = dict.fromkeys(range(2, 2 + refused), answer(404))
    with raw_up(for_associates(gone)) as server:
        worker = worker_on(server)
        path = job(worker, 24, 2)

        ended = worker("run", path, "--max-failures", limit, "--max-invalid", "none", "--concurrency", "1")

    assert ended.code == code
    assert ended.summary["counts"]["rejected"] == refused
    assert (ended.summary["counts"]["not_sent"] > 0) == (code == 6)


def test_max_failures_starts_anew_on_resume(worker_on: Callable[[RawServer], Worker]) -> None:
    """What went wrong yesterday does not stop today's session at once."""
    with raw_up(for_associates(dict.fromkeys((2, 3, 4, 5), answer(404)))) as server:
        worker = worker_on(server)
        first = worker("run", job(worker, 24, 0), "--max-failures", "1", "--concurrency", "1")

        second = worker("resume", "--max-failures", "2", "--concurrency", "1")

    assert (first.code, first.summary["counts"]["rejected"]) == (6, 2)
    assert (second.code, second.summary["counts"]["rejected"]) == (3, 4)


def test_protected_people_are_never_changed(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that name them are invalid; all others are sent."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__PROTECTED_IDS", "[2, 3]")

    ended = worker("run", job(worker, 4, 0))

    assert (ended.code, results(worker.folder_of(ended))) == (3, ["updated", "invalid", "invalid", "updated"])
    assert sorted(wish[0] for wish in wishes(sandbox)) == [1, 4]
    assert ended.summary["reasons"] == [{"result": "invalid", "reason": "protected", "rows": 2}]
