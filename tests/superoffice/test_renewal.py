"""Credentials that run out under our feet: renewed once for all in flight, and tried once more."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from presence_worker.model import Presence, Result, Trouble
from presence_worker.sandbox import Online, People, Sandbox, Setup, serve
from presence_worker.sandbox.keys import make_key
from presence_worker.superoffice import open_client
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import HANG, RESET, Act, Peer, Request, answer, echo, raw_server, shows

from .given import change
from .signing_in import (
    EXCHANGE,
    OAUTH,
    TOKENS,
    Delivered,
    asked,
    delivered,
    forbidding,
    in_turn,
    online,
    routed,
    slowly,
    system_user,
    tokens,
)

pytestmark = pytest.mark.anyio
ALL_UPDATED = {Result.UPDATED: 200}
OUTAGES = {"503": answer(503), "429": answer(429), "500": answer(500), "reset": RESET, "silence": HANG}
PRESENCE = "/api/v1/User/7/UserPresenceStatus"
UNTOLD = 10_000_000.0  # seconds; a life so long that nobody renews before it


class Clock:
    """A clock of the service that stands still until it is set."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def expiring(clock: Clock, after: int) -> Callable[[Any], int | None]:
    """Make all that was given out run out after so many requests."""
    left = iter(range(after))

    def gatekeeper(_: object) -> None:
        if next(left, None) == after - 1:
            clock.now += 2 * UNTOLD

    return gatekeeper


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application's private key."""
    file = tmp_path_factory.mktemp("key") / "key.pem"
    file.write_bytes(make_key())
    return file


def outcomes_of(made: Delivered, result: Result) -> list[Any]:
    """Return the outcomes with a result."""
    return [outcome for outcome in made.outcomes.values() if outcome.result is result]


async def deliver_to(sandbox: Sandbox, auth: dict[str, Any], rows: int = 200) -> Delivered:
    """Deliver with 32 in flight."""
    async with open_client(online(sandbox.url, auth, tenant="Cust12345")) as client:
        return await delivered(client, rows, concurrency=32)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("scheme", ["oauth", "system-user"])
@pytest.mark.proves("a token or ticket expires in the middle of a run")
async def test_one_renewal_for_all_in_flight(scheme: str, status: int, key: Path) -> None:
    """Expiry with 32 in flight: one request at the sign-in host, no row is lost, nobody is counted twice."""
    clock = Clock()
    how = Online(
        strict=True, token_life=UNTOLD, expired_as=status, clock=clock, gatekeeper=expiring(clock, 100)
    )
    auth = OAUTH if scheme == "oauth" else system_user(key)

    async with serve(People(), Setup(latency=0.01, online=how)) as sandbox:
        made = await deliver_to(sandbox, auth)

    turned_away = sum(entry.status == status for entry in sandbox.record)
    assert made.counts == ALL_UPDATED
    assert asked(sandbox, TOKENS) + asked(sandbox, EXCHANGE) == 2  # the first one, and one more
    assert 1 <= turned_away <= 32
    assert made.puts == 200 + turned_away == sum(entry.method == "PUT" for entry in sandbox.record)
    assert max(outcome.attempts for outcome in made.outcomes.values()) == 2


async def test_a_credential_is_not_renewed_twice_because_of_one_row() -> None:
    """A row that is refused once more, with a credential that others are let in with, stops the run."""
    one = "/api/v1/User/40/UserPresenceStatus"
    async with (
        raw_server(otherwise=routed({TOKENS: tokens("a", "b", "c"), one: answer(401)})) as server,
        open_client(online(server.url, OAUTH)) as client,
    ):
        made = await delivered(client, 100, concurrency=1)

    assert asked(server, TOKENS) == 2
    assert asked(server, one) == 2
    assert "SuperOffice rejected the credentials (401)" in str(made.reason)
    assert made.counts[Result.FAILED] == 1


@pytest.mark.proves("a renewed token is rejected as well")
async def test_what_is_refused_after_its_renewal_stops_the_run() -> None:
    """One renewal, one try with it, and nobody else tries: no account is locked."""
    acts: dict[str, Act] = {TOKENS: tokens("a", "b")}
    refusing = forbidding("a", "b")
    good = count()

    async def service(peer: Peer, request: Request) -> None:
        await asyncio.sleep(0.005)
        await (echo if next(good) < 50 else refusing)(peer, request)

    async with (
        raw_server(otherwise=routed(acts, service)) as server,
        open_client(online(server.url, OAUTH)) as client,
    ):
        made = await delivered(client, 200, concurrency=32)

    assert asked(server, TOKENS) == 2
    assert sum(put.header("Authorization") == "Bearer b" for put in server.puts) == 1
    assert made.counts.keys() == {Result.UPDATED, Result.FAILED}
    assert "SuperOffice rejected the credentials (401); check [auth]" in str(made.reason)
    assert made.puts == len(server.puts)


