"""The order of runs: told by a number, whatever the clock said when they began."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from presence_worker.journal import JOURNAL, Archive, run_id
from presence_worker.sandbox import Sandbox
from tests.raw_server import CLOSE

from .crm import BACK, Crm
from .given import Ended, On, Worker, away, raw_up, read_report, wishes, write_csv
from .nights import CRM, ago, iso, kept

LATER, MUCH_EARLIER = timedelta(hours=2), timedelta(days=-400)


def keep_index(_: Path) -> None:
    """Leave the index as it is."""


def delete_index(index: Path) -> None:
    index.unlink()


def damage_index(index: Path) -> None:
    index.write_bytes(b"not a database\n" * 1000)


def empty_index(index: Path) -> None:
    index.write_bytes(b"")


def drop_a_table(index: Path) -> None:
    with closing(sqlite3.connect(index, isolation_level=None)) as database:
        database.execute("DROP TABLE run")


MISHAPS = (keep_index, delete_index, damage_index, empty_index, drop_a_table)


def run(worker: Worker, numbers: range, comment: str, *options: str) -> Ended:
    rows = [(number, "StatusNotAvailable", comment) for number in numbers]
    return worker("run", write_csv(worker.folder / "job.csv", rows), *options)


def begun_at(worker: Worker, ended: Ended, moment: datetime) -> str:
    """Let a run be one that began while the clock showed *moment*; return its id."""
    folder, name = worker.folder_of(ended), run_id(moment)
    with closing(sqlite3.connect(folder / JOURNAL, isolation_level=None)) as database:
        database.execute("UPDATE run SET run_id = ?, created_at = ?", (name, iso(moment)))
    folder.rename(folder.parent / name)
    return name


@pytest.mark.proves("the clock was wrong when a run began")
@pytest.mark.parametrize("befall", MISHAPS)
def test_a_run_from_the_future_does_not_overwrite_a_later_one(
    befall: Callable[[Path], None], worker: Worker, sandbox: Sandbox
) -> None:
    """Resumed, it leaves alone all users whom the later run has set, also when the index was rebuilt."""
    worker.read_before = "off"
    first = worker("run", job_of_30(worker), "--max-failures", "0", "--concurrency", "1")
    name = begun_at(worker, first, datetime.now(UTC) + LATER)
    later = run(worker, range(1, 31), "later")
    befall(worker.state / "runs.sqlite")
    sent = len(wishes(sandbox))

    resumed = worker("resume", name)

    reasons = {
        line["reason"] for line in read_report(worker.state / "runs" / name) if line["result"] != "updated"
    }
    assert (first.code, later.code, resumed.code) == (6, 0, 3)
    assert reasons == {"refused", "moved_since_run"}
    assert len(wishes(sandbox)) == sent


def test_a_later_run_speaks_also_for_whom_it_found_as_wanted(worker: Worker, sandbox: Sandbox) -> None:
    """It had nothing to send to them, but what it wanted is the newer wish."""
    worker.read_before = "off"
    first = worker("run", job_of_30(worker), "--max-failures", "0", "--concurrency", "1")
    worker.read_before = "auto"
    here = [(29, "StatusNormal", ""), (30, "StatusNormal", "")]
    later = worker("run", write_csv(worker.folder / "later.csv", here))

    resumed = worker("resume", first.summary["run_id"])

    lines = read_report(worker.folder_of(resumed))
    left = {line["associate_id"] for line in lines if line["reason"] == "moved_since_run"}
    assert (first.code, later.summary["counts"]["unchanged"], left) == (6, 2, {29, 30})
    assert not left & {wish[0] for wish in wishes(sandbox)}


def test_a_later_run_that_wants_the_same_changes_nothing(on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whom it found as wanted, the earlier run finds so as well."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__ATTEMPTS", "1")
    monkeypatch.setenv("PRESENCE_WORKER_TARGET__VERIFY_READS", "false")
    crm = Crm(dict.fromkeys((1, 2), BACK))
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_put = CLOSE
        first = run(worker, range(1, 3), "away")
        crm.on_put, crm.held = None, {1: ("StatusNotAvailable", "away"), 2: ("StatusNotAvailable", "away")}
        later = run(worker, range(1, 3), "away")

        resumed = worker("resume", first.summary["run_id"])

    assert (first.code, later.summary["counts"]["unchanged"], resumed.code) == (3, 2, 0)


def job_of_30(worker: Worker) -> Path:
    """Make a job that stops early: an associate who does not exist is among the first."""
    return write_csv(worker.folder / "first.csv", away([1, 2, 4711, *range(4, 31)]))


@pytest.mark.parametrize("befall", MISHAPS)
def test_the_last_run_is_the_one_that_began_last(befall: Callable[[Path], None], worker: Worker) -> None:
    """`undo last` undoes it, and `runs` lists it first."""
    future = begun_at(worker, run(worker, range(1, 3), "first"), datetime.now(UTC) + LATER)
    past = begun_at(worker, run(worker, range(1, 3), "second"), datetime.now(UTC) + MUCH_EARLIER)
    newest = run(worker, range(1, 3), "third").summary["run_id"]
    befall(worker.state / "runs.sqlite")

    listed = worker("runs").summary["runs"]

    assert [each["run_id"] for each in listed] == [newest, past, future]
    assert [each["order"] for each in listed] == [3, 2, 1]
    assert worker("report", "last").summary["run_id"] == newest


def test_the_order_is_in_every_summary(worker: Worker) -> None:
    """Of two runs, the one with the higher number began later; a number is never used twice."""
    first, second = run(worker, range(1, 2), "first"), run(worker, range(1, 2), "second")
    worker.call("prune", *worker.options_of("prune"))
    orders = [ended.summary["order"] for ended in (first, second)]
    delete(worker, second)

    third = run(worker, range(1, 2), "third")

    assert [*orders, third.summary["order"]] == [1, 2, 3]


def delete(worker: Worker, ended: Ended) -> None:
    """Delete a run by hand."""
    folder = worker.folder_of(ended)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def test_older_journals_are_numbered_by_their_ids(worker: Worker) -> None:
    """Runs from before there were numbers come before all others."""
    older = [kept(worker.state, ago(days=days), target=worker.url).name for days in (3, 2, 1)]
    newest = run(worker, range(1, 3), "new").summary

    (worker.state / "runs.sqlite").unlink()
    listed = worker("runs").summary["runs"]

    assert [each["run_id"] for each in listed] == [newest["run_id"], *reversed(older)]
    assert [each["order"] for each in listed] == [4, 3, 2, 1]
    assert newest["order"] == 4


def test_runs_that_begin_at_once_get_numbers_of_their_own(tmp_path: Path) -> None:
    """Each target has a lock of its own, but there is one counter."""
    archive = Archive(tmp_path / "state")
    archive.prepare()

    with ThreadPoolExecutor(8) as pool:
        numbers = list(
            pool.map(lambda _: archive.index.take_number(archive.new_folder().name, []), range(40))
        )

    assert sorted(numbers) == list(range(1, 41))


def test_a_run_from_the_future_does_not_hide_a_missing_night(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It proves nothing, and is named among the notes."""
    monkeypatch.setenv("PRESENCE_WORKER_REPORT__EXPECTED_EVERY", "24h")
    last = kept(worker.state, ago(days=3))
    future = kept(worker.state, ago(hours=-2))

    found = worker.call("runs", "--json", "--state-dir", str(worker.state), "--base-url", CRM).summary
    shown = worker.call("runs", "--state-dir", str(worker.state), "--base-url", CRM).out

    assert found["missing"]["last_finished"] == last.name
    assert [future.name in note for note in found["notes"]] == [True]
    assert f"Note: Run {future.name} began at " in " ".join(shown.split())


