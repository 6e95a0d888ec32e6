"""The index of runs: true whatever happens to it, and to the journals that it was read from."""

import os
import sqlite3
import stat
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from presence_worker.errors import Suspect
from presence_worker.journal import JOURNAL, Archive, Correction, JobInput, Journal
from presence_worker.journal.index import INDEX, RunIndex, in_order
from presence_worker.journal.index_lines import Line

from .full_disk import full_disk
from .given import end_as, staged, tamper

FIRST, SECOND = "20261122T020000Z-7f3a", "20261123T020000Z-7f3a"
LONG_AGO = 100.0  # seconds: longer than a journal may change without a new time stamp


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = Archive(tmp_path / "state")
    archive.prepare()
    return archive


@pytest.fixture
def index(archive: Archive) -> RunIndex:
    return archive.index


def make(archive: Archive, name: str, order: int | None = None, state: str = "finished") -> Path:
    """Make a run that ended long ago; return its journal."""
    path = archive.runs / name / JOURNAL
    path.parent.mkdir()
    staged(path, run_id=name, order=order, state=state).close()
    return settled(path)


def settled(path: Path) -> Path:
    moment = time.time() - LONG_AGO
    os.utime(path, (moment, moment))
    return path


def states(index: RunIndex) -> list[str]:
    return [run.record.state for run in index.runs()]


def end_it(path: Path) -> None:
    tamper(path, "UPDATE run SET state = 'stopped'")


def end_it_in_order(path: Path) -> None:
    with closing(Journal.open(path)) as journal:
        end_as(journal, state="stopped")


def restore_it(path: Path) -> None:
    """Put another journal in its place, as a backup does that keeps the time stamps."""
    before = path.stat()
    path.unlink()
    staged(path, run_id=path.parent.name, state="stopped").close()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [end_it, end_it_in_order, restore_it])
def test_a_journal_that_has_changed_is_read_again(
    change: Callable[[Path], None], archive: Archive, index: RunIndex
) -> None:
    """Whoever has changed it, and however soon."""
    journal = make(archive, FIRST)
    before = states(index)

    change(journal)

    assert (before, states(index)) == (["finished"], ["stopped"])


