"""The roles that config/postgresql/roles.sql makes: one makes the tables, one works, one looks."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from presence_worker.errors import UsageFault
from presence_worker.fleet.connections import Connection, SharedDatabase, meaning
from presence_worker.fleet.member import FleetMember
from presence_worker.fleet.shared_tables import ensure
from presence_worker.fleet.upkeep import bring_up_to_date, encrypt_all, status_of
from presence_worker.fleet.workers import leave, register
from presence_worker.next_step import NextStep
from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.settings.fleet import Fleet

from .postgres import Postgres

SHIPPED = Path(__file__).parents[2] / "config" / "postgresql" / "roles.sql"
ROLES = ("presence_owner", "presence_worker", "presence_reader")
KEY = "k" * 43 + "="


@pytest.fixture
def url(empty_database_url: str, database_server: Postgres) -> Iterator[str]:
    """The address of a database with the roles and without tables; the roles are gone afterwards."""
    with closing(psycopg.connect(empty_database_url, autocommit=True)) as administrator:
        administrator.execute(SHIPPED.read_bytes())
        yield empty_database_url
        administrator.execute("DROP SCHEMA presence_worker CASCADE")
        for role in ROLES:
            administrator.execute(f"DROP OWNED BY {role}".encode())
    for role in ROLES:
        database_server.ask(f"DROP ROLE {role}")


def settings(url: str, role: str, **more: object) -> Fleet:
    return Fleet.model_validate({"database": url.replace("postgres@", f"{role}@"), **more})


def connect(url: str, role: str) -> "closing[Connection]":
    return closing(SharedDatabase(settings(url, role)).connect())


def test_only_the_owner_makes_tables(url: str) -> None:
    """Another role is told what to run; the owner's tables are those of all."""
    for role in ("presence_worker", "presence_reader"):
        database = SharedDatabase(settings(url, role), prepare=ensure)
        with pytest.raises(UsageFault, match="fleet init"), database.connection():
            pass
        database.close()

    assert bring_up_to_date(settings(url, "presence_owner")).before == 0

    with connect(url, "presence_worker") as worker, pytest.raises(UsageFault), meaning():
        worker.execute("CREATE TABLE mine ()")


def test_init_with_the_role_of_a_worker(url: str) -> None:
    """The words name the role, and the next command is not the one that has just failed."""
    with pytest.raises(UsageFault, match=r"presence_worker may not make tables.* owns the tables") as refused:
        bring_up_to_date(settings(url, "presence_worker"))
    bring_up_to_date(settings(url, "presence_owner"))

    assert refused.value.next == NextStep(("manual", "many-machines"))


def test_a_worker_can_do_its_work(url: str, tmp_path: Path) -> None:
    """It queues, takes a target, writes and deletes, without a right to change a table."""
    bring_up_to_date(settings(url, "presence_owner"))
    key = tmp_path / "key"
    key.write_text(KEY)
    fleet = settings(url, "presence_worker", encryption_key_file=key)
    member = FleetMember(fleet)
    with closing(member):
        queue = member.queue_in(tmp_path)
        new = NewJob(target="emea", command=JobCommand.RESUME, way=JobWay.COMMAND, run_id="run")
        job, _ = queue.put(new, None)

        held = member.leases.take("https://crm.example", 1.0)
        listed = status_of(fleet)
        member.leases.give_back(held, in_flight=False)
        cancelled = queue.cancel(job.id)

    assert [each.state for each in listed.leases] == ["at work"]
    assert [(each.target, each.waiting) for each in listed.jobs] == [("emea", 1)]
    assert cancelled.id == job.id
    assert encrypt_all(fleet) == 0


def test_a_reader_only_looks(url: str) -> None:
    """It sees who works on what, and changes nothing."""
    bring_up_to_date(settings(url, "presence_owner"))
    with connect(url, "presence_worker") as worker:
        register("one", "worker", settings(url, "presence_worker"), worker)

    assert [each.worker for each in status_of(settings(url, "presence_reader")).workers] == ["one"]
    with connect(url, "presence_reader") as reader, pytest.raises(UsageFault, match="right"), meaning():
        leave("one", reader)


def test_tables_of_an_upgrade_are_for_all_roles(url: str) -> None:
    """Nothing has to be granted again."""
    bring_up_to_date(settings(url, "presence_owner"))
    with connect(url, "presence_owner") as owner:
        owner.execute("CREATE TABLE later (id serial)")

    with connect(url, "presence_worker") as worker:
        worker.execute("INSERT INTO later DEFAULT VALUES")
    with connect(url, "presence_reader") as reader:
        assert reader.execute("SELECT id FROM later").fetchall() == [(1,)]
