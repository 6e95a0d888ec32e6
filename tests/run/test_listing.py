"""The list of runs: each is told truly, in whatever state its program has left it."""

import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import JOURNAL, Journal, run_lock
from tests.journal.given import INPUT, REJECTED, UPDATED, deliver, each_change, end_as, record, staged, tamper

from .given import Worker
from .nights import BEGAN, CRM, FINISHED, kept


def listed(worker: Worker) -> dict[str, object]:
    """Give what is listed of the only run."""
    (run,) = worker("runs").summary["runs"]
    found: dict[str, object] = run
    return found


def begun(worker: Worker) -> Journal:
    """Let a run of five rows be under way: all handed out, two of them settled, and one of these refused."""
    folder = worker.state / "runs" / "20251125T050000Z-7f3a"
    folder.mkdir(parents=True)
    journal = staged(folder / JOURNAL, 5, run_id=folder.name, target=CRM)
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    record(journal, {1: UPDATED, 2: REJECTED})
    end_as(journal, next="presence-worker resume")
    return journal


def test_a_run_at_work_is_told_as_far_as_it_is(worker: Worker) -> None:
    """What is on its way is neither in doubt nor anybody's fault, and there is nothing to do but wait."""
    with closing(begun(worker)) as journal, run_lock(Path(journal.path).parent):
        run = listed(worker)
        line = worker.call("runs", "--state-dir", str(worker.state)).out.splitlines()[1]

    assert (run["state"], run["exit_code"], run["next"]) == ("running", None, None)
    assert run["message"] == "at work: 1 of 5 rows is done"
    assert [run["counts"][name] for name in ("updated", "rejected", "unknown", "not_sent")] == [1, 1, 0, 3]  # type: ignore[index]
    assert run["reasons"] == [{"result": "rejected", "reason": "refused", "rows": 1}]
    assert line.split()[4:] == ["5", "1", "4"]


def test_a_run_that_died_is_said_to_have(worker: Worker) -> None:
    """It can be resumed; programs see exit code 1, people that nobody has seen one."""
    begun(worker).close()

    run = listed(worker)
    line = worker.call("runs", "--state-dir", str(worker.state)).out.splitlines()[1]

    assert (run["state"], run["exit_code"], run["next"]) == ("stopped", 1, "presence-worker resume")
    assert "The program ended before the run did" in str(run["message"])
    assert line.split()[-2:] == ["died", "resume"]


def test_a_run_that_somebody_only_holds_is_not_at_work(worker: Worker) -> None:
    """While its report is written again, or an undo reads it, it is what it was."""
    folder = kept(worker.state)

    with run_lock(folder):
        run = listed(worker)

    assert (run["state"], run["exit_code"], run["message"]) == ("finished", 0, FINISHED["message"])


def test_looking_writes_nothing(worker: Worker) -> None:
    """A run that was closed in order is read as it lies there, also from a disk that takes no more."""
    folder = kept(worker.state)
    listed(worker)
    before = {path.name: path.stat().st_mtime_ns for path in (*folder.iterdir(), folder)}

    listed(worker)

    assert {path.name: path.stat().st_mtime_ns for path in (*folder.iterdir(), folder)} == before


def test_a_run_of_an_older_version_is_brought_up_to_date(worker: Worker) -> None:
    """It is listed like any other one."""
    folder = kept(worker.state)
    old = "DROP TABLE scheduled; DROP TABLE closed; DROP TABLE origin;"
    old += " UPDATE schema SET version = 3; DROP VIEW fate;"
    old += " ALTER TABLE run DROP COLUMN endings; ALTER TABLE run DROP COLUMN target_name;"
    old += " ALTER TABLE run DROP COLUMN number; ALTER TABLE session DROP COLUMN worked; DROP TABLE logged;"
    tamper(folder / JOURNAL, f"{old} ALTER TABLE row DROP COLUMN starts; ALTER TABLE row DROP COLUMN ends")
    tamper(folder / JOURNAL, "CREATE VIEW fate AS SELECT row FROM row")

    assert listed(worker)["state"] == "finished"


def test_a_run_of_a_newer_version_is_unreadable(worker: Worker) -> None:
    """Nothing is guessed of it."""
    tamper(kept(worker.state) / JOURNAL, "UPDATE schema SET version = 99")

    assert listed(worker)["state"] == "unreadable"


def test_a_journal_that_is_damaged_inside_is_unreadable(worker: Worker) -> None:
    """Though its first page is well."""
    journal = kept(worker.state, rows=300) / JOURNAL
    content = bytearray(journal.read_bytes())
    content[8192:] = b"x" * (len(content) - 8192)
    journal.write_bytes(content)

    assert listed(worker)["state"] == "unreadable"


@pytest.mark.parametrize("wal", [True, False])
def test_what_was_not_closed_in_order_is_read_whole(wal: bool, worker: Worker) -> None:  # noqa: FBT001 - a case
    """What a killed program left beside the journal belongs to it."""
    folder = kept(worker.state, BEGAN, {})
    with closing(Journal.open(folder / JOURNAL)) as journal:
        if wal:  # as long as somebody has it open, what is written lies beside it
            deliver(journal, {1: UPDATED})
            end_as(journal, **FINISHED)
        counts = listed(worker)["counts"]

    assert counts["updated"] == int(wal)  # type: ignore[index]


def test_values_of_the_file_are_in_no_other_file(worker: Worker) -> None:
    """What a filter leaves out may be a reason of absence: it is listed, and not kept in the index."""
    filtered = [{"column": "Type", "value": "Migraine", "rows": 1}]
    folder = kept(worker.state, input={**INPUT, "filtered": filtered})
    hour_ago = time.time() - 3600
    os.utime(folder / JOURNAL, (hour_ago, hour_ago))

    found = [listed(worker)["filtered"] for _ in range(2)]

    assert found == [filtered] * 2
    others = [path for path in worker.state.rglob("*") if path.is_file() and path != folder / JOURNAL]
    assert others
    assert not [path for path in others if b"Migraine" in path.read_bytes()]


@pytest.mark.campaign
def test_a_thousand_runs_are_listed_at_once(worker: Worker) -> None:
    """Three years of nights are read once in seconds, also on a slow machine; then the index has them."""
    for minutes in range(1000):
        kept(
            worker.state, BEGAN.replace(hour=minutes // 60 % 24, minute=minutes % 60, day=1 + minutes // 1440)
        )
    began = time.process_time()

    found = worker("runs").summary["runs"]

    assert len(found) == 1000
    assert time.process_time() - began < 15


@pytest.mark.skipif(os.name != "posix", reason="names of files are text there")
@pytest.mark.parametrize("text", ["x,y\n1,2\n", "associateId,status\n1,StatusNotAvailable\n"])
def test_a_file_whose_name_is_not_utf8(text: str, worker: Worker) -> None:
    """A job of whatever name is listed, refused or not, and as often as it is asked for."""
    job = worker.folder / os.fsdecode(b"fra\xf8r.csv")
    job.write_text(text)
    worker("run", job)

    lists = [worker.call("runs", *worker.options_of("runs")) for _ in range(2)]

    assert [ended.code for ended in lists] == [0, 0]
    assert [ended.err for ended in lists] == ["", ""]
    assert worker("runs").code == 0
