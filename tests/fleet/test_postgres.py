"""The server of the tests."""

import signal
from collections.abc import Iterator

import psycopg
import pytest

from .postgres import Postgres, postgres


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that a test may kill."""
    with postgres({"fsync": "on"}) as server:
        yield server


def test_a_crashed_server_keeps_what_it_confirmed(own_server: Postgres) -> None:
    """Started again at the same port, it has what was committed."""
    own_server.ask("CREATE TABLE kept AS SELECT 1 AS one")

    own_server.stop(signal.SIGQUIT)
    assert not own_server.answers()
    assert own_server.start()

    assert own_server.ask("SELECT one FROM kept") == [(1,)]


def test_each_test_has_a_database_of_its_own(database_url: str, database_server: Postgres) -> None:
    """What one test makes is not there for another."""
    with psycopg.connect(database_url) as mine, database_server.new_database() as other:
        mine.execute("CREATE TABLE mine ()")
        with psycopg.connect(other) as theirs:
            found = theirs.execute("SELECT to_regclass('mine')").fetchone()

    assert found == (None,)
