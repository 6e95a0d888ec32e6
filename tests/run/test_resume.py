"""`resume`: what is not done is finished, and nothing else is touched."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from presence_worker.sandbox import Sandbox
from tests.raw_server import CLOSE, RawServer, answer, applied

from .given import (
    Ended,
    Worker,
    away,
    for_associates,
    raw_up,
    read_report,
    results,
    sandbox_up,
    wishes,
    write_csv,
)

REPORTS = ("report.jsonl", "report.csv", "report.html", "failed.csv", "summary.json")
GONE = answer(404)
NOT_NOW = answer(503)


def job(worker: Worker, *numbers: int) -> Path:
    return write_csv(worker.folder / "job.csv", away(numbers or range(1, 31)))


def stopped(worker: Worker, *options: str) -> Ended:
    """Run a job in which the third row is refused, which is one too many."""
    path = job(worker, 1, 2, 4711, *range(4, 31))
    return worker("run", path, "--max-failures", "0", "--concurrency", "1", *options)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in REPORTS if (folder / name).exists()}


def age(folder: Path) -> Path:
    """Make a run as old as the hills; its id sorts by its age."""
    name = "20260101T000000Z-0000"
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE run SET created_at = '2026-01-01T00:00:00.000Z', run_id = ?", (name,))
    return folder.rename(folder.parent / name)


@pytest.mark.parametrize("how", ["named", "unnamed"])
def test_a_stopped_run_is_finished(how: str, worker: Worker, sandbox: Sandbox) -> None:
    """Rows whose turn had not come are sent, done ones are not; refused ones stay as they are."""
    first = stopped(worker)
    sent = len(wishes(sandbox))

    second = worker("resume", *([first.summary["run_id"]] if how == "named" else []))

    assert (first.code, second.code) == (6, 3)
    assert second.summary["run_id"] == first.summary["run_id"]
    assert results(worker.folder_of(second)) == ["updated", "updated", "rejected", *["updated"] * 27]
    assert sorted(wish[0] for wish in wishes(sandbox)) == [1, 2, *range(4, 31), 4711]
    assert 0 < sent < 30
    assert second.summary["requests"]["put"] == 30


def test_a_finished_run_is_finished_better(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that failed or are unknown are sent again; what is rejected or invalid stays."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    wrong = {2: NOT_NOW, 3: answer(500), 4: GONE}
    with raw_up(for_associates(wrong)) as server:
        worker = worker_on(server)
        first = worker("run", write_csv(worker.folder / "job.csv", [*away(range(1, 7)), ("x", "Away", "")]))
        wrong.clear()

        second = worker.follow(first)

    lines = read_report(worker.folder_of(second))
    assert (first.code, second.code) == (3, 3)
    assert [line["result"] for line in lines] == [
        *["updated"] * 3,
        "rejected",
        *["updated"] * 2,
        "invalid",
    ]
    assert sorted(wish[0] for wish in wishes(server)[6:]) == [2, 3]
    assert [line["wire_puts"] for line in lines] == [1, 2, 2, 1, 1, 1, 0]
    assert second.summary["requests"]["put"] == len(server.puts) == 8


@pytest.mark.parametrize("end", ["done", "refused rows", "held", "refused"])
@pytest.mark.parametrize("how", ["named", "unnamed"])
def test_with_nothing_left_it_says_so(how: str, end: str, worker: Worker, sandbox: Sandbox) -> None:
    """The same report byte for byte, the same exit code, and a word that nothing was left."""
    limits = {"held": ["--max-changes", "1"], "refused": ["--max-invalid", "0"]}.get(end, [])
    rows = {"refused rows": [1, 2, 4711], "refused": [0, 1, 2]}.get(end, [1, 2])
    first = worker("run", job(worker, *rows), *limits)
    before = contents(worker.folder_of(first))

    again = worker("resume", *([first.summary["run_id"]] if how == "named" else []))

    assert again.code == first.code == {"done": 0, "refused rows": 3, "held": 5, "refused": 4}[end]
    assert contents(worker.folder_of(again)) == before
    said = "this run waits for `apply`" if end == "held" else "nothing was left to resume"
    assert said in again.summary["notes"][-1]
    assert [event for event in again.events if event["event"] == "run.nothing_to_resume"]
    same: list[dict[str, Any]] = [ended.summary | {"notes": []} for ended in (first, again)]
    assert same[0] == same[1]
    assert len(wishes(sandbox)) == {"done": 2, "refused rows": 3}.get(end, 0)


def test_unnamed_it_takes_the_newest_stopped_run(worker: Worker) -> None:
    """A later run that is done does not hide one that is not."""
    older, newer = stopped(worker), stopped(worker)
    done = worker("run", job(worker, 99))

    taken = [worker("resume").summary["run_id"] for _ in range(3)]

    assert taken == [ended.summary["run_id"] for ended in (newer, older, done)]


def test_what_waits_for_apply_is_not_resumed(worker: Worker) -> None:
    """A plan is not sent by `resume`: it says what the run waits for, and the next command does it."""
    planned = worker("plan", write_csv(worker.folder / "job.csv", away([1, 2])))

    resumed = worker("resume")

    assert (resumed.code, resumed.summary["state"], resumed.summary["requests"]["put"]) == (0, "planned", 0)
    assert resumed.summary["notes"][-1] == "nothing was resumed: this run waits for `apply`"
    assert resumed.summary["next"] == planned.summary["next"]


@pytest.mark.parametrize("words", [(), ("20261123T020000Z-7f3a",), ("last",)])
def test_without_any_run_there_is_nothing_to_resume(words: tuple[str, ...], worker: Worker) -> None:
    """Exit 2, and the next command lists what there is."""
    ended = worker("resume", *words)

    assert (ended.code, ended.summary["state"]) == (2, "refused")
    assert worker.follow(ended).code == 0


def test_a_run_is_named_by_its_beginning(worker: Worker) -> None:
    """A unique beginning of the id will do; one that is not unique is refused."""
    run_id = str(stopped(worker).summary["run_id"])
    stopped(worker)

    ambiguous = worker("resume", run_id[:4])
    ended = worker("resume", run_id[:-1])

    assert (ambiguous.code, ended.code, ended.summary["run_id"]) == (2, 3, run_id)
    assert "2 runs may be meant" in ambiguous.summary["message"]


def test_a_run_of_another_target_is_left_alone(worker: Worker, sandbox: Sandbox) -> None:
    """What was meant for one service never reaches another: named it is refused, unnamed not even seen."""
    with sandbox_up() as other:
        here, there = worker.url, other.url
        worker.url = there
        nothing, older = worker("resume"), stopped(worker)
        worker.url = here
        run_id = str(stopped(worker).summary["run_id"])
        sent = len(wishes(sandbox))
        worker.url = there

        named, unnamed = worker("resume", run_id), worker("resume")

    assert (nothing.code, named.code, unnamed.code) == (2, 2, 3)
    assert here in named.summary["message"]
    assert unnamed.summary["run_id"] == older.summary["run_id"]
    assert len(wishes(sandbox)) == sent


@pytest.mark.proves("a stopped run is old")
def test_a_run_that_is_too_old_is_refused(worker: Worker, sandbox: Sandbox) -> None:
    """People have come and gone since; whoever knows better says --any-age, as the next command does."""
    age(worker.folder_of(stopped(worker)))
    sent = len(wishes(sandbox))

    refused, named = worker("resume"), worker("resume", "last")
    still = len(wishes(sandbox))
    ended = worker.follow(refused)

    assert (refused.code, named.code, ended.code) == (2, 2, 3)
    assert "--any-age" in refused.summary["next"]
    assert "safety.max_resume_age (24 h)" in refused.summary["message"]
    assert (sent == still, len(wishes(sandbox))) == (True, 30)


def test_an_old_run_with_nothing_left_is_no_fault(worker: Worker) -> None:
    """Age matters only where something would be sent."""
    age(worker.folder_of(worker("run", job(worker, 1, 2))))

    ended = worker("resume")

    assert ended.code == 0


@pytest.mark.proves("a later run has changed the user")
def test_what_a_later_run_has_written_is_not_overwritten(worker: Worker, sandbox: Sandbox) -> None:
    """Those rows are rejected without a PUT: the later run knows better."""
    first = stopped(worker)
    worker("run", job(worker, 20, 21))
    before = len(wishes(sandbox))

    second = worker("resume")

    lines = read_report(worker.folder_of(second))
    moved = [line for line in lines if line["reason"] == "moved_since_run"]
    assert (second.code, second.summary["run_id"]) == (3, first.summary["run_id"])
    assert [(line["associate_id"], line["result"], line["wire_puts"]) for line in moved] == [
        (20, "rejected", 0),
        (21, "rejected", 0),
    ]
    assert not {20, 21} & {wish[0] for wish in wishes(sandbox)[before:]}


def test_what_a_later_run_may_have_written_is_not_overwritten(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of the later run that is unknown counts as written; one that was refused does not."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__VERIFY_READS", "false")
    wrong = {4711: GONE}
    with raw_up(for_associates(wrong)) as server:
        worker = worker_on(server)
        first = stopped(worker)
        wrong |= {20: applied(CLOSE), 21: GONE}
        worker("run", job(worker, 1, 20, 21))
        wrong.clear()

        second = worker("resume", first.summary["run_id"])

    reasons = {line["associate_id"]: line["reason"] for line in read_report(worker.folder_of(second))}
    assert (reasons[20], reasons[21]) == ("moved_since_run", None)


def test_a_new_run_is_never_overtaken(worker: Worker, sandbox: Sandbox) -> None:
    """When the clock was set back, runs of the future lie there: a new job is sent all the same."""
    folder = worker.folder_of(worker("run", job(worker, 1, 2)))
    folder.rename(folder.parent / "20990101T000000Z-0000")

    ended = worker("run", job(worker, 1, 2))

    assert (ended.code, len(wishes(sandbox))) == (0, 4)


def test_the_job_s_file_is_not_needed_any_more(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was staged: it may be gone, and we may be anywhere else."""
    first = stopped(worker)
    (worker.folder / "job.csv").unlink()
    monkeypatch.chdir("/")

    second = worker.follow(first)

    assert (second.code, len(wishes(sandbox))) == (3, 30)