def test_a_journal_that_has_not_changed_is_not_read_again(
    archive: Archive, index: RunIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand runs cost what a glance at their files costs."""
    make(archive, FIRST)
    index.runs()
    read: list[Path] = []

    with monkeypatch.context() as patched:
        patched.setattr("presence_worker.journal.index.read_line", lambda folder, _: read.append(folder))
        again = states(index)

    assert (again, read) == (["finished"], [])


@pytest.mark.parametrize("state", ["running", "finished"])
def test_what_a_process_writes_is_seen_at_once(state: str, archive: Archive, index: RunIndex) -> None:
    """A run at work, resumed or new, is as it is now: what is written lies beside its journal."""
    path = make(archive, FIRST, state=state)
    index.runs()

    with closing(Journal.open(path)) as journal:
        end_as(journal, state="stopped")
        seen = states(index)

    assert seen == ["stopped"]


def test_a_summary_is_kept_until_its_journal_changes(archive: Archive, index: RunIndex) -> None:
    """Then it is not true any more."""
    journal = make(archive, FIRST)
    index.keep_summaries([(index.runs()[0], b"{}")])
    kept = index.runs()[0].summary
    end_it(journal)

    assert (kept, index.runs()[0].summary) == (b"{}", None)


def test_a_summary_of_a_run_that_has_changed_meanwhile_is_not_kept(archive: Archive, index: RunIndex) -> None:
    """It was made of what was read before."""
    journal = make(archive, FIRST)
    (known,) = index.runs()
    end_it(journal)
    settled(journal)
    index.runs()

    index.keep_summaries([(known, b"{}")])

    assert index.runs()[0].summary is None


def test_a_run_that_is_gone_is_not_known(archive: Archive, index: RunIndex) -> None:
    """Without its journal, or as a whole."""
    for name in (FIRST, SECOND):
        make(archive, name)
    index.runs()
    (archive.runs / FIRST / JOURNAL).unlink()
    archive.delete(archive.runs / SECOND)

    assert index.runs() == []


def test_what_is_confidential_stays_in_the_journal(archive: Archive, index: RunIndex) -> None:
    """Values of the file may be reasons of absence; a fingerprint tells credentials apart."""
    path = archive.runs / FIRST / JOURNAL
    path.parent.mkdir()
    told = {
        "name": "job.csv",
        "format": "csv",
        "unmapped": [{"value": "Singdrossel", "rows": 1, "closest": None}],
        "filtered": [{"column": "Kind", "value": "Rotkehlchen", "rows": 1}],
        "suspect": "sign_in",
        "refused": ["salt", "Zaunkoenig"],
    }
    staged(path, run_id=FIRST, input=told).close()

    (known,) = index.runs()

    correction = Correction(suspect=Suspect.SIGN_IN, refused=None)
    assert known.record.input == JobInput(name="job.csv", format="csv", correction=correction)
    assert [
        word for word in (b"Singdrossel", b"Rotkehlchen", b"Zaunkoenig") if word in index_of(archive)
    ] == []


def index_of(archive: Archive) -> bytes:
    return (archive.state_dir / INDEX).read_bytes()


def test_nothing_of_a_deleted_run_is_left(archive: Archive, index: RunIndex) -> None:
    """What `prune` deletes is in no other file: it may tell who was away."""
    make(archive, FIRST)
    index.runs()
    before = FIRST.encode() in index_of(archive)
    archive.delete(archive.runs / FIRST)

    index.runs()

    assert (before, FIRST.encode() in index_of(archive)) == (True, False)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of this kind there")
@pytest.mark.usefixtures("open_umask")
def test_the_index_is_its_owners_alone(archive: Archive, index: RunIndex) -> None:
    """As all that is in the state directory."""
    index.runs()

    assert stat.S_IMODE((archive.state_dir / INDEX).stat().st_mode) == 0o600


def test_where_no_index_can_be_written_the_runs_are_known(archive: Archive, index: RunIndex) -> None:
    """It is built for the moment; a run that begins gets the number after the highest."""
    (archive.state_dir / INDEX).mkdir()
    make(archive, FIRST, order=7)

    assert states(index) == ["finished"]
    assert index.take_number(SECOND, index.runs()) == 8


def test_a_journal_that_cannot_be_read_keeps_its_place(archive: Archive, index: RunIndex) -> None:
    """Whatever it has written, it has written it then."""
    for order, name in enumerate((SECOND, FIRST), 1):
        make(archive, name, order=order)
    index.runs()
    (archive.runs / SECOND / JOURNAL).write_bytes(b"spoilt" * 1000)

    found = index.runs()

    assert [(run.folder.name, run.order, run.fault is None) for run in found] == [
        (FIRST, 2, True),
        (SECOND, 1, False),
    ]


def test_an_index_of_another_version_is_read_anew(archive: Archive, index: RunIndex) -> None:
    """What it says may mean something else; the numbers that were taken stay taken."""
    make(archive, FIRST, order=1)
    index.take_number(SECOND, index.runs())
    tamper(
        archive.state_dir / INDEX, "UPDATE meta SET written_by = '0.0'; UPDATE run SET record = 'nonsense'"
    )

    assert (states(index), index.take_number("third", index.runs())) == (["finished"], 3)


def test_where_there_are_no_runs_none_are_known(tmp_path: Path) -> None:
    """And nothing is made to find that out."""
    assert Archive(tmp_path / "state").index.runs() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("numbers", "order"),
    [
        ({"b": None, "a": None}, [("a", 1), ("b", 2)]),
        ({"b": 1, "a": 2}, [("b", 1), ("a", 2)]),
        ({"a": 3, "b": None, "c": None}, [("b", 1), ("c", 2), ("a", 3)]),
        ({"a": 9, "c": None}, [("c", 8), ("a", 9)]),
        ({"b": 5, "a": 5}, [("a", 5), ("b", 5)]),
    ],
)
def test_runs_without_a_number_come_first(
    numbers: dict[str, int | None], order: list[tuple[str, int]]
) -> None:
    """In the order of their ids, and each time with the same numbers."""
    found = in_order(Line(name, number) for name, number in numbers.items())

    assert [(line.name, number) for line, number in found] == order


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on the size of files there")
def test_a_disk_that_is_full_is_not_damage(archive: Archive, index: RunIndex) -> None:
    """A journal that cannot be opened for want of room says so, and asks for no new run."""
    journal = make(archive, FIRST)
    tamper(journal, "UPDATE schema SET version = 4; ALTER TABLE run DROP COLUMN number; DROP TABLE logged")
    with structlog.testing.capture_logs(), full_disk(0):
        (known,) = index.runs()

    assert known.fault is not None
    assert str(known.fault).endswith("; see to the disk, then run this again")


def test_an_index_of_an_older_version_gets_its_columns(archive: Archive, index: RunIndex) -> None:
    """It is not thrown away: the numbers that were taken stay taken."""
    make(archive, FIRST)
    taken = index.take_number("unstaged", index.runs())
    with closing(sqlite3.connect(archive.state_dir / INDEX)) as other, other:
        other.execute("ALTER TABLE run DROP COLUMN follows")
        other.execute("ALTER TABLE run DROP COLUMN corrected")
        other.execute("UPDATE meta SET written_by = 'an older one'")

    found = index.runs()

    assert [run.name for run in found] == [FIRST]
    assert index.take_number(SECOND, found) > taken
