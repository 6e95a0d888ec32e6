"""The tables: made once, by whoever comes first and may, and brought up to date."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from presence_worker.errors import UsageFault
from presence_worker.fleet import shared_tables
from presence_worker.fleet.connections import Connection, SharedDatabase
from presence_worker.fleet.shared_tables import Made, check, ensure, init
from presence_worker.fleet.workers import has_former as is_there
from presence_worker.fleet.workers import register
from presence_worker.next_step import NextStep
from presence_worker.settings.fleet import Fleet

from .postgres import Postgres


def shared(url: str) -> SharedDatabase:
    return SharedDatabase(Fleet.model_validate({"database": url}))


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    """A connection to a database without any table."""
    with closing(shared(empty_database_url).connect()) as opened:
        yield opened


def tables(connection: Connection) -> set[str]:
    found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'presence_worker'")
    return {name for (name,) in found}


def has_former(_: Connection) -> bool:
    return True


def test_the_first_one_makes_the_tables(empty_database_url: str, connection: Connection) -> None:
    """Ours and the engine's, all in one schema; the next one finds them."""
    database = shared(empty_database_url)

    ensure(database)
    ensure(database)

    database.close()
    assert {"lease", "run", "log", "job", "procrastinate_jobs"} <= tables(connection)
    assert init(connection) == Made(before=1, now=1, waiting=())


def test_many_can_come_first(empty_database_url: str, connection: Connection) -> None:
    """One makes the tables; the others wait for it, and find them."""

    def begin(_: int) -> Made:
        with closing(shared(empty_database_url).connect()) as own:
            return init(own)

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(begin, range(8)))

    assert sorted(each.before for each in made) == [0, *[1] * 7]
    check(connection)


def test_a_role_that_may_not_is_told_what_to_run(
    empty_database_url: str, database_server: Postgres, connection: Connection
) -> None:
    """Nothing is made, and the words name the command."""
    database_server.ask("DROP ROLE IF EXISTS guest")
    database_server.ask("CREATE ROLE guest LOGIN")
    database = shared(empty_database_url.replace("postgres@", "guest@"))

    with pytest.raises(UsageFault, match="presence-worker fleet init") as refused:
        ensure(database)

    database.close()
    assert refused.value.next == NextStep(("fleet", "init"))
    assert tables(connection) == set()


def test_old_tables_need_the_command(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with a step more does not change tables by the way."""
    init(connection)
    monkeypatch.setattr(shared_tables, "STEPS", ("schema.sql", "next.sql"))

    with pytest.raises(UsageFault, match="fleet init"):
        check(connection)


def test_a_former_program_goes_on(connection: Connection) -> None:
    """Steps only add: tables that are newer than a program serve it, until they say otherwise."""
    init(connection)

    connection.execute("UPDATE version SET version = 2, oldest = 1")
    check(connection)
    kept = init(connection)
    connection.execute("UPDATE version SET oldest = 2")

    with pytest.raises(UsageFault, match="newer version"):
        check(connection)
    with pytest.raises(UsageFault, match="newer version"):
        init(connection)
    assert kept.now == 2


def test_all_or_nothing(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that breaks leaves no table behind."""
    monkeypatch.setattr(shared_tables, "STEPS", ("schema.sql", "missing.sql"))

    with pytest.raises(FileNotFoundError):
        init(connection)

    assert tables(connection) == set()


@pytest.mark.parametrize("name", ["03.04.00_50_post_add_retry_failed_job_procedure.sql"])
def test_what_a_former_worker_does_not_bear_waits(connection: Connection, name: str) -> None:
    """The engine's later steps come when no worker of the former version is there."""
    init(connection)
    connection.execute("DELETE FROM engine_step WHERE name = %s", [name])

    waits = init(connection, has_former)
    done = init(connection)

    assert (waits.waiting, done.waiting) == ((name,), ())
    assert init(connection, has_former).waiting == ()


def test_steps_of_the_engine_lead_to_its_tables(connection: Connection) -> None:
    """Its first step and all later ones make what its file for new databases makes."""
    init(connection)
    fresh = shape(connection)

    connection.execute("DROP SCHEMA presence_worker CASCADE")
    connection.execute("CREATE SCHEMA presence_worker")
    connection.execute("CREATE TABLE engine_step (name text PRIMARY KEY)")
    connection.execute("INSERT INTO engine_step VALUES ('none')")
    shared_tables.update_engine(connection, has_former=False)

    assert shape(connection) == fresh


def shape(connection: Connection) -> list[tuple[str, str]]:
    """Return the columns of the engine's tables."""
    return connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'presence_worker' AND table_name LIKE 'procrastinate%' ORDER BY 1, 2, 3"
    ).fetchall()


def test_workers_of_another_version_are_seen(connection: Connection, empty_database_url: str) -> None:
    """While one of them is there, an upgrade keeps what it needs; one that died does not count."""
    settings = Fleet.model_validate({"database": empty_database_url})
    init(connection)
    register("one", "worker", settings, connection)

    ours = is_there(connection)
    connection.execute("UPDATE worker SET program = '0.0.1'")
    former = is_there(connection)
    connection.execute("UPDATE worker SET seen_at = now() - interval '31 s'")

    assert (ours, former, is_there(connection)) == (False, True, False)
