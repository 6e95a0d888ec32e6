"""How far the runs of other processes are, as the database says."""

from collections.abc import Iterator

import orjson
import psycopg
import pytest

from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.run_file import pack_outcomes
from presence_worker.fleet.run_progress import RunsOfOthers
from presence_worker.fleet.sealing import Sealing
from presence_worker.journal import Settled
from presence_worker.model import Outcome, Result
from presence_worker.settings.fleet import Fleet

RUN, MINE, SEALING = "20261201T020000Z-0000", "20261201T020000Z-1111", Sealing()
AT = "2026-12-01T02:00:00+00:00"


@pytest.fixture
def tables(database_url: str) -> Iterator[psycopg.Connection]:
    """The tables, with a run of another process and one of ours."""
    database = SharedDatabase(Fleet.model_validate({"database": database_url}))
    with database.connect() as connection:
        for number, (run_id, holder) in enumerate(((RUN, "other"), (MINE, "me"))):
            connection.execute(
                "INSERT INTO run (run_id, number, target, state, saved, line, file)"
                " VALUES (%s, %s, %s, 'running', 1, %s, '')",
                (run_id, number, f"http://{number}", SEALING.seal(orjson.dumps(["{}", 3, None]))),
            )
            connection.execute(
                "INSERT INTO lease (target, token, holder, run_id, until)"
                " VALUES (%s, 5, %s, %s, now() + interval '1 minute')",
                (f"http://{number}", holder, run_id),
            )
        yield connection


@pytest.fixture
def others(database_url: str, tables: psycopg.Connection) -> Iterator[RunsOfOthers]:
    assert tables
    database = SharedDatabase(Fleet.model_validate({"database": database_url}))
    yield RunsOfOthers("me", database, SEALING)
    database.close()


def log(tables: psycopg.Connection, seq: int, *settled: tuple[int, Result], token: int = 5) -> None:
    """Write a line of the log as a worker does; without outcomes it is a permission."""
    outcomes: list[Settled] = [(row, Outcome(result), AT) for row, result in settled]
    packed = SEALING.seal(pack_outcomes(outcomes)) if outcomes else None
    tables.execute(
        "INSERT INTO log (run_id, token, seq, handed_out, done, outcomes) VALUES (%s, %s, %s, 3, 0, %s)",
        (RUN, token, seq, packed),
    )


def test_a_run_of_another_process_is_as_its_log_says(
    others: RunsOfOthers, tables: psycopg.Connection
) -> None:
    """Rows are counted by their last result; what we work on ourselves is known better."""
    (before,) = others.read()
    log(tables, 1)
    log(tables, 2, (1, Result.FAILED), (2, Result.UPDATED))
    (half,) = others.read()
    log(tables, 3, (1, Result.UPDATED))
    (after,) = others.read()

    assert (before.run_id, before.is_sending, before.done, before.total) == (RUN, False, 0, 3)
    assert (half.is_sending, half.done, half.results) == (True, 2, {Result.FAILED: 1, Result.UPDATED: 1})
    assert (after.done, after.results) == (2, {Result.UPDATED: 2})


def test_what_was_saved_meanwhile_is_still_counted(others: RunsOfOthers, tables: psycopg.Connection) -> None:
    """A save deletes the log of the run; what we have read of it stays, and the rows to send are new."""
    log(tables, 1, (1, Result.UPDATED))
    others.read()
    tables.execute("DELETE FROM log")
    line = SEALING.seal(orjson.dumps(["{}", 2, None]))
    tables.execute("UPDATE run SET saved = 2, line = %s WHERE run_id = %s", (line, RUN))
    log(tables, 2, (2, Result.UPDATED))

    (run,) = others.read()

    assert (run.done, run.total) == (2, 2)


def test_after_a_take_over_it_begins_anew(others: RunsOfOthers, tables: psycopg.Connection) -> None:
    """Another process has what is left to do, under a lease of its own."""
    log(tables, 1, (1, Result.UPDATED))
    others.read()
    tables.execute("UPDATE lease SET token = 6, holder = 'third' WHERE run_id = %s", (RUN,))
    log(tables, 1, token=6)

    (run,) = others.read()

    assert (run.done, run.is_sending) == (0, True)


@pytest.mark.parametrize(
    "change", ["holder = NULL", "until = now() - interval '1 second'", "run_id = NULL"], ids=str.split
)
def test_a_run_without_a_worker_is_not_at_work(
    others: RunsOfOthers, tables: psycopg.Connection, change: str
) -> None:
    """It was given back, its worker has died, or the lease is of no run."""
    tables.execute(f"UPDATE lease SET {change} WHERE run_id = '{RUN}'".encode())

    assert others.read() == []
    assert not others.ask_to_stop(RUN, "ann")


def test_a_run_is_asked_to_stop_once(others: RunsOfOthers, tables: psycopg.Connection) -> None:
    """Its process finds who asked beside its lease; the first one counts."""
    asked = [others.ask_to_stop(RUN, by) for by in ("the token ann", "the token bob")]

    (run,) = others.read()

    assert asked == [True, False]
    assert run.is_stopping
    assert tables.execute("SELECT stop_by FROM lease WHERE run_id = %s", (RUN,)).fetchone() == (
        "the token ann",
    )