async def test_a_credential_nobody_has_taken_is_not_renewed() -> None:
    """What is refused at the very start is wrong, not old."""
    async with (
        raw_server(otherwise=routed({TOKENS: tokens("a", "b")}, answer(401))) as server,
        open_client(online(server.url, OAUTH)) as client,
    ):
        made = await delivered(client, 50, concurrency=32)

    assert (asked(server, TOKENS), len(server.puts)) == (1, 1)
    assert "check [auth]" in str(made.reason)


@pytest.mark.parametrize("first", [403, 407, 408, 425, 429, 302, 500])
async def test_an_answer_that_anybody_may_get_is_no_proof(first: int) -> None:
    """What is refused after it was never taken, so it is wrong, not old."""
    acts: dict[str, Act] = {TOKENS: tokens("a", "b")}
    async with (
        raw_server(otherwise=routed(acts, in_turn(answer(first), answer(401)))) as server,
        open_client(online(server.url, OAUTH)) as client,
    ):
        await client.put(change())
        refused = await client.put(change())

    assert "check [auth]" in str(refused.stop)
    assert asked(server, TOKENS) == 1


async def test_those_who_wait_share_the_bad_luck() -> None:
    """A sign-in host that is slow and of no use is asked once for all who wait, not by one after another."""
    acts: dict[str, Act] = {TOKENS: tokens("a")}

    slow = slowly(answer(503), 0.02)
    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        await client.put(change())
        acts[TOKENS], acts[PRESENCE] = slow, answer(401)
        outcomes = await asyncio.gather(*[client.put(change()) for _ in range(8)])

    assert asked(server, TOKENS) == 2
    assert {(each.http_status, each.trouble, each.wire_puts) for each in outcomes} == {(401, Trouble.DOWN, 1)}


async def test_who_was_refused_at_the_sign_in_host_does_not_ask_again() -> None:
    """All who were turned away by the service learn of it from the one who asked."""
    acts: dict[str, Act] = {TOKENS: tokens("a")}
    slow = slowly(answer(401), 0.02)
    async with (
        raw_server(otherwise=routed(acts)) as server,
        open_client(online(server.url, OAUTH)) as client,
    ):
        await client.put(change())
        acts[TOKENS], acts[PRESENCE] = answer(400, b"{}"), in_turn(answer(401), slow)
        outcomes = await asyncio.gather(*[client.put(change()) for _ in range(4)])

    assert asked(server, TOKENS) == 2
    assert all("rejected the sign-in" in str(each.stop) for each in outcomes)


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ({"username": "night"}, "password"),
        ({"scheme": "soticket"}, "ticket"),
        ({"scheme": "bearer"}, "token"),
        ({"scheme": "xsrf", "cookie": "c"}, "xsrf_token"),
    ],
)
async def test_a_secret_is_read_again_when_it_is_refused(
    table: dict[str, str], name: str, tmp_path: Path
) -> None:
    """Somebody has changed the password's file since: the new one is tried, once, by one."""
    file = tmp_path / "secret"
    file.write_text("old\n")
    good = count()

    async def service(peer: Peer, request: Request) -> None:
        await asyncio.sleep(0.002)
        new = shows_new.issubset({request.header("Authorization"), request.header("X-XSRF-TOKEN")})
        if not new and next(good) >= 20:
            file.write_text("new\n")
        await (echo if new or not file.read_text().startswith("new") else answer(401))(peer, request)

    encoded = {"password": "Basic bmlnaHQ6bmV3", "ticket": "SOTicket new", "token": "Bearer new"}
    shows_new = {encoded.get(name, "new")}
    async with (
        raw_server(otherwise=service) as server,
        open_client(online(server.url, {**table, f"{name}_file": file})) as client,
    ):
        made = await delivered(client, 100, concurrency=16)

    assert made.counts == {Result.UPDATED: 100}
    assert made.reason is None


@pytest.mark.parametrize("then", ["old", "also wrong", None])
async def test_a_secret_that_is_the_same_or_wrong_again_is_not_tried_on(
    then: str | None, tmp_path: Path
) -> None:
    """If nothing changed, it is never tried again; a new one that is refused was tried once."""
    file = tmp_path / "secret"
    file.write_text("old")
    good = count()

    async def service(peer: Peer, request: Request) -> None:
        await asyncio.sleep(0.002)
        if next(good) < 20:
            await echo(peer, request)
            return
        if then is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(then)
        await answer(401)(peer, request)

    async with (
        raw_server(otherwise=service) as server,
        open_client(online(server.url, {"username": "night", "password_file": file})) as client,
    ):
        made = await delivered(client, 100, concurrency=16)

    with_new = [put for put in server.puts if put.header("Authorization") != "Basic bmlnaHQ6b2xk"]
    assert len(with_new) == (then == "also wrong")
    assert len(server.puts) <= 20 + 16 + 1
    assert str(made.reason).startswith("auth.password_file" if then is None else "SuperOffice rejected")


