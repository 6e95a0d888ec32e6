"""The job beside the last one: half a file, another file, or the same one is said before it is sent."""

import json
import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from presence_worker.sandbox import Sandbox

from .given import Ended, Worker, away, wishes, write_csv


def night(worker: Worker, rows: int, *words: str, name: str = "job.csv") -> Ended:
    """Run a job of so many rows."""
    return worker("run", write_csv(worker.folder / name, away(range(1, rows + 1))), *words)


def said(ended: Ended) -> list[str]:
    """Give what the summary says of the comparison."""
    return [note for note in ended.summary["notes"] if "last job" in note]


def test_the_first_job_is_compared_with_nothing(worker: Worker, sandbox: Sandbox) -> None:
    """Where there was no job, there is nothing to say."""
    ended = night(worker, 4)

    assert (ended.code, ended.summary["compared"], said(ended)) == (0, None, [])
    assert len(wishes(sandbox)) == 4


@pytest.mark.parametrize(
    ("rows", "differs"), [(4, True), (5, False), (9, False), (20, False), (21, True)], ids=str
)
@pytest.mark.proves("the file has half as many rows as before")
def test_too_few_or_too_many_rows_are_said(rows: int, differs: bool, worker: Worker) -> None:  # noqa: FBT001
    """Fewer than half or more than twice the rows of the last job are said, and sent all the same."""
    last = night(worker, 10)

    ended = night(worker, rows)

    words = f"differs from the last job: {rows} rows, the last job had 10 (run {last.summary['run_id']})"
    assert (ended.code, said(ended)) == (0, [words] if differs else [])


def test_it_is_said_before_anything_is_sent(worker: Worker) -> None:
    """The log has it before the delivery begins."""
    night(worker, 10)

    ended = night(worker, 4)

    events = [event["event"] for event in ended.events]
    told = [event.get("words", "").startswith("differs") for event in ended.events]
    assert told.index(True) < events.index("run.delivering")


@pytest.mark.parametrize("rows", [4, 21])
def test_strict_holds_it(rows: int, worker: Worker, sandbox: Sandbox) -> None:
    """With --strict nothing is sent until somebody has looked; `apply` sends it."""
    night(worker, 10)

    held = night(worker, rows, "--strict")
    applied = worker.follow(held)

    assert (held.code, held.summary["state"], applied.code) == (5, "held", 0)
    assert len(wishes(sandbox)) == 10 + rows