def test_a_run_from_the_future_does_not_hide_an_old_file(worker: Worker) -> None:
    """A file sent days ago is sent with a warning, also where a run from the future had it as well."""
    past = begun_at(worker, run(worker, range(1, 3), "same"), datetime.now(UTC) - timedelta(days=3))
    begun_at(worker, run(worker, range(1, 3), "same"), datetime.now(UTC) + LATER)

    again = worker.call("run", str(worker.folder / "job.csv"), *worker.options, "-q")

    assert again.code == 0
    assert f"this is the same file as in an earlier job (run {past}), which began 72 h" in again.err


def test_a_clock_that_was_set_back_makes_no_run_old(worker: Worker) -> None:
    """`prune` keeps a run that began after a young one; one from the future keeps no other run."""
    begun_at(worker, run(worker, range(1, 2), "future"), datetime.now(UTC) + timedelta(days=4000))
    old = begun_at(worker, run(worker, range(1, 2), "old"), datetime.now(UTC) - timedelta(days=200))
    run(worker, range(1, 2), "young")
    begun_at(worker, run(worker, range(1, 2), "set back"), datetime.now(UTC) - timedelta(days=300))

    pruned = worker.call("prune", "--state-dir", str(worker.state), "--json").summary

    assert (pruned["pruned"], pruned["kept"]) == ([old], 3)


def test_the_schedule_follows_the_order(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of the later run takes the place of what an earlier one, from the future, has left to come."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__COVERAGE", "changes")
    begun_at(worker, leave(worker, "2099-06-01"), datetime.now(UTC) + LATER)
    later = leave(worker, "2099-07-01").summary["run_id"]

    steps = worker("schedule").summary["schedule"]
    pruned = worker.call("prune", "--state-dir", str(worker.state), "--json").summary

    assert [(step["id"], step["on"]) for step in steps] == [(f"{later}.1", "2099-07-01")]
    assert pruned["kept"] == 2


def leave(worker: Worker, first_day: str) -> Ended:
    job = worker.folder / "leave.csv"
    job.write_text(f"associateId,status,from\n7,Away,{first_day}\n", "utf-8")
    return worker("run", job)


def test_many_runs_from_the_future_are_one_note(worker: Worker) -> None:
    """After a clock was set back, every night of before seems to be one: the newest is named."""
    runs = [kept(worker.state, ago(hours=-hours)) for hours in (2, 4, 3)]

    found = worker.call("runs", "--json", "--state-dir", str(worker.state), "--base-url", CRM).summary

    (note,) = found["notes"]
    assert note.startswith("3 runs began later than now, of which ")
    assert found["runs"][0]["run_id"] in note
    assert found["runs"][0]["run_id"] in {run.name for run in runs}
