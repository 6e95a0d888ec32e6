"""The turns of targets: each is at one machine, and none is lost."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import anyio
import psycopg
import pytest
from psycopg import sql

from presence_worker.fleet.engine import FleetTurns
from presence_worker.fleet.job_rows import NewRow, insert
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
        async with turns.work(lambda: None):
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


def leave_turn(url: str, target: str, seconds: float, lease: float) -> None:
    """Leave the turn of a worker that was heard of last so many seconds ago; its lease has others left."""
    put_job(url, target)
    ask(
        url,
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
        seconds,
    )
    ask(
        url,
        """INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status, worker_id)
        SELECT %s, 'turn', %s, %s, 'doing', max(id) FROM procrastinate_workers""",
        target,
        target,
        target,
    )
    ask(
        url,
        """INSERT INTO lease (target, token, holder, until)
        VALUES (%s, 1, 'gone', now() + make_interval(secs => %s))""",
        TARGETS[target],
        lease,
    )


async def test_the_turn_of_a_dead_machine_is_free(database_url: str) -> None:
    """When it was not heard of and its lease is over, another one gets the turn."""
    leave_turn(database_url, "oslo", seconds=60, lease=-1)

    async with machine(database_url) as turns:
        await until(turns.here)

    assert ask(database_url, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == [(0,)]


@pytest.mark.parametrize(("seconds", "lease"), [(60.0, 60.0), (0.0, -1.0)])
async def test_the_turn_of_a_live_machine_is_not(database_url: str, seconds: float, lease: float) -> None:
    """Neither while its lease holds, whatever was heard of it, nor while it is heard of."""
    leave_turn(database_url, "oslo", seconds, lease)
    async with machine(database_url) as turns:
        put_job(database_url, "rome")  # a later look finds it
        await until(turns.here)
        await anyio.sleep(2.5)

        assert turns.here() == {"rome"}


async def test_the_engine_is_started_again(database_url: str) -> None:
    """When the database ends all connections, turns that are here stay, and others come."""
    put_job(database_url, "oslo")
    async with machine(database_url) as turns:
        await until(turns.here)
        ask(
            database_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()",
        )
        put_job(database_url, "rome")

        await until(lambda: len(turns.here()) == 2)

        assert turns.here() == {"oslo", "rome"}


async def test_targets_of_others_are_not_taken(database_url: str) -> None:
    """A machine takes the turns of the targets that it serves; these may be others later."""
    served = {"rome": TARGETS["rome"]}
    put_job(database_url, "oslo")
    put_job(database_url, "rome")
    async with machine(database_url, served) as turns:
        await until(turns.here)
        before = turns.here()

        served["oslo"] = TARGETS["oslo"]
        await until(lambda: len(turns.here()) == 2)

    assert before == {"rome"}


@pytest.mark.parametrize("target", ["o" * 41, "https://crm.example.com/" + "ø" * 200])
async def test_names_of_any_length(database_url: str, target: str) -> None:
    """A target may be called as it likes, such as by its address."""
    put_job(database_url, target)

    async with machine(database_url, {target: target}) as turns:
        await until(turns.here)

        assert turns.here() == {target}


async def test_a_turn_that_comes_later(database_url: str) -> None:
    """A target that waits has its turn again after so many seconds, and a new job brings that forward."""
    put_job(database_url, "oslo")
    async with machine(database_url) as turns:
        await until(turns.here)
        turns.give_back("oslo", 600.0)
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now() + interval '5 minutes'"
        await until(lambda: ask(database_url, waiting) == [(1,)])
        assert not turns.here()

        with psycopg.connect(database_url, options="-c search_path=presence_worker") as connection:
            insert(NewRow("oslo-2", 1000, "oslo", "waiting", None, b"", None), None, connection)

        await until(turns.here)


async def test_without_work_a_turn_does_not_come_again(database_url: str) -> None:
    """What is given back for good leaves nothing behind in the tables of the engine."""
    put_job(database_url, "oslo")
    async with machine(database_url) as turns:
        await until(turns.here)
        ask(database_url, "UPDATE job SET state = 'ended'")

        turns.give_back("oslo")

        await until(lambda: ask(database_url, "SELECT count(*) FROM procrastinate_jobs") == [(0,)])
        assert ask(database_url, "SELECT count(*) FROM procrastinate_events") == [(0,)]
