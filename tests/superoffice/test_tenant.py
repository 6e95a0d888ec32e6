"""Where a tenant of SuperOffice Online lives: its state says it, at the start and when it has moved."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import structlog

from presence_worker.model import Outcome, Result, Trouble
from presence_worker.sandbox import Online, People, Setup, serve
from presence_worker.superoffice import open_client
from tests.raw_server import Act, RawServer, answer, raw_server

from .given import change
from .signing_in import STATE, asked, delivered, in_turn, online, routed

pytestmark = pytest.mark.anyio
PASSWORD = {"username": "night", "password": "correct-horse"}
PUT = "/Cust12345/api/v1/User/7/UserPresenceStatus"


def state(url: str, **more: Any) -> Act:
    """Answer with the state of a tenant that lives at an address."""
    told = {
        "ContextIdentifier": "Cust12345",
        "Endpoint": f"{url}/Cust12345",
        "State": "Running",
        "IsRunning": True,
        "ValidUntil": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "Api": f"{url}/Cust12345/api",
        "Version": "10.5",
    }
    return answer(200, orjson.dumps(told | more))


async def put_at(login: RawServer, base_url: str = "", **target: Any) -> Outcome:
    """Make one PUT for the tenant whose state a host knows."""
    setting = online(base_url, PASSWORD, login.url, tenant="Cust12345", **target)
    async with open_client(setting) as client:
        return await client.put(change())


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Endpoint": None},
        {"Api": None},
        {"Api": ""},
        {"Api": None, "Endpoint": "{url}"},
        {"Api": "{url}/Cust12345/API/v1/"},
    ],
)
@pytest.mark.covers("GET `/api/state/{tenant}`")
async def test_the_state_says_where_the_tenant_lives(told: Mapping[str, str | None]) -> None:
    """By its Api, else its Endpoint, however they end; credentials are not shown to who knows the state."""
    acts: dict[str, Act] = {}
    async with raw_server() as server, raw_server(otherwise=routed(acts)) as login:
        more = {name: value and value.replace("{url}", server.url) for name, value in told.items()}
        acts[STATE] = state(server.url, **more)
        outcome = await put_at(login)

    (seen,) = login.requests
    assert outcome.result is Result.UPDATED
    assert [put.path for put in server.requests] == [PUT]
    assert (seen.method, seen.path, seen.body) == ("GET", STATE, b"")
    assert seen.header("Authorization") is None


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (
            state("", IsRunning=False, State="OfflineMaintenance"),
            "its state is OfflineMaintenance; resume the run",
        ),
        (
            state("", IsRunning=False, State=None),
            "its state is unknown; resume the run when the tenant runs",
        ),
        (state("", IsRunning="yes"), "does not know Cust12345 (200); check target.tenant and"),
        (answer(404), "does not know Cust12345 (404); check target.tenant and target.environment"),
        (answer(200, b"<html>"), "does not know Cust12345 (200)"),
        (answer(200, b"[]"), "does not know Cust12345 (200)"),
        (answer(302, b"", {"Location": "https://other.example.com"}), "redirected to other.example.com"),
        (
            state("http://crm.example.com"),
            "the state of Cust12345: http sends the credentials to crm.example.com",
        ),
        (state("https://a:b@crm.example.com"), "give only host and path there"),
        (
            state("", Api=None, Endpoint=None),
            "the tenant's state has no address of SuperOffice; set target.base_url",
        ),
        (state("", Api=7), "the tenant's state has no address of SuperOffice"),
    ],
)
@pytest.mark.proves("the tenant is not running")
async def test_without_a_running_tenant_nothing_is_sent(act: Act, words: str) -> None:
    """The run stops before the first PUT, with the state's own word; no address is taken on faith."""
    async with raw_server(otherwise=act) as login:
        outcome = await put_at(login)

    assert len(login.requests) == 1
    assert words in str(outcome.stop)
    assert (outcome.result, outcome.wire_puts) == (Result.FAILED, 0)


async def test_a_host_that_does_not_answer_is_an_outage() -> None:
    """It gets the patience of the service."""
    async with raw_server(otherwise=answer(503)) as login:
        outcome = await put_at(login)

    assert (outcome.stop, outcome.wire_puts) == (None, 0)
    assert outcome.trouble is not None


@pytest.mark.parametrize("act", [answer(503), answer(404), answer(200, b"<html>")])
async def test_with_an_address_of_its_own_the_state_may_be_missing(act: Act) -> None:
    """It is said, and the run goes on."""
    async with raw_server() as server, raw_server(otherwise=act) as login:
        with structlog.testing.capture_logs() as logs:
            outcome = await put_at(login, f"{server.url}/Cust12345")

    assert outcome.result is Result.UPDATED
    assert "tenant.state_unknown" in [event["event"] for event in logs]


