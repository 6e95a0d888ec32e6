"""A proxy that wants to know who we are: it is asked once, and the setting is named."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from presence_worker.errors import Stopped, Suspect
from presence_worker.model import Outcome, Reason, Result
from presence_worker.superoffice import open_client
from tests.raw_server import CLOSE, RESET, Act, Peer, RawServer, Request, answer, echo, raw_server, say

from .given import change, put_once, settings
from .signing_in import OAUTH, delivered, online
from .test_tls import serving

pytestmark = pytest.mark.anyio
REFUSAL = answer(407, b"<html>", {"Proxy-Authenticate": 'Basic realm="proxy"'})
WORDS = "the proxy rejected the sign-in (407): correct the user name and password in target.proxy"


class Tunnels:
    """Owns how many tunnels may still be made; an act that makes them, and then refuses."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.refused = 0

    async def __call__(self, peer: Peer, request: Request) -> None:
        """Make a tunnel, or ask who we are."""
        if self._left <= 0:
            self.refused += 1
            await asyncio.sleep(0.05)  # the others meet it meanwhile
            await REFUSAL(peer, request)
            return
        self._left -= 1
        address = urlsplit(f"//{request.path}")
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = asyncio.create_task(pump(reader, peer.writer))
        await pump(peer.reader, writer)
        await back


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand bytes on until one side ends."""
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def behind(proxy_act: Tunnels, tls: ssl.SSLContext) -> AsyncIterator[tuple[RawServer, RawServer]]:
    """Serve over TLS behind a proxy; the service ends each connection after one answer."""

    async def echo_once(peer: Peer, request: Request) -> None:
        await echo(peer, request)
        await peer.close()

    async with raw_server(otherwise=echo_once, tls=tls) as server, raw_server(otherwise=proxy_act) as proxy:
        yield server, proxy


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """The authority's certificate, as an operator would name it."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


async def put_through(act: Act) -> Outcome:
    """Make one PUT through a proxy that answers everything alike."""
    async with raw_server(otherwise=act) as proxy:
        return await put_once(settings("https://crm.example.com", proxy=proxy.url))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.proves("the proxy wants another sign-in (407)")
async def test_a_proxy_that_refuses_at_the_start_is_asked_once(scheme: str) -> None:
    """By CONNECT or with the request itself: the run stops, with nothing sent and the setting named."""
    async with raw_server(otherwise=REFUSAL) as proxy:
        setting = settings(f"{scheme}://crm.localhost/x", proxy=proxy.url.replace("//", "//a:kanarie@"))
        async with open_client(setting) as client:
            made = await delivered(client, 30)

    assert len(proxy.requests) == 1
    assert isinstance(made.reason, Stopped)
    assert made.reason.suspect is Suspect.PROXY
    assert str(made.reason) == f"{WORDS}; it offers Basic"
    assert made.puts == 0


@pytest.mark.parametrize("act", [say(b"SSH-2.0-x\r\n\r\n", then=Peer.close), CLOSE, RESET])
async def test_a_proxy_that_makes_no_tunnel(act: Act) -> None:
    """Nothing went out to the service by then: nothing is in doubt, and no PUT is counted."""
    outcome = await put_through(act)

    assert (outcome.result, outcome.reason, outcome.wire_puts) == (Result.FAILED, Reason.CONNECTION, 0)
    assert outcome.detail == "cannot connect to crm.example.com:443: the proxy opened no connection"


async def test_a_proxy_that_refuses_in_mid_run_is_not_asked_again(
    authority: trustme.CA, ca_file: Path
) -> None:
    """Those that asked at the same moment are as many as were in flight; nobody signs in afterwards."""
    act = Tunnels(10)
    async with behind(act, serving(authority.issue_cert("127.0.0.1"))) as (server, proxy):
        setting = settings(f"https://127.0.0.1:{server.port}", proxy=proxy.url, ca_file=ca_file)
        async with open_client(setting) as client:
            made = await delivered(client, 200, concurrency=4)
            after = await client.put(change())

    assert made.counts[Result.UPDATED] == 10
    assert 1 <= act.refused <= 4
    assert str(made.reason).startswith(WORDS)
    assert str(after.stop).startswith(WORDS)


async def test_the_sign_in_host_is_behind_the_same_proxy() -> None:
    """Who was refused on the way there does not try the way to the service."""
    outcomes: list[Outcome] = []
    async with raw_server(otherwise=REFUSAL) as proxy:
        setting = online("https://crm.example.com", OAUTH, "https://login.example.com", proxy=proxy.url)
        async with open_client(setting) as client:
            outcomes += [await client.put(change()) for _ in range(3)]

    assert len(proxy.requests) == 1
    assert {str(outcome.stop) for outcome in outcomes} == {f"signing in: {WORDS}; it offers Basic"}


async def test_a_proxy_that_takes_no_password_is_told() -> None:
    """We only speak Basic: no correction of the password would help."""
    refusal = answer(407, b"", [("Proxy-Authenticate", "Negotiate"), ("Proxy-Authenticate", "NTLM")])
    outcome = await put_through(refusal)

    assert "it offers Negotiate and NTLM, but presence-worker supports only Basic" in str(outcome.stop)


async def test_a_proxy_that_nobody_has_named_is_told() -> None:
    """One that stands in between unseen."""
    async with raw_server(otherwise=answer(407)) as server:
        outcome = await put_once(settings(server.url))

    assert "set target.proxy" in str(outcome.stop)
    assert outcome.suspect is Suspect.PROXY


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_proxy_that_reaches_nobody_is_an_outage(status: int) -> None:
    """It may be better soon."""
    outcome = await put_through(answer(status))

    assert (outcome.stop, outcome.wire_puts) == (None, 0)
    assert outcome.trouble is not None


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_hears_who_asks_but_no_password_of_the_service(scheme: str) -> None:
    """Proxies let programs through by name; what the service is shown is for the service alone."""
    async with raw_server() as proxy:
        await put_once(settings(f"{scheme}://crm.localhost", proxy=proxy.url))

    (seen,) = proxy.requests
    assert str(seen.header("User-Agent")).startswith("presence-worker/")
    assert seen.header("Proxy-Authorization") is None
    assert (seen.header("Authorization") is None) == (seen.method == "CONNECT")


async def test_each_request_shows_the_proxy_its_password() -> None:
    """Also over a connection that was kept, and with headers of its own."""
    async with raw_server() as proxy:
        address = proxy.url.replace("http://", "http://n%C3%BC:a%3Ab@")
        async with open_client(settings("http://crm.localhost", proxy=address)) as client:
            await client.put(change())
            await client.fetch_principal()
            await client.put(change())

    assert [seen.header("Proxy-Authorization") for seen in proxy.requests] == ["Basic bvw6YTpi"] * 3
