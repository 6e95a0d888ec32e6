"""A database for each test; the server is started once for each process of pytest."""

from collections.abc import Iterator

import pytest

from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.shared_tables import ensure
from presence_worker.settings.fleet import Fleet

from .postgres import Postgres, postgres

TEMPLATE = "made"  # a database with our tables


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    """A server that does not wait for the disk."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def template(database_server: Postgres) -> str:
    """The name of a database with our tables, to be copied."""
    database_server.ask(f"CREATE DATABASE {TEMPLATE}")
    database = SharedDatabase(Fleet.model_validate({"database": database_server.url(TEMPLATE)}))
    ensure(database)
    database.close()  # one that somebody uses cannot be copied
    return TEMPLATE


@pytest.fixture
def database_url(database_server: Postgres, template: str) -> Iterator[str]:
    """The address of a new database with our tables."""
    with database_server.new_database(template) as url:
        yield url


@pytest.fixture
def empty_database_url(database_server: Postgres) -> Iterator[str]:
    """The address of a new database without any table."""
    with database_server.new_database() as url:
        yield url
