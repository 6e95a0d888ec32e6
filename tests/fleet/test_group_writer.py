"""The group writer: what was written before its answer was lost is written again, and changes nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from presence_worker.errors import DatabaseAway, LeaseLost, Stopped
from presence_worker.fleet.member import FleetMember
from presence_worker.settings.fleet import Fleet

from .postgres import Postgres
from .proxy import proxy_to

ONE, OTHER = "https://online.example.com/Cust1", "https://online.example.com/Cust2"
PATIENCE = 30.0
LOG = "SELECT run_id, seq, handed_out, done, outcomes FROM log ORDER BY run_id"


@pytest.fixture
def member(database_url: str) -> Iterator[FleetMember]:
    made = FleetMember(Fleet.model_validate({"database": database_url}))
    yield made
    made.close()


@pytest.mark.parametrize("outcomes", [b"outcomes", None])
def test_lines_that_are_there_change_nothing(member: FleetMember, outcomes: bytes | None) -> None:
    """A line of another run goes in beside one that is there."""
    one, other = (member.leases.take(target, 1.0) for target in (ONE, OTHER))
    member.writer.submit(one, "a", 1, 10, 5, outcomes).result(PATIENCE)

    again = member.writer.submit(one, "a", 1, 10, 5, b"another answer")
    new = member.writer.submit(other, "b", 1, 20, 10, outcomes)

    again.result(PATIENCE)
    new.result(PATIENCE)
    found = member.database.work(lambda connection: connection.execute(LOG.encode()).fetchall())
    assert found == [("a", 1, 10, 5, outcomes), ("b", 1, 20, 10, outcomes)]


def test_whose_target_is_gone_hears_of_it_alone(member: FleetMember) -> None:
    """What other runs have in the same group is written."""
    lost, kept = (member.leases.take(target, 1.0) for target in (ONE, OTHER))
    query = "UPDATE lease SET token = token + 1, holder = 'another' WHERE target = %s"
    member.database.work(lambda connection: connection.execute(query, [ONE]))

    theirs = member.writer.submit(lost, "a", 1, 10, 5, None)
    ours = member.writer.submit(kept, "b", 1, 20, 10, None)

    ours.result(PATIENCE)
    with pytest.raises(LeaseLost):
        theirs.result(PATIENCE)
    assert (lost.is_lost, kept.is_lost) == (True, False)
    found = member.database.work(lambda connection: connection.execute(LOG.encode()).fetchall())
    assert found == [("b", 1, 20, 10, None)]


def test_what_cannot_be_written_does_not_take_others_along(member: FleetMember) -> None:
    """The database refuses a line of one run; the other one's is written."""
    wrong, right = (member.leases.take(target, 1.0) for target in (ONE, OTHER))
    member.writer.submit(right, "b", 1, 10, 5, None).result(PATIENCE)

    refused = member.writer.submit(wrong, "a\0", 1, 10, 5, None)
    taken = member.writer.submit(right, "b", 2, 20, 10, None)

    taken.result(PATIENCE)
    with pytest.raises(Stopped, match="the database does not take"):
        refused.result(PATIENCE)


def test_lines_wait_for_the_database(database_server: Postgres, database_url: str) -> None:
    """While it is away they wait, in any number; what was given up meanwhile is not written."""
    with proxy_to(database_server.port) as proxy:
        url = database_server.url(database_url.rpartition("/")[2], port=proxy.port)
        with closing(FleetMember(Fleet.model_validate({"database": url}))) as member:
            held = member.leases.take(ONE, 1.0)
            proxy.go_away()
            first = member.writer.submit(held, "a", 1, 10, 0, None)
            with pytest.raises(TimeoutError):
                first.result(0.7)
            second = member.writer.submit(held, "a", 2, 20, 10, b"outcomes")
            given_up = member.writer.submit(held, "a", 3, 30, 10, None)
            assert given_up.cancel()
            assert member.writer.is_away
            proxy.come_back()

            for line in (first, second):
                line.result(PATIENCE)
            query = "SELECT seq, handed_out, outcomes FROM log ORDER BY seq"
            found = member.database.work(lambda connection: connection.execute(query).fetchall())
            assert found == [(1, 10, None), (2, 20, b"outcomes")]


@contextmanager
def read_only(server: Postgres, url: str) -> Iterator[None]:
    """Let nothing be written, as on a copy that is about to take the place of the database."""
    name = url.rpartition("/")[2]
    server.ask(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    server.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
    yield
    server.ask(f"ALTER DATABASE {name} RESET default_transaction_read_only")


def test_lines_wait_until_the_database_can_be_written(
    member: FleetMember, database_server: Postgres, database_url: str
) -> None:
    """A connection that cannot write is not used again."""
    held = member.leases.take(ONE, 1.0)
    with read_only(database_server, database_url):
        line = member.writer.submit(held, "a", 1, 10, 0, None)
        with pytest.raises(DatabaseAway):
            member.leases.take(OTHER, 1.0)
        with pytest.raises(TimeoutError):
            line.result(0.7)

    line.result(PATIENCE)
    member.leases.take(OTHER, 1.0)


def test_what_is_not_allowed_stops_the_run(member: FleetMember) -> None:
    """Whatever the database has against a line, the run ends in order."""
    held = member.leases.take(ONE, 1.0)
    member.database.work(lambda connection: connection.execute("DROP TABLE log"))

    line = member.writer.submit(held, "a", 1, 10, 0, None)

    with pytest.raises(Stopped, match="fleet init"):
        line.result(PATIENCE)