async def test_403_is_asked_about_once_and_then_believed() -> None:
    """It may be a token that has expired; if it comes again, the row is refused, with no renewal each."""
    acts: dict[str, Act] = {TOKENS: tokens("a", "b", "c", "d")}
    for number in (30, 31, 60, 90):
        acts[f"/api/v1/User/{number}/UserPresenceStatus"] = answer(403)

    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        made = await delivered(client, 100, concurrency=1)

    assert made.counts == {Result.UPDATED: 96, Result.REJECTED: 4}
    assert asked(server, TOKENS) == 2
    assert made.puts == len(server.puts) == 101
    assert outcomes_of(made, Result.REJECTED)[0].http_status == 403


async def test_403_while_nobody_is_at_the_sign_in_host_is_believed() -> None:
    """The service has answered; that we cannot ask for another token takes nothing from it."""
    acts: dict[str, Act] = {TOKENS: tokens("a"), "/api/v1/User/30/UserPresenceStatus": answer(403)}

    async def last(peer: Peer, request: Request) -> None:
        acts[TOKENS] = answer(503)
        await echo(peer, request)

    acts["/api/v1/User/29/UserPresenceStatus"] = last
    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        made = await delivered(client, 50, concurrency=1)

    assert made.counts == {Result.UPDATED: 49, Result.REJECTED: 1}


async def test_403_with_what_cannot_be_renewed_is_believed_at_once() -> None:
    """A password stays the same; the row is not sent twice."""
    acts = {"/api/v1/User/3/UserPresenceStatus": answer(403)}
    async with (
        raw_server(otherwise=routed(acts)) as server,
        open_client(online(server.url, {"username": "a", "password": "b"})) as client,
    ):
        made = await delivered(client, 10, concurrency=4)

    assert (made.counts[Result.REJECTED], len(server.puts)) == (1, 10)


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
@pytest.mark.parametrize("trouble", OUTAGES.values(), ids=OUTAGES)
@pytest.mark.proves("the sign-in host does not answer")
async def test_an_outage_of_the_sign_in_host_is_waited_out(trouble: Act) -> None:
    """A token that runs out while nobody can renew it: no row is lost, and none is sent with the old one."""
    acts: dict[str, Act] = {TOKENS: tokens("a")}
    tries = count()

    async def away(peer: Peer, request: Request) -> None:
        await (trouble if next(tries) < 3 else tokens("b"))(peer, request)

    refusing = forbidding("a")
    good = count()

    async def service(peer: Peer, request: Request) -> None:
        acts[TOKENS] = away
        await (echo if next(good) < 20 else refusing)(peer, request)

    async with raw_server(otherwise=routed(acts, service)) as server:
        setting = online(server.url, OAUTH)
        brief = setting.delivery.model_copy(update={"total_timeout": 0.05})
        async with open_client(setting.model_copy(update={"delivery": brief})) as client:
            made = await delivered(client, 60, concurrency=8, probe_interval=0.01)

    assert made.counts == {Result.UPDATED: 60}
    assert made.puts >= len(server.puts)  # a try that ran out of time counts, however far it came
    assert sum(put.header("Authorization") == "Bearer a" for put in server.puts) <= 20 + 8


async def test_a_sign_in_host_that_is_away_gets_the_patience_of_the_service() -> None:
    """Nothing is sent, and what the gate says in the end names the host that is not there."""
    async with raw_server() as server:
        setting = online(server.url, OAUTH, "http://127.0.0.1:9")
        async with open_client(setting) as client:
            made = await delivered(client, 5, outage_patience=0.05, probe_interval=0.01)

    assert server.requests == []
    assert "signing in at 127.0.0.1:9: cannot connect to 127.0.0.1:9" in str(made.reason)
    assert made.counts.keys() == {Result.NOT_SENT}
    assert made.puts == 0


async def test_a_read_that_is_turned_away_is_renewed_for_as_well() -> None:
    """It shows nothing this time; the next one goes with the new token."""
    acts: dict[str, Act] = {TOKENS: tokens("a", "b")}
    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        await client.put(change())
        acts[PRESENCE] = forbidding("a", otherwise=shows("StatusNormal"))
        turned_away, shown = await client.read_back(7), await client.read_back(7)

    assert turned_away is None
    assert shown == Presence(status="StatusNormal", message="")
    assert asked(server, TOKENS) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_a_try_with_a_new_credential_costs_the_row_nothing(status: int) -> None:
    """It was sent and counted; it is no attempt of the row's own, and nobody waits for it."""
    acts: dict[str, Act] = {TOKENS: tokens("a", "b")}
    async with raw_server(otherwise=routed(acts)) as server, open_client(online(server.url, OAUTH)) as client:
        await client.put(change())
        acts[PRESENCE] = forbidding("a", status=status)
        turned_away, updated = await client.put(change()), await client.put(change())

    assert (turned_away.result, turned_away.http_status) == (Result.FAILED, status)
    assert (turned_away.trouble, turned_away.wire_puts, turned_away.stop) == (Trouble.RENEWED, 1, None)
    assert updated.result is Result.UPDATED
