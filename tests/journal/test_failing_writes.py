"""Writes that fail: the run stops, nothing is half written, and the journal stays readable."""

from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode, Stopped
from presence_worker.journal import Journal
from presence_worker.journal.archive import is_staged
from presence_worker.model import Result
from presence_worker.run_states import State

from .full_disk import full_disk
from .given import (
    RUN,
    UPDATED,
    each_change,
    end_as,
    obstruct,
    record,
    results,
    results_on_disk,
    row,
    same,
    staged,
    tamper,
)


def test_a_group_is_written_whole_or_not_at_all(journal: Journal, path: Path) -> None:
    """Where one outcome of a group cannot be written, none is; the journal and the reason are named."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    obstruct(path, "INSERT ON outcome", "NEW.row = 3")

    with pytest.raises(Stopped) as caught:
        record(journal, dict.fromkeys(range(1, 6), UPDATED))

    assert str(caught.value) == f"the journal {path} cannot be written: database or disk is full"
    assert caught.value.exit_code is ExitCode.STOPPED
    assert results_on_disk(path) == results(journal) == same(Result.UNKNOWN, 5)


def test_no_row_is_handed_out_that_is_not_noted(journal: Journal, path: Path) -> None:
    """Where the journal cannot hold that a row may have been sent, nobody gets the row."""
    journal.sessions.begin("run", rate=10)
    obstruct(path, "UPDATE ON session")

    with pytest.raises(Stopped, match="cannot be written"):
        next(each_change(journal))

    assert results_on_disk(path) == same(Result.NOT_SENT, 5)


@pytest.mark.parametrize("event", ["INSERT ON session", "UPDATE ON run"])
def test_a_session_begins_whole_or_not_at_all(journal: Journal, path: Path, event: str) -> None:
    """Where a session cannot be opened, the run is as it was."""
    end_as(journal, state=State.STOPPED, exit_code=6)
    before = journal.run()
    obstruct(path, event)

    with pytest.raises(Stopped):
        journal.sessions.begin("resume", rate=10)

    assert (journal.run(), journal.sessions.work()) == (before, (None, None, 0.0, 0.0, None, 0))


def test_doubt_is_kept_or_the_session_does_not_begin(journal: Journal, path: Path) -> None:
    """A session that cannot write down what a dead one left in doubt does not begin, and the doubt stays."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    obstruct(path, "INSERT ON outcome", "NEW.row = 4")

    with pytest.raises(Stopped):
        journal.sessions.begin("resume", rate=10)

    assert results_on_disk(path) == same(Result.UNKNOWN, 5)


def test_a_session_that_cannot_end_leaves_the_doubt(journal: Journal, path: Path) -> None:
    """Rows handed out in a session whose end could not be written stay in doubt."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    obstruct(path, "UPDATE ON session")

    with pytest.raises(Stopped):
        journal.sessions.end(seconds=1, gets=0)

    assert results_on_disk(path) == same(Result.UNKNOWN, 5)


def test_once_there_is_room_again_it_goes_on(journal: Journal, path: Path) -> None:
    """A write that failed does not stand in the way of later ones."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    obstruct(path, "INSERT ON outcome")
    with pytest.raises(Stopped):
        record(journal, {1: UPDATED})
    tamper(path, "DROP TRIGGER obstacle")

    record(journal, {2: UPDATED})

    assert results_on_disk(path) == {**same(Result.UNKNOWN, 5), 2: "updated"}


def record_in_groups(journal: Journal, rows: range) -> None:
    """Settle rows, fifty at a time."""
    for start in rows[::50]:
        record(journal, dict.fromkeys(range(start, min(start + 50, rows.stop)), UPDATED))


def test_a_full_disk_stops_the_run(path: Path) -> None:
    """What the kernel refuses is told as such; outcomes written before stay, and the journal can be read."""
    with closing(staged(path, 2000)) as journal:
        journal.sessions.begin("run", rate=10)
        list(each_change(journal))
        record(journal, {1: UPDATED})
        room = path.with_name(f"{path.name}-wal").stat().st_size + 10_000

        with full_disk(room), pytest.raises(Stopped, match=r"disk first$") as caught:
            record_in_groups(journal, range(2, 2001))

        assert f"{path.name} cannot be written: " in str(caught.value)
        counts = journal.results.counts()
    found = list(results_on_disk(path).values())
    assert counts[Result.UPDATED] + counts[Result.UNKNOWN] == 2000
    assert (counts[Result.UPDATED] - 1) % 50 == 0
    assert 0 < found.count("updated") == counts[Result.UPDATED] < 2000


def test_a_disk_that_fills_while_staging(path: Path) -> None:
    """A job that does not fit is not staged at all."""
    with closing(Journal.create(path)) as journal:
        with full_disk(1_000_000), pytest.raises(Stopped, match="cannot be written"), journal.transaction():
            journal.stage(RUN, map(row, range(1, 20_001)))

        assert not journal.is_staged()
    assert not is_staged(path)
