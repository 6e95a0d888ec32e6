"""`apply`: a held run is delivered exactly as it was stored, once."""

import json

import pytest

from presence_worker.sandbox import Sandbox

from .given import Ended, Row, Worker, away, results, wishes, write_csv
from .test_resume import age, stopped

ROWS: list[Row] = [
    (1, "Away", "=a"),
    (2, "Normal", ""),
    (3, "Away", "Sjuk\n"),
    (1, "Away", "=a"),
    ("x", "Away", ""),
]


def held(worker: Worker) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", ROWS), "--max-changes", "1")


def test_it_sends_what_was_held(worker: Worker, sandbox: Sandbox) -> None:
    """Whatever became of the file and of the limit, the rows go out as they were staged."""
    waiting = held(worker)
    (worker.folder / "job.csv").write_text("spoilt")

    ended = worker.follow(waiting)

    assert (waiting.code, ended.code) == (5, 3)
    assert ended.summary["run_id"] == waiting.summary["run_id"]
    assert results(worker.folder_of(waiting)) == ["updated", "updated", "updated", "duplicate", "invalid"]
    assert sorted(wishes(sandbox)) == [
        (1, "StatusNotAvailable", "=a"),
        (2, "StatusNormal", ""),
        (3, "StatusNotAvailable", "Sjuk"),
    ]


def test_of_a_held_run_no_row_was_sent(worker: Worker) -> None:
    """All rows are `not_sent`, but for those that would not be sent anyway."""
    folder = worker.folder_of(held(worker))

    assert results(folder) == ["not_sent", "not_sent", "not_sent", "duplicate", "invalid"]
    assert json.loads((folder / "summary.json").read_bytes())["requests"]["put"] == 0


def test_it_sends_nothing_twice(worker: Worker, sandbox: Sandbox) -> None:
    """Applied again, it is refused: the run is finished, and its report is what is left to ask for."""
    waiting = held(worker)
    worker.follow(waiting)

    again = worker.follow(waiting)

    assert (again.code, len(wishes(sandbox))) == (2, 3)
    assert "is finished; only a planned or held run can be applied" in again.summary["message"]
    assert worker.follow(again).code == 0


def test_a_stopped_run_is_resumed_instead(worker: Worker) -> None:
    """The error names the right command, and that one works."""
    run_id = str(stopped(worker).summary["run_id"])

    refused = worker("apply", run_id)

    assert (refused.code, refused.summary["next"].split()[1]) == (2, "resume")
    assert worker.follow(refused).code == 3


def test_an_applied_run_that_was_stopped_can_be_resumed(worker: Worker, sandbox: Sandbox) -> None:
    """From then on, it is a run like any other."""
    rows = away([1, 4711, *range(2, 30)])
    waiting = worker("run", write_csv(worker.folder / "job.csv", rows), "--max-changes", "1")

    halted = worker("apply", waiting.summary["run_id"], "--max-failures", "0", "--concurrency", "1")
    ended = worker("resume")

    assert (halted.code, ended.code) == (6, 3)
    assert sorted(wish[0] for wish in wishes(sandbox)) == [*range(1, 30), 4711]


def test_a_held_run_that_is_too_old_is_refused(worker: Worker, sandbox: Sandbox) -> None:
    """As with `resume`: --any-age overrules, and stands in the next command."""
    age(worker.folder_of(held(worker)))

    refused = worker("apply", "last")
    ended = worker.follow(refused)

    assert (refused.code, ended.code) == (2, 3)
    assert "--any-age" in refused.summary["next"]
    assert len(wishes(sandbox)) == 3


def test_who_was_written_since_is_left_alone(worker: Worker, sandbox: Sandbox) -> None:
    """A run held for days must not undo what later runs did."""
    waiting = held(worker)
    worker("run", write_csv(worker.folder / "later.csv", away([3])))

    worker.follow(waiting)

    assert results(worker.folder_of(waiting))[2] == "rejected"
    assert sorted(wish[0] for wish in wishes(sandbox)) == [1, 2, 3]
    assert (3, "StatusNotAvailable", "back on 3") in wishes(sandbox)


@pytest.mark.parametrize("name", ["last", "20261123T020000Z-7f3a"])
def test_no_run_at_all(name: str, worker: Worker) -> None:
    """Exit 2, and the next command shows the runs there are."""
    ended = worker("apply", name)

    assert (ended.code, worker.follow(ended).code) == (2, 0)


def test_a_held_run_of_another_target_is_refused(worker: Worker, sandbox: Sandbox) -> None:
    """It was held for one service, and is sent to no other."""
    waiting = held(worker)
    worker.url = "http://127.0.0.1:9/other"

    ended = worker("apply", waiting.summary["run_id"])

    assert (ended.code, wishes(sandbox)) == (2, [])
    assert "the configured target is http://127.0.0.1:9/other" in ended.summary["message"]
