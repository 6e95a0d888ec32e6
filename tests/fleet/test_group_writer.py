"""The group writer: what was written before its answer was lost is written again, and changes nothing."""

from collections.abc import Iterator

import pytest

from presence_worker.fleet.member import FleetMember
from presence_worker.settings.fleet import Fleet

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
