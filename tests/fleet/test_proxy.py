"""The way to the database of the campaigns."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from .postgres import Postgres
from .proxy import Cut, Proxy, proxy_to


@pytest.fixture
def proxy(database_server: Postgres) -> Iterator[Proxy]:
    """A proxy in front of the server of the tests."""
    with proxy_to(database_server.port) as proxy:
        yield proxy


@pytest.fixture
def url(empty_database_url: str, database_server: Postgres, proxy: Proxy) -> str:
    """The way to an empty database through the proxy."""
    return database_server.url(urlsplit(empty_database_url).path.strip("/"), port=proxy.port)


def connect(url: str) -> "psycopg.Connection[tuple[int]]":
    """Connect; each statement is a transaction."""
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def test_counts_statements_and_passes_answers_on(url: str, proxy: Proxy) -> None:
    """Each statement counts once, whatever messages it is made of."""
    with connect(url) as connection:
        answers = [connection.execute("SELECT %s::int", [number]).fetchone() for number in range(3)]
        simple = connection.execute("SELECT 3").fetchone()

    assert ([*answers, simple], proxy.statements) == ([(0,), (1,), (2,), (3,)], 4)


@pytest.mark.parametrize(("cut", "kept"), [(Cut.BEFORE, 0), (Cut.AFTER, 1)])
def test_cuts_before_or_after_the_server_did_it(url: str, proxy: Proxy, cut: Cut, kept: int) -> None:
    """The client sees the same; the server has carried the statement out, or not."""
    with connect(url) as connection:
        connection.execute("CREATE TABLE kept (number int)")
    proxy.cuts[proxy.statements + 1] = cut

    with connect(url) as connection, pytest.raises(psycopg.OperationalError):
        connection.execute("INSERT INTO kept VALUES (1)")

    with connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (kept,)
    assert len(proxy.done) == 1


def test_is_slow_on_cue(url: str, proxy: Proxy) -> None:
    """Each statement waits before it is passed on."""
    with connect(url) as connection:
        proxy.delay = 0.1
        began = time.monotonic()
        connection.execute("SELECT 1")

    assert time.monotonic() - began >= 0.1


def test_is_away_on_cue(url: str, proxy: Proxy) -> None:
    """Connections break, new ones are not made, until it comes back."""
    with connect(url) as connection:
        proxy.go_away()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        connect(url)

    proxy.come_back()

    with connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_swallows_all_on_cue(url: str, proxy: Proxy) -> None:
    """A connection stays, and nothing comes."""
    with connect(url) as connection:
        proxy.block()
        with pytest.raises(psycopg.errors.ConnectionTimeout):
            psycopg.connect(url, connect_timeout=2)
        proxy.come_back()
        assert connection.execute("SELECT 1").fetchone() == (1,)
