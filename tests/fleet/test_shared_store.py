"""The store of messages of all machines keeps the contract, and goes on where a machine died."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from presence_worker.fleet.connections import SharedDatabase
from presence_worker.fleet.notices import SharedNotices
from presence_worker.fleet.sealing import Sealing
from presence_worker.notify.message_store import MessageStore
from presence_worker.notify.shared_store import SharedStore
from presence_worker.settings.fleet import Fleet

from ..notify.store_suite import OpenStore, StoreSuite
from .postgres import Postgres

KEY = "x" * 42 + "A="


@pytest.fixture
def database(database_url: str) -> Iterator[SharedDatabase]:
    """A database with our tables."""
    with closing(SharedDatabase(Fleet.model_validate({"database": database_url}))) as database:
        yield database


@pytest.fixture
def open_store(database: SharedDatabase) -> OpenStore:
    """Stores of two machines and more."""
    return lambda: SharedStore(SharedNotices(database, Sealing([KEY]), "machine"))


class TestSharedStore(StoreSuite):
    """Messages in a database."""

    @pytest.fixture
    def open_store(self, open_store: OpenStore) -> OpenStore:
        """Stores of two machines and more."""
        return open_store


@pytest.fixture
def store(open_store: OpenStore) -> MessageStore:
    """An empty store."""
    return open_store()


def test_messages_are_queued_after_a_restart_of_the_database(
    store: MessageStore, database_server: Postgres, database_url: str
) -> None:
    """The connections of before are lost, and no message with them."""
    store.targets()
    query = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s"
    database_server.ask(query, database_url.rpartition("/")[2])

    with store.transaction("main"):
        store.enqueue("main", "mail", "a", "{}", 10.0)

    assert [message.id for message in store.messages()] == ["a"]


def test_a_machine_dies_while_it_sends(
    store: MessageStore, open_store: OpenStore, database: SharedDatabase
) -> None:
    """Another one sends the message, when the time for that is over."""
    store.enqueue("main", "mail", "a", "{}", 10.0)
    (message,) = store.messages()

    with store.hold(message, 60.0):
        with open_store().hold(message, 60.0) as early:
            pass
        with database.connection() as connection:
            connection.execute("UPDATE message SET held_until = now() - interval '1 s'")
        with open_store().hold(message, 60.0) as late:
            assert (early, late) == (False, True)


def test_a_run_that_is_not_there_yet_stays_noted(store: MessageStore, database: SharedDatabase) -> None:
    """It was noted on another machine a moment ago, and is saved a moment later."""
    store.register("run-1", "main", 0)

    store.give_up("run-1", "main")
    assert store.runs_of("main") == [("run-1", 0)]

    with database.connection() as connection:
        connection.execute("UPDATE noted_run SET noted_at = now() - interval '2 days'")
    store.give_up("run-1", "main")
    assert store.runs_of("main") == []


def test_what_the_database_has_is_sealed(store: MessageStore, database: SharedDatabase) -> None:
    """No label of a job and no reason can be read in it."""
    store.enqueue("main", "mail", "a", '{"label": "Sick leave"}', 10.0)

    with database.connection() as connection:
        rows = connection.execute("SELECT message::text FROM message").fetchall()

    assert b"Sick".hex() not in rows[0][0]
    assert "Sick" not in rows[0][0]