def test_another_working_directory_changes_nothing(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration and a state directory found by where we were are named in full for the next command."""
    (worker.folder / "config").mkdir()
    (worker.folder / "config" / "presence-worker.toml").write_text(
        f'[target]\nbase_url = "{sandbox.url}"\n[storage]\nstate_dir = "kept here"\n'
        "[safety]\nmax_changes = 1\n[delivery]\nrate = 100000\n"
    )
    held = worker.call("run", str(job(worker, 1, 2)), "--json")
    monkeypatch.chdir("/")

    ended = worker.follow(held)

    assert (held.code, ended.code, len(wishes(sandbox))) == (5, 0, 2)
    assert (worker.folder / "kept here" / "runs").is_dir()


def test_doubt_outlasts_the_night(
    worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown stays unknown until an echo or a read proves it; a refusal on resume is no proof."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__VERIFY_READS", "false")
    wrong = {2: CLOSE, 3: CLOSE}
    with raw_up(for_associates(wrong)) as server:
        worker = worker_on(server)
        worker("run", job(worker, 1, 2, 3))
        wrong[2] = GONE
        del wrong[3]

        ended = worker("resume")

    lines = read_report(worker.folder_of(ended))
    assert [line["result"] for line in lines] == ["updated", "unknown", "updated"]
    assert [line["wire_puts"] for line in lines] == [1, 2, 2]


def test_duplicates_share_the_fate_of_the_row_that_is_sent(worker: Worker, sandbox: Sandbox) -> None:
    """A duplicate is not sent on resume either."""
    first = worker("run", job(worker, 1, 2, 4711, 4, 5, 5, 4), "--max-failures", "0", "--concurrency", "1")

    ended = worker("resume")

    assert first.code == 6
    assert results(worker.folder_of(ended)) == [
        *["updated", "updated", "rejected", "updated", "updated"],
        *["duplicate", "duplicate"],
    ]
    assert sorted(wish[0] for wish in wishes(sandbox)) == [1, 2, 4, 5, 4711]


def test_a_run_of_a_wrong_address_says_how_to_go_on(
    worker: Worker, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it was applied anywhere: once the address is right, its file can be run anew."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "0.1")
    right, worker.url = worker.url, "http://127.0.0.1:9"
    stopped = worker("run", write_csv(worker.folder / "job.csv", away([1, 2])))
    worker.url = right

    refused = worker("resume", stopped.summary["run_id"])

    assert (stopped.code, refused.code, wishes(sandbox)) == (6, 2, [])
    assert "If that address was wrong, run the file again" in refused.summary["message"]


def test_what_was_applied_elsewhere_is_not_to_be_run_anew(worker: Worker) -> None:
    """A run that was at work at its target belongs there."""
    done = worker("run", write_csv(worker.folder / "job.csv", away([1, 2])))
    worker.url = "http://127.0.0.1:9/other"

    refused = worker("resume", done.summary["run_id"])

    assert refused.code == 2
    assert "anew" not in refused.summary["message"]