def test_strict_can_be_a_setting(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule has it in the configuration."""
    night(worker, 10)
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__STRICT", "true")

    assert night(worker, 4).code == 5


def test_other_columns_are_said(worker: Worker) -> None:
    """A column that came or went is a sign of another export."""
    night(worker, 2)
    path = worker.folder / "other.csv"
    path.write_text("associateId,status,team\n1,Away,a\n2,Away,b\n")

    ended = worker("run", path, "--strict")

    assert ended.code == 5
    assert said(ended) == [
        "differs from the last job: new columns: team",
        "differs from the last job: columns gone: message",
    ]


def test_the_same_file_is_said_and_sent(worker: Worker, sandbox: Sandbox) -> None:
    """The export may have failed and left yesterday's file; but that is no reason to hold it."""
    last = night(worker, 3)

    ended = night(worker, 3, "--strict")

    assert said(ended) == [f"this is the same file as in the last job (run {last.summary['run_id']})"]
    assert (ended.code, ended.summary["compared"]["same_file"], len(wishes(sandbox))) == (0, True, 6)


def began(ended: Ended, worker: Worker, *, hours: float) -> None:
    """Let a run have begun so many hours ago."""
    moment = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    journal = worker.folder_of(ended) / "journal.sqlite"
    with closing(sqlite3.connect(journal, isolation_level=None)) as database:
        database.execute("UPDATE run SET created_at = ?", (moment,))


STALE = ". Did the export fail? Set input.max_age to refuse an old file"


@pytest.mark.parametrize(("hours", "is_stale"), [(19, False), (21, True)])
@pytest.mark.parametrize("words", [("--json",), ("-q",), ()], ids=str)
def test_the_same_file_a_day_later_is_sent_with_a_warning(
    hours: int,
    words: tuple[str, ...],
    worker: Worker,
    *,
    is_stale: bool,
) -> None:
    """Before input.max_age is set, a warning says that the export may have failed, also with --quiet."""
    last = night(worker, 3)
    began(last, worker, hours=hours)

    again = worker.call("run", str(worker.folder / "job.csv"), *worker.options, *words)

    warnings = [line for line in again.err.splitlines() if line.startswith("presence-worker: warning: ")]
    run = last.summary["run_id"]
    expected = f"presence-worker: warning: this is the same file as in the last job (run {run}), which began"
    assert again.code == 0
    assert [line.startswith(expected) and line.endswith(STALE) for line in warnings] == [True] * is_stale
    if words == ("-q",):
        assert (again.out, again.err.splitlines()) == ("", warnings)


def test_the_warning_stands_in_the_report(worker: Worker) -> None:
    """Whoever reads the summary or the page later finds it among the notes."""
    began(night(worker, 3), worker, hours=21)

    again = night(worker, 3)

    (note,) = said(again)
    assert note.endswith(STALE)
    assert STALE in (worker.folder_of(again) / "report.html").read_text("utf-8")


def test_with_max_age_the_age_of_the_file_decides(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that was renewed and found nothing new is no reason for a warning."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__MAX_AGE", "24h")
    began(night(worker, 3), worker, hours=21)

    again = night(worker, 3)

    assert (again.code, "warning" in again.err.replace('"level":"warning"', "")) == (0, False)


@pytest.mark.parametrize("command", ["run", "plan", "check"])
@pytest.mark.proves("the file is older than `input.max_age`")
def test_an_old_file_is_refused(
    command: str, worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent, exit code 4; once it was exported again, the next command takes it."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__MAX_AGE", "24h")
    path = write_csv(worker.folder / "job.csv", away([1]))
    week_ago = time.time() - 7 * 86400
    os.utime(path, (week_ago, week_ago))

    ended = worker(command, path)

    assert (ended.code, ended.summary["state"], wishes(sandbox)) == (4, "refused", [])
    assert "7 days ago. input.max_age allows 24 h" in ended.summary["message"]
    path.touch()
    assert worker.follow(ended).code == 0


def test_what_came_back_is_compared_with_nothing(worker: Worker) -> None:
    """A mended failed.csv is part of another job: it surprises nobody, now or in the next night."""
    path = write_csv(worker.folder / "job.csv", [*away(range(1, 40)), ("x", "Away", "")])
    failed = worker("run", path)
    mend(worker.folder_of(failed) / "failed.csv")

    again = worker.follow(failed, "--strict")
    next_night = worker("run", path, "--strict")

    assert (again.code, again.summary["compared"]) == (0, None)
    assert (next_night.code, next_night.summary["compared"]["rows_before"]) == (3, 40)


def mend(failed: Path) -> None:
    failed.write_text(failed.read_text("utf-8-sig").replace("x,Away", "40,Away"), "utf-8-sig")


def test_only_finished_jobs_of_the_target_count(worker: Worker, sandbox: Sandbox) -> None:
    """A refused or held job, and one for another service, are nothing to compare with."""
    night(worker, 4)
    night(worker, 30, "--max-changes", "20")
    other = Worker(worker.folder, sandbox.url.replace("127.0.0.1", "localhost"), worker._capsys)  # noqa: SLF001
    night(other, 30)

    ended = night(worker, 8)

    assert ended.summary["compared"]["rows_before"] == 4


def test_an_unreadable_run_stands_in_nobodys_way(worker: Worker) -> None:
    """A damaged journal of an earlier night is said, and the one before it compared with."""
    night(worker, 4)
    damaged = night(worker, 40)
    (worker.folder_of(damaged) / "journal.sqlite").write_bytes(b"no journal" * 1000)

    ended = night(worker, 8)

    assert (ended.code, ended.summary["compared"]["rows_before"]) == (0, 4)
    assert "run.unreadable" in [event["event"] for event in ended.events]


LIMITS: dict[str, Any] = {"StatusNotAvailable": 2, "StatusNormal": "none"}


@pytest.mark.parametrize(
    ("limits", "away_rows", "present_rows", "code"),
    [
        (LIMITS, 2, 600, 0),
        (LIMITS, 3, 0, 5),
        ({"StatusNotAvailable": 2}, 1, 500, 0),
        ({"StatusNotAvailable": 2}, 1, 501, 5),  # what is not named keeps the default, 500
    ],
)
def test_limits_by_status(
    limits: dict[str, Any],
    away_rows: int,
    present_rows: int,
    code: int,
    worker: Worker,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many who come back are no surprise where many who leave are one."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", json.dumps(limits))
    here = [(1000 - number, "StatusNormal", "") for number in range(present_rows)]
    path = write_csv(worker.folder / "job.csv", [*away(range(1, away_rows + 1)), *here])

    ended = worker("run", path)

    assert (ended.code, len(wishes(sandbox))) == (code, 0 if code else away_rows + present_rows)
    assert code == 0 or "are more than safety.max_changes" in ended.summary["message"]


def test_a_limit_of_no_status_is_refused(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt status would limit nothing."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", '{"Away": 3}')

    ended = night(worker, 1)

    assert ended.code == 2
    assert "safety.max_changes: must be a status of SuperOffice" in ended.summary["message"]
