"""A database for each test; the server is started once for each process of pytest."""

from collections.abc import Iterator

import pytest

from .postgres import Postgres, postgres


@pytest.fixture(scope="session")
def database_server() -> Iterator[Postgres]:
    """A server that does not wait for the disk."""
    with postgres() as server:
        yield server


@pytest.fixture
def database_url(database_server: Postgres) -> Iterator[str]:
    """The address of a new, empty database."""
    with database_server.new_database() as url:
        yield url
