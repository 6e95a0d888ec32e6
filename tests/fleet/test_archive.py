"""The runs of all machines, as each of them lists, finds and deletes them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from presence_worker.errors import Locked, RunFault
from presence_worker.fleet.copies import write_version
from presence_worker.fleet.run_file import save
from presence_worker.fleet.sealing import is_sealed
from presence_worker.journal import JOURNAL, Archive, KnownRun
from tests.journal.given import MOMENT, UPDATED, end_as, staged

from .machines import Machine, machine

OTHER = "https://other.example.com/"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Machine]:
    with machine(database_url, tmp_path / "here") as made:
        yield made


@pytest.fixture
def there(database_url: str, tmp_path: Path) -> Iterator[Machine]:
    with machine(database_url, tmp_path / "there") as made:
        yield made


def names(runs: list[KnownRun]) -> list[str]:
    return [run.name for run in runs]


def test_all_machines_list_all_runs_newest_first(here: Machine, there: Machine) -> None:
    """No file is fetched for that."""
    made = [here.run(), there.run(), here.run(target=OTHER)]

    assert names(here.archive.index.runs()) == names(there.archive.index.runs()) == made[::-1]
    assert [*there.archive.runs.iterdir()] == [there.archive.runs / made[1]]


def test_the_runs_of_a_target_can_be_asked_for_alone(here: Machine) -> None:
    made = [here.run(), here.run()]
    with closing(here.stage(here.take(OTHER))):
        pass

    assert names(here.archive.index.runs(here.archive.index.runs()[-1].record.target)) == made[::-1]


def test_what_has_changed_is_read_again(here: Machine, there: Machine) -> None:
    """Whoever has changed it; what is deleted is gone."""
    first, second = here.run(), here.run()
    before = [run.record.message for run in there.archive.index.runs()]
    held = here.take()
    with closing(here.archive.open_journal(first)) as journal:
        end_as(journal, message="gone on")
        save(here.member, held, journal, b"{}")
    here.let_go(held)
    here.archive.delete(here.archive.runs / second)

    (run,) = there.archive.index.runs()

    assert (before, run.record.message, run.summary) == ([None, None], "gone on", b"{}")


def test_a_run_is_decrypted_once(database_url: str, tmp_path: Path) -> None:
    """What is listed again and again is not decrypted each time."""
    key = tmp_path / "key"
    key.write_bytes(Fernet.generate_key())
    with machine(database_url, tmp_path / "keyed", encryption_key_file=key) as made:
        made.run()
        made.archive.index.keep_summaries((run, b"{}") for run in made.archive.index.runs())
        (row,), (run,) = made.member.run_table.all(), made.archive.index.runs()
        ((kept,),) = made.ask("SELECT line FROM run")

    assert isinstance(kept, bytes)
    assert is_sealed(kept)
    assert not is_sealed(row.line)
    assert row.summary
    assert not is_sealed(row.summary)
    assert (run.summary, run.fault) == (b"{}", None)


def test_a_change_that_is_committed_late_is_seen(here: Machine, there: Machine) -> None:
    """Also one that began before others which were seen already."""
    first, second = here.run(), here.run()
    with here.member.database.connection() as slow, slow.transaction():
        slow.execute("UPDATE run SET changed = pg_current_xact_id(), saved = 7 WHERE run_id = %s", (first,))
        there.member.run_table.keep("summary", [(second, "1", b"{}")])
        before = {run.name: run.mark for run in there.archive.index.runs()}

    after = {run.name: run.mark for run in there.archive.index.runs()}

    assert (before[first], after[first]) == ("1", "7")


def test_a_run_at_work_elsewhere_is_listed_with_what_it_has_done(here: Machine, there: Machine) -> None:
    held = here.take()
    with closing(here.stage(held)) as journal:
        run_id = journal.run().run_id
    here.log(run_id, held, 1, 3, [(1, UPDATED, MOMENT), (2, UPDATED, MOMENT)])

    (run,) = there.archive.index.runs()

    assert (run.done, run.mark, run.record.state) == (2, None, "running")


def test_a_run_that_died_is_listed_with_what_was_known(here: Machine, there: Machine) -> None:
    """Its file is fetched, and what the log has is in it."""
    held = here.take()
    with closing(here.stage(held)) as journal:
        journal.sessions.begin("run", 10.0)
        save(here.member, held, journal)
        run_id = journal.run().run_id
    here.log(run_id, held, 1, 3, [(1, UPDATED, MOMENT), (2, UPDATED, MOMENT)])
    here.die()

    (run,) = there.archive.index.runs()

    assert (run.done, run.to_send) == (None, 3)


def test_what_is_kept_of_a_run_counts_until_it_is_saved_again(here: Machine, there: Machine) -> None:
    run_id = here.run()
    (run,) = here.archive.index.runs()
    here.archive.index.keep_summaries([(run, b"summary")])
    here.archive.index.keep_corrected([(run, b"[]")])
    (kept,) = there.archive.index.runs()
    held = here.take()
    with closing(here.archive.open_journal(run_id)) as journal:
        save(here.member, held, journal)
    here.let_go(held)
    there.archive.index.keep_summaries([(kept, b"late")])

    (after,) = there.archive.index.runs()

    assert (kept.summary, kept.corrected) == (b"summary", b"[]")
    assert (after.summary, after.corrected) == (None, None)


def test_a_later_run_has_a_higher_number_on_any_machine(here: Machine, there: Machine) -> None:
    numbers = [each.archive.index.take_number("", ()) for each in (here, there, here)]

    assert numbers == sorted({*numbers})


def test_ids_are_new_on_all_machines(here: Machine, there: Machine) -> None:
    """Also where clocks differ: the database counts."""
    made = [each.archive.new_folder().name for each in (here, there) * 20]

    assert len({*made}) == 40


@pytest.mark.parametrize("beginning", [16, 20], ids=["beginning", "whole"])
def test_a_run_of_another_machine_is_found_by_its_id(beginning: int, here: Machine, there: Machine) -> None:
    run_id = here.run()

    assert there.archive.find(run_id[: beginning if beginning < 20 else None]).name == run_id
    with pytest.raises(RunFault):
        there.archive.find("20200101T000000Z-0000")


def test_a_run_that_a_machine_works_on_is_not_deleted(here: Machine, there: Machine) -> None:
    held = here.take()
    with closing(here.stage(held)) as journal:
        folder = there.archive.runs / journal.run().run_id

    with pytest.raises(Locked):
        there.archive.delete(folder)

    assert len(there.archive.index.runs()) == 1


def test_copies_of_deleted_runs_are_swept_away_and_nothing_else(here: Machine, there: Machine) -> None:
    """What was there before there was a database stays."""
    gone, kept = here.run(), here.run()
    for each in (gone, kept):
        there.archive.fetch(each)
    of_before = there.archive.runs / "20201123T020000Z-7f3a"
    of_before.mkdir()
    staged(of_before / JOURNAL).close()
    here.archive.delete(here.archive.runs / gone)
    left = there.archive.runs / "20201123T020000Z-0001"  # whose process died before it was saved
    left.mkdir()
    write_version(left, None)

    there.archive.sweep(())

    assert {each.name for each in there.archive.runs.iterdir()} == {kept, of_before.name}


def test_a_target_that_some_machine_holds_is_at_work(here: Machine, there: Machine) -> None:
    held = here.take()
    at_work = [there.archive.is_at_work(held.target)]
    here.let_go(held)

    assert [*at_work, there.archive.is_at_work(held.target)] == [True, False]


def test_without_a_database_nothing_is_fetched_or_kept(tmp_path: Path) -> None:
    """The journal is the only memory."""
    archive = Archive(tmp_path)
    archive.prepare()
    folder = archive.new_folder()
    staged(folder / JOURNAL, run_id=folder.name).close()

    with closing(archive.open_journal(folder.name)) as journal:
        assert archive.keep(journal)
