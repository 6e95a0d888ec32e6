"""A state directory from before there was a database, or from one that was lost, is taken in."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.fleet.copies import Version, write_version
from presence_worker.fleet.taking_in import TakenIn, take_in
from presence_worker.journal import JOURNAL, Archive, run_lock
from tests.journal.given import end_as, staged

from .machines import Machine, machine

FIRST, SECOND, THIRD = (f"2026112{day}T020000Z-7f3a" for day in (1, 2, 3))


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Machine]:
    with machine(database_url, tmp_path / "here") as made:
        yield made


@pytest.fixture
def old(tmp_path: Path) -> Archive:
    """A machine that works alone."""
    archive = Archive(tmp_path / "old")
    archive.prepare()
    return archive


def add(archive: Archive, run_id: str, order: int | None, state: str = "finished") -> Path:
    folder = archive.runs / run_id
    folder.mkdir()
    with closing(staged(folder / JOURNAL, run_id=run_id, order=order, state=state)) as journal:
        end_as(journal, message=run_id)
    return folder


def take(archive: Archive, into: Machine) -> TakenIn:
    return take_in(archive.state_dir, into.archive.runs, into.member, lambda _: b"{}")


def listed(machine: Machine) -> list[str]:
    """Runs, oldest first."""
    return [run.name for run in machine.archive.index.runs()][::-1]


def test_they_come_before_the_runs_that_are_there_in_their_order(here: Machine, old: Archive) -> None:
    """By their numbers, whatever the clock said; those from before there were numbers are the oldest."""
    ours = here.run()
    add(old, SECOND, 1)
    add(old, FIRST, 2)
    add(old, THIRD, None)

    taken = take(old, here)

    assert taken == TakenIn(taken=[THIRD, SECOND, FIRST])
    assert listed(here) == [THIRD, SECOND, FIRST, ours]
    with closing(here.archive.open_journal(FIRST)) as journal:
        assert journal.run().message == FIRST


def test_the_original_stays_as_it_is(here: Machine, old: Archive) -> None:
    """Not a byte is written there, also where a run was not closed in order."""
    folder = add(old, FIRST, 1)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    take(old, here)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in old.state_dir.iterdir()] == ["runs"]


def test_it_may_be_repeated(here: Machine, old: Archive) -> None:
    """What began there in between is the newest then."""
    add(old, FIRST, 1)
    take(old, here)
    ours = here.run()
    add(old, SECOND, 2)

    again = take(old, here)

    assert again == TakenIn(taken=[SECOND], known=[FIRST])
    assert listed(here) == [FIRST, ours, SECOND]


def test_a_run_at_work_is_left_and_named(here: Machine, old: Archive) -> None:
    with run_lock(add(old, FIRST, 1, "running")):
        taken = take(old, here)

    assert [*taken.left] == [FIRST]
    assert listed(here) == []


def test_a_damaged_run_is_left_and_named(here: Machine, old: Archive) -> None:
    add(old, FIRST, 1)
    (add(old, SECOND, 2) / JOURNAL).write_bytes(b"no journal")

    taken = take(old, here)

    assert (taken.taken, [*taken.left]) == ([FIRST], [SECOND])


def test_our_own_state_directory_keeps_its_reports(here: Machine) -> None:
    """Its runs are copies from then on."""
    folder = add(Archive(here.archive.state_dir), FIRST, 1)
    (folder / "report.csv").touch()

    take(here.archive, here)
    here.archive.fetch(FIRST)

    assert (folder / "report.csv").exists()


def test_copies_bring_back_what_a_database_has_lost(here: Machine, old: Archive) -> None:
    """With the numbers that they had; the next run is newer. What was never saved is none."""
    write_version(add(old, FIRST, 41), Version(2))
    write_version(add(old, SECOND, 43), None)
    write_version(add(old, THIRD, 44), Version())
    ours = here.run()

    take(old, here)

    assert listed(here) == [ours, FIRST, SECOND]
    assert here.archive.index.take_number("", ()) > 43