async def test_with_an_address_of_its_own_the_tenant_must_run_all_the_same() -> None:
    """base_url counts for the address only."""
    async with raw_server() as server:
        for running, result in ((True, Result.UPDATED), (False, Result.FAILED)):
            async with raw_server(otherwise=state("http://127.0.0.1:9", IsRunning=running)) as login:
                outcome = await put_at(login, f"{server.url}/Cust12345")
            assert outcome.result is result

    assert len(server.puts) == 1


@pytest.mark.proves("the tenant moves to another host (421)")
@pytest.mark.covers("the answer 421")
async def test_a_tenant_that_moves_is_followed() -> None:
    """With 16 in flight: one more look at the state, each row once more, no row lost."""
    async with serve(People(), Setup(latency=0.01, online=Online(move_after=50))) as sandbox:
        setting = online("", PASSWORD, sandbox.url, tenant="Cust12345")
        async with open_client(setting) as client:
            made = await delivered(client, 100, concurrency=16)

    misdirected = sum(entry.status == 421 for entry in sandbox.record)
    assert made.counts == {Result.UPDATED: 100}
    assert asked(sandbox, STATE) == 2
    assert 1 <= misdirected <= 16
    assert made.puts == 100 + misdirected


async def test_a_base_url_that_is_out_of_date_is_left() -> None:
    """With the tenant known, 421 leads to where it lives."""
    acts: dict[str, Act] = {}
    async with raw_server(otherwise=answer(421)) as before, raw_server(otherwise=routed(acts)) as server:
        acts[STATE] = state(server.url)
        setting = online(f"{before.url}/Cust12345", PASSWORD, server.url, tenant="Cust12345")
        async with open_client(setting) as client:
            made = await delivered(client, 20, concurrency=4)

    assert made.counts == {Result.UPDATED: 20}
    assert (asked(server, STATE), len(before.puts)) == (2, 1)


async def test_a_tenant_that_is_where_it_was_stops_the_run() -> None:
    """The state names the host again that has just sent us away: 421 is named."""
    acts: dict[str, Act] = {}
    async with raw_server(otherwise=answer(421)) as wrong, raw_server(otherwise=routed(acts)) as login:
        acts[STATE] = state(wrong.url)
        outcome = await put_at(login)

    assert (asked(login, STATE), len(wrong.puts)) == (2, 1)
    assert "answered 421" in str(outcome.stop)


async def test_a_tenant_that_is_nowhere_stops_the_run() -> None:
    """Another host, which sends us away as well: nobody goes on asking."""
    acts: dict[str, Act] = {}
    async with (
        raw_server(otherwise=answer(421)) as wrong,
        raw_server(otherwise=answer(421)) as as_wrong,
        raw_server(otherwise=routed(acts)) as login,
        open_client(online("", PASSWORD, login.url, tenant="Cust12345")) as client,
    ):
        acts[STATE] = in_turn(state(wrong.url), state(as_wrong.url))
        made = await delivered(client, 20, concurrency=4)

    assert len(wrong.puts) == 1
    assert 1 <= len(as_wrong.puts) <= 4
    assert "answered 421" in str(made.reason)


async def test_a_row_is_sent_on_once() -> None:
    """A state that changes its mind leads nobody back and forth."""
    acts: dict[str, Act] = {}
    async with (
        raw_server(otherwise=answer(421)) as wrong,
        raw_server(otherwise=answer(421)) as as_wrong,
        raw_server(otherwise=routed(acts)) as login,
        open_client(online("", PASSWORD, login.url, tenant="Cust12345")) as client,
    ):
        acts[STATE] = in_turn(state(wrong.url), state(as_wrong.url), state(wrong.url))
        first, second = await client.put(change()), await client.put(change())

    assert (first.stop, first.trouble) == (None, Trouble.RENEWED)
    assert "answered 421" in str(second.stop)
    assert asked(login, STATE) == 2


async def test_421_without_a_tenant_stops_the_run() -> None:
    """Only the tenant's number leads to its address."""
    async with (
        raw_server(otherwise=answer(421)) as server,
        open_client(online(server.url, PASSWORD)) as client,
    ):
        made = await delivered(client, 20, concurrency=4)

    assert len(server.puts) == 1
    assert "421" in str(made.reason)
    assert "target.tenant" in str(made.reason)


async def test_421_while_nobody_knows_the_state_is_an_outage() -> None:
    """The row waits, and nobody goes to the wrong host meanwhile."""
    acts: dict[str, Act] = {}
    async with (
        raw_server(otherwise=answer(421)) as wrong,
        raw_server(otherwise=routed(acts)) as login,
        open_client(online("", PASSWORD, login.url, tenant="Cust12345")) as client,
    ):
        acts[STATE] = in_turn(state(wrong.url), answer(503))
        first, second = await client.put(change()), await client.put(change())

    assert len(wrong.puts) == 1
    assert (first.http_status, first.wire_puts, first.trouble) == (421, 1, Trouble.DOWN)
    assert (second.http_status, second.wire_puts, second.trouble) == (None, 0, Trouble.DOWN)
