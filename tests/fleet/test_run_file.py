"""A run in the database: what one machine saves, another one has, and nobody else can write."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.errors import DatabaseAway, LeaseLost, Locked, StateFault
from presence_worker.fleet.copies import read_version
from presence_worker.fleet.run_file import pack_outcomes, save, save_unheld, unpack_outcomes
from presence_worker.journal import JOURNAL
from presence_worker.journal.archive import Archive
from presence_worker.model import Outcome, Reason, Result
from tests.journal.given import FAILED, MOMENT, REJECTED, UNKNOWN, UPDATED, end_as, record

from .machines import Machine, machine
from .postgres import Postgres
from .proxy import proxy_to

WORDS = "on sick leave"


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Machine]:
    with machine(database_url, tmp_path / "here") as made:
        yield made


@pytest.fixture
def there(database_url: str, tmp_path: Path) -> Iterator[Machine]:
    with machine(database_url, tmp_path / "there") as made:
        yield made


def counts(archive: Archive, run_id: str) -> dict[Result, int]:
    with closing(archive.open_journal(run_id)) as journal:
        return {result: number for result, number in journal.results.counts().items() if number}


def test_what_one_machine_has_saved_another_one_reads(here: Machine, there: Machine) -> None:
    """Also what stood in a write-ahead log."""
    held = here.take()
    with closing(here.stage(held)) as journal:
        journal.sessions.begin("run", 10.0)
        assert len(journal.outbox.take(0, 5)) == 5
        record(journal, {1: UPDATED, 2: REJECTED})
        journal.sessions.end(seconds=1.0, gets=0)
        end_as(journal, state="stopped")
        save(here.member, held, journal)
        run_id = journal.run().run_id
    here.let_go(held)

    assert counts(there.archive, run_id) == {Result.UPDATED: 1, Result.REJECTED: 1, Result.NOT_SENT: 3}


def test_who_takes_over_finds_outcomes_and_doubts(here: Machine, there: Machine) -> None:
    """Rows that were handed out after the last save and have no outcome are in doubt, the others are not."""
    held = here.take()
    with closing(here.stage(held, 9)) as journal:
        run_id = journal.run().run_id
        journal.sessions.begin("run", 10.0)
        save(here.member, held, journal)
    here.log(run_id, held, 1, 4, [])
    here.log(run_id, held, 2, 6, [(1, UPDATED, MOMENT), (2, REJECTED, MOMENT), (3, UNKNOWN, MOMENT)])
    here.die()

    found = counts(there.archive, run_id)

    assert found == {Result.UPDATED: 1, Result.REJECTED: 1, Result.UNKNOWN: 4, Result.NOT_SENT: 3}


def test_a_copy_is_fetched_again_only_when_the_run_has_gone_on(here: Machine, there: Machine) -> None:
    run_id = here.run()
    there.archive.fetch(run_id)
    with closing(there.archive.open_journal(run_id)) as journal:
        end_as(journal, message="written here alone")
    with closing(there.archive.open_journal(run_id)) as journal:
        assert journal.run().message == "written here alone"
    (there.archive.runs / run_id / "report.csv").touch()

    held = here.take()
    with closing(here.archive.open_journal(run_id)) as journal:
        end_as(journal, message="gone on")
        save(here.member, held, journal)
    here.let_go(held)

    with closing(there.archive.open_journal(run_id)) as journal:
        assert journal.run().message == "gone on"
    assert not (there.archive.runs / run_id / "report.csv").exists()  # it was of the run before


def test_a_fetched_run_can_be_read_while_an_older_copy_is_open(here: Machine, there: Machine) -> None:
    """Whoever reads the older copy when it is replaced spoils nothing by closing it."""
    run_id = here.run()
    with closing(there.archive.open_journal(run_id)) as reader:
        reader.run()
        held = here.take()
        with closing(here.archive.open_journal(run_id)) as journal:
            end_as(journal, message="gone on")
            save(here.member, held, journal)
        here.let_go(held)
        with closing(there.archive.open_journal(run_id)) as journal:
            end_as(journal, message="and on")
            reader.close()
            assert journal.run().message == "and on"

    with closing(sqlite3.connect(there.archive.runs / run_id / JOURNAL)) as database:
        assert database.execute("SELECT message FROM run").fetchall() == [("and on",)]


def test_who_has_lost_the_target_saves_nothing(here: Machine, there: Machine) -> None:
    """Not even what it had written before, and its copy is fetched anew."""
    held = here.take()
    with closing(here.stage(held)) as journal:
        run_id = journal.run().run_id
        taken = there.take()
        end_as(journal, state="finished")

        with pytest.raises(LeaseLost):
            save(here.member, held, journal)

    there.let_go(taken)
    with closing(here.archive.open_journal(run_id)) as journal:
        assert journal.run().state == "running"


def test_a_run_at_work_elsewhere_is_locked(here: Machine, there: Machine) -> None:
    held = here.take()
    with closing(here.stage(held)) as journal:
        run_id = journal.run().run_id

    with pytest.raises(Locked, match="another machine"):
        there.archive.open_journal(run_id)

    here.let_go(held)
    there.archive.open_journal(run_id).close()


def test_a_note_is_not_saved_over_what_has_gone_on(here: Machine, there: Machine) -> None:
    """A copy that is older than the run, or whose run somebody holds, stays where it is."""
    run_id = here.run()
    with closing(there.archive.open_journal(run_id)) as journal:
        held = here.take()
        with closing(here.archive.open_journal(run_id)) as newer:
            save(here.member, held, newer)
            is_saved = [save_unheld(there.member, journal)]
        here.let_go(held)
        is_saved.append(save_unheld(there.member, journal))
    with closing(there.archive.open_journal(run_id)) as journal:
        end_as(journal, message="noted")
        is_saved.append(save_unheld(there.member, journal))

    with closing(here.archive.open_journal(run_id)) as journal:
        assert journal.run().message == "noted"
    assert is_saved == [False, False, True]


def test_a_note_that_could_not_be_saved_is_forgotten(
    here: Machine, database_server: Postgres, database_url: str, tmp_path: Path
) -> None:
    """The database was away: the copy has more than the run, so it is fetched again."""
    run_id = here.run()
    with proxy_to(database_server.port) as proxy:
        url = database_server.url(database_url.rpartition("/")[2], port=proxy.port)
        with machine(url, tmp_path / "far") as far:
            with closing(far.archive.open_journal(run_id)) as journal:
                end_as(journal, message="noted")
                proxy.go_away()
                with pytest.raises(DatabaseAway):
                    save_unheld(far.member, journal)
            proxy.come_back()

            with closing(far.archive.open_journal(run_id)) as journal:
                assert journal.run().message is None


def test_a_run_that_was_never_saved_is_none(here: Machine) -> None:
    """Nothing of it was sent."""
    folder = here.archive.new_folder()

    with pytest.raises(StateFault, match="never saved"):
        here.archive.open_journal(folder.name)


def test_a_copy_of_a_run_at_work_says_nothing_of_its_age(here: Machine) -> None:
    """What is written next is here first: after a crash, the run is fetched."""
    held = here.take()
    with closing(here.stage(held)) as journal:
        folder = Path(journal.path).parent
        before = read_version(folder)
        end_as(journal, state="finished")
        save(here.member, held, journal)

    assert before is None
    assert read_version(folder) is not None


def test_with_a_key_words_of_a_file_are_not_in_the_database(database_url: str, tmp_path: Path) -> None:
    """Neither in the file of the run, nor in its line or summary, nor in the log."""
    (tmp_path / "key").write_bytes(Fernet.generate_key())
    with machine(database_url, tmp_path / "here", encryption_key_file=tmp_path / "key") as made:
        held = made.take()
        with closing(made.stage(held)) as journal:
            end_as(journal, state="finished", message=WORDS)
            save(made.member, held, journal, WORDS.encode())
            made.log(journal.run().run_id, held, 1, 1, [(1, UNKNOWN._replace(detail=WORDS), MOMENT)])

        ((everything,),) = made.ask("SELECT line || summary || file || outcomes FROM run NATURAL JOIN log")

    assert isinstance(everything, bytes)
    assert WORDS.encode() not in everything


OUTCOMES = st.tuples(
    st.sampled_from(Result),
    st.none() | st.sampled_from(Reason),
    st.none() | st.text(max_size=20),
    st.none() | st.integers(100, 599),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 10**9).map(lambda microseconds: microseconds / 1000),
).map(lambda known: Outcome(*known))


@given(st.lists(st.tuples(st.integers(1, 10**6), OUTCOMES, st.just(MOMENT)), max_size=5))
def test_outcomes_come_out_as_they_went_in(outcomes: list[tuple[int, Outcome, str]]) -> None:
    assert unpack_outcomes(pack_outcomes(outcomes)) == outcomes


def test_replaying_a_log_twice_changes_nothing(here: Machine, there: Machine) -> None:
    """Rows of the log may be there once more after a lost answer."""
    held = here.take()
    with closing(here.stage(held, 3)) as journal:
        run_id = journal.run().run_id
        journal.sessions.begin("run", 10.0)
        save(here.member, held, journal)
    for seq in (1, 2):
        here.log(run_id, held, seq, 2, [(1, FAILED, MOMENT), (2, UPDATED, MOMENT)])
    here.die()

    with closing(there.archive.open_journal(run_id)) as journal:
        puts = journal.results.puts()

    assert puts == (2, 0)
