"""What doctor says of the database that several machines share; it changes nothing."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from presence_worker.doctor.shared_database import has_password
from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.key_change import check_key
from presence_worker.fleet.sealing import Sealing
from presence_worker.settings.fleet import Fleet
from tests.fleet.conftest import database_server, database_url, empty_database_url, template
from tests.fleet.postgres import Postgres

from .given import Doctor, answering

__all__ = ("database_server", "database_url", "empty_database_url", "template")
KEY, OTHER = "k" * 43 + "=", "o" * 43 + "="
CLOSED = "postgresql://me:s3cr3t@127.0.0.1:1/presence"


def examine(doctor: Doctor, url: str, more: str = "") -> dict[str, list[tuple[str, str]]]:
    """Return the verdicts and words of both checks, for a SuperOffice that is well."""
    doctor.configure(f'[fleet]\ndatabase = "{url}"\n{more}')
    with answering() as server:
        told = doctor(server.url)
    checks = told.ended.summary["checks"]
    return {
        name: [(each["verdict"], each["words"]) for each in checks if each["name"] == name]
        for name in ("database", "tables", "secret files")
    }


def test_a_database_that_fits(doctor: Doctor, database_url: str) -> None:
    """One that may lose what it confirmed, as that of the tests, gets a warning."""
    found = examine(doctor, database_url)

    assert [verdict for verdict, _ in found["database"]] == ["ok"]
    assert found["tables"] == [("warning", "it can lose what it has confirmed")]


def test_a_database_without_tables(doctor: Doctor, empty_database_url: str) -> None:
    """Doctor names the command, and makes none itself."""
    found = examine(doctor, empty_database_url)
    with closing(psycopg.connect(empty_database_url)) as connection:
        made = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'presence_worker'").fetchall()

    (verdict, words), *_ = found["tables"]
    assert verdict == "fault"
    assert "presence-worker fleet init" in words
    assert made == []


def test_a_database_that_is_away(doctor: Doctor) -> None:
    """What needs it is not checked, and nothing secret is printed."""
    found = examine(doctor, CLOSED)

    assert [verdict for verdict, _ in found["database"]] == ["fault"]
    assert [verdict for verdict, _ in found["tables"]] == ["skipped"]
    assert "s3cr3t" not in str(found)


def test_a_role_that_may_only_read(doctor: Doctor, database_url: str, database_server: Postgres) -> None:
    """It is not enough for this machine to work."""
    database_server.ask("DROP ROLE IF EXISTS looker")
    database_server.ask("CREATE ROLE looker LOGIN")
    found = examine(doctor, database_url.replace("postgres@", "looker@"))
    with closing(psycopg.connect(database_url, autocommit=True)) as owner:
        owner.execute("GRANT USAGE ON SCHEMA presence_worker TO looker")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA presence_worker TO looker")
        reading = examine(doctor, database_url.replace("postgres@", "looker@"))
        owner.execute("DROP OWNED BY looker")
    database_server.ask("DROP ROLE looker")

    assert found["tables"][0][0] == "fault"
    assert "does not give this role the right" in found["tables"][0][1]
    assert reading["tables"][0] == ("fault", "our role may not write")


def test_a_key_that_does_not_fit(doctor: Doctor, database_url: str, tmp_path: Path) -> None:
    """Another machine has encrypted the database with another key."""
    settings = Fleet.model_validate({"database": database_url})
    with closing(SharedDatabase(settings).connect()) as connection:
        check_key(Sealing([OTHER]), connection)
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(0o644)

    found = examine(doctor, database_url, f"encryption_key_file = '{key}'\n")

    assert found["tables"][0][0] == "fault"
    assert "none of its keys fits" in found["tables"][0][1]
    assert [verdict for verdict, _ in found["secret files"]] == ["warning"]


def test_a_machine_alone_has_no_such_checks(doctor: Doctor) -> None:
    """Without a database, nothing is asked."""
    doctor.configure("")
    with answering() as server:
        checks = doctor(server.url).ended.summary["checks"]

    assert not {"database", "tables"} & {check["name"] for check in checks}


@pytest.mark.parametrize("address", ["postgresql://me@db:5432/presence", "postgresql://db:5432/presence"])
def test_a_password_in_the_address(address: str) -> None:
    """Then the configuration is a file with a secret."""
    assert has_password(Fleet.model_validate({"database": "postgresql://me:s3cr3t@db/presence"}))
    assert not has_password(Fleet.model_validate({"database": address}))
    assert not has_password(Fleet())
