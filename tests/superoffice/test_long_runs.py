"""Runs that outlive what they sign in with; here time is virtual, and the sockets are real."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import anyio
import orjson
import pytest
import structlog

from presence_worker.model import Result
from presence_worker.sandbox import Online, People, Setup, serve
from presence_worker.superoffice import open_client
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import Act, Peer, Request, answer, raw_server

from .given import change
from .signing_in import OAUTH, STATE, TOKENS, asked, delivered, in_turn, online, routed, tokens

pytestmark = pytest.mark.anyio
PASSWORD = {"username": "night", "password": "correct-horse"}
HOURS, MINUTES = 3600, 60  # seconds


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


async def test_ten_hours_with_tokens_of_ten_minutes() -> None:
    """No row fails, none is even turned away, and a new token is fetched a little before the old one ends."""
    rows = 1200
    how = Online(strict=True, token_life=10 * MINUTES, clock=anyio.current_time)

    async with (
        serve(People(rows), Setup(online=how)) as sandbox,
        open_client(online(sandbox.url, OAUTH)) as client,
    ):
        made = await delivered(client, rows, rate=rows / (10 * HOURS))
        took = anyio.current_time()

    assert made.counts == {Result.UPDATED: rows}
    assert made.puts == rows
    assert took == pytest.approx(10 * HOURS, rel=0.01)
    assert 60 <= asked(sandbox, TOKENS) <= 76


async def test_a_renewal_before_the_end_may_fail() -> None:
    """While the old token lasts we go on with it, and try again now and then."""
    acts: dict[str, Act] = {TOKENS: tokens("a", expires_in=1000)}
    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        await client.put(change())
        acts[TOKENS] = answer(503)
        with structlog.testing.capture_logs() as logs:
            for _ in range(15):
                await anyio.sleep(MINUTES)
                outcome = await client.put(change())
        acts[TOKENS] = tokens("b", expires_in=1000)
        await anyio.sleep(MINUTES)
        after = await client.put(change())

    assert outcome.result is after.result is Result.UPDATED
    assert 2 <= asked(server, TOKENS) <= 5
    assert [event["event"] for event in logs].count("lease.not_renewed") == asked(server, TOKENS) - 2
    assert server.puts[-1].header("Authorization") == "Bearer b"


async def test_what_nobody_renewed_in_time_is_not_shown() -> None:
    """A token past its end is not sent any more; the row waits as in an outage, and nothing went out."""
    acts: dict[str, Act] = {TOKENS: tokens("a", expires_in=100)}
    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        await client.put(change())
        acts[TOKENS] = answer(503)
        await anyio.sleep(101)
        outcome = await client.put(change())

    assert len(server.puts) == 1
    assert (outcome.result, outcome.wire_puts) == (Result.FAILED, 0)
    assert str(outcome.detail).endswith("it answered 503")


async def test_the_others_go_on_while_one_renews() -> None:
    """A slow sign-in host does not hold anybody up as long as the old token lasts."""
    acts: dict[str, Act] = {TOKENS: tokens("a", expires_in=1000)}

    async def slowly(peer: Peer, request: Request) -> None:
        await anyio.sleep(10)
        await tokens("b", expires_in=1000)(peer, request)

    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        await client.put(change())
        acts[TOKENS] = slowly
        await anyio.sleep(900)
        async with anyio.create_task_group() as group:
            group.start_soon(client.put, change())
            await anyio.sleep(1)
            began = anyio.current_time()
            await client.put(change())
            took = anyio.current_time() - began

    assert took < 1
    assert [put.header("Authorization") for put in server.puts] == ["Bearer a", "Bearer a", "Bearer b"]


@pytest.mark.parametrize(
    ("expires_in", "renewals"),
    [(600, 8), ("600", 8), (None, 1), ("soon", 1), (-5, 1), (0, 1), (float("inf"), 1), ([], 1), (True, 1)],
)
async def test_what_is_told_of_a_tokens_life_is_trusted(expires_in: Any, renewals: int) -> None:
    """A number of seconds, also as a text; without it, a token is good until it is refused."""
    names = count()

    async def token(peer: Peer, request: Request) -> None:
        await tokens(f"t{next(names)}", expires_in=expires_in)(peer, request)

    async with (
        raw_server(otherwise=routed({TOKENS: token})) as server,
        open_client(online(server.url, OAUTH)) as client,
    ):
        for _ in range(60):
            await client.put(change())
            await anyio.sleep(MINUTES)

    assert asked(server, TOKENS) == renewals


@pytest.mark.parametrize(("valid_s", "looks"), [(600, 6), (-600, 60), (0, 60), (None, 1)])
async def test_the_state_is_asked_for_again_when_it_says_so(valid_s: int | None, looks: int) -> None:
    """After ValidUntil, by the host's own clock; very soon means in a minute, and nothing means never."""
    acts: dict[str, Act] = {}
    now = datetime.now(UTC) + timedelta(days=1)
    until = (now + timedelta(seconds=valid_s)).isoformat() if valid_s is not None else "soon"
    async with raw_server(otherwise=routed(acts)) as server:
        told = {"IsRunning": True, "Api": f"{server.url}/Cust12345/api", "ValidUntil": until}
        acts[STATE] = answer(200, orjson.dumps(told), {"Date": format_datetime(now, usegmt=True)})
        async with open_client(online("", PASSWORD, server.url, tenant="Cust12345")) as client:
            for _ in range(60):
                await client.put(change())
                await anyio.sleep(MINUTES)

    assert asked(server, STATE) == looks
    assert len(server.puts) == 60


async def test_a_stale_date_does_not_make_a_state_hold_longer() -> None:
    """An answer that a cache has kept for days shows an old Date: then our own clock counts."""
    acts: dict[str, Act] = {}
    now = datetime.now(UTC)
    async with raw_server(otherwise=routed(acts)) as server:
        told = {
            "IsRunning": True,
            "Api": f"{server.url}/Cust12345/api",
            "ValidUntil": (now + timedelta(minutes=10)).isoformat(),
        }
        stale = {"Date": format_datetime(now - timedelta(days=3), usegmt=True)}
        acts[STATE] = answer(200, orjson.dumps(told), stale)
        async with open_client(online("", PASSWORD, server.url, tenant="Cust12345")) as client:
            for _ in range(60):
                await client.put(change())
                await anyio.sleep(MINUTES)

    assert asked(server, STATE) > 1


@pytest.mark.parametrize("then", [answer(503), answer(200, b'{"IsRunning": false, "State": "Unknown"}')])
async def test_a_state_that_is_not_to_be_had_later_holds_nobody_up(then: Act) -> None:
    """That the service is there, the service itself shows best; we ask again in a minute."""
    acts: dict[str, Act] = {}
    until = (datetime.now(UTC) + timedelta(seconds=90)).isoformat()
    async with raw_server(otherwise=routed(acts)) as server:
        told = {"IsRunning": True, "Api": f"{server.url}/Cust12345/api", "ValidUntil": until}
        acts[STATE] = in_turn(answer(200, orjson.dumps(told)), then)
        async with open_client(online("", PASSWORD, server.url, tenant="Cust12345")) as client:
            for _ in range(10):
                outcome = await client.put(change())
                await anyio.sleep(MINUTES)

    assert outcome.result is Result.UPDATED
    assert len(server.puts) == 10
    assert asked(server, STATE) == 9
