"""The turns of targets: each is at one machine, and none is lost."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import anyio
import psycopg
import pytest
from psycopg import sql

from presence_worker.fleet.engine import FleetTurns
from presence_worker.fleet.member import FleetMember
from presence_worker.settings.fleet import Fleet

pytestmark = pytest.mark.anyio
SOON = 30.0  # seconds until something is taken for never to happen
LEASE = 10.0
TARGETS = {"oslo": "https://oslo.example", "rome": "https://rome.example"}
PUT = """INSERT INTO job (id, number, changed, target, state, body)
    SELECT %s, nextval('job_number'), nextval('job_change'), %s, 'waiting', ''"""


@contextmanager
def member_at(url: str) -> Iterator[FleetMember]:
    member = FleetMember(Fleet.model_validate({"database": url, "lease": LEASE, "runs": 5}))
    try:
        yield member
    finally:
        member.close()


@asynccontextmanager
async def machine(url: str, served: Mapping[str, str] = TARGETS) -> AsyncIterator[FleetTurns]:
    """A machine that takes turns."""
    with member_at(url) as member:
        turns = FleetTurns(member, "worker", lambda: served)
        async with turns.working(lambda: None):
            yield turns


def put_job(url: str, target: str) -> None:
    """Let a job wait, of which the engine has not heard."""
    ask(url, PUT, f"{target}-1", target)


def ask(url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = presence_worker")
        cursor = connection.execute(sql.SQL(statement), values)
        return cursor.fetchall() if cursor.description else []


async def until(is_so: Callable[[], object]) -> None:
    with anyio.fail_after(SOON):
        while not is_so():  # noqa: ASYNC110 - what happens in another thread sets no event of ours
            await anyio.sleep(0.02)


async def test_a_job_without_a_turn_gets_one(database_url: str) -> None:
    """A job that waits is seen by a machine, whatever became of its turn."""
    async with machine(database_url) as turns:
        put_job(database_url, "oslo")

        await until(turns.here)

        assert turns.here() == {"oslo"}


async def test_a_turn_is_at_one_machine(database_url: str) -> None:
    """Of several machines, one gets the turn; when it gives the turn back, it may be another one's."""
    put_job(database_url, "oslo")
    async with machine(database_url) as first, machine(database_url) as second:
        await until(lambda: first.here() or second.here())
        has, other = (first, second) if first.here() else (second, first)
        await anyio.sleep(0.5)
        assert not other.here()

        has.stop()
        has.give_back("oslo", 0.0)
        await until(other.here)

        assert not has.here()
        assert other.here() == {"oslo"}
