"""What goes over the wire: the exact request, and nothing from or for elsewhere."""

from pathlib import Path

import pytest

from presence_worker.model import Presence, Result
from presence_worker.settings import Auth, Delivery
from presence_worker.superoffice import open_client
from tests.raw_server import answer, raw_server, shows

from .given import BASIC, change, put_once, settings

PATH = "/api/v1/User/7/UserPresenceStatus"
OWN_HEADERS = {
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
}

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("prefix", ["", "/Remote/CS", "/v1", "/b%C3%BCro%20x"])
@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/v1/"])
@pytest.mark.covers("PUT `/api/v1/User/{id}/UserPresenceStatus`")
async def test_the_address_is_exact(prefix: str, suffix: str) -> None:
    """Whatever the form of the root, the service sees the documented path."""
    async with raw_server() as server:
        outcome = await put_once(settings(f"{server.url}{prefix}{suffix}"))

    assert outcome.result is Result.UPDATED
    assert [(seen.method, seen.path) for seen in server.requests] == [("PUT", f"{prefix}{PATH}")]


@pytest.mark.parametrize("associate_id", [1, 2_147_483_647])
@pytest.mark.covers("GET `/api/v1/User/{id}/UserPresenceStatus`")
async def test_a_read_asks_at_the_same_address(associate_id: int) -> None:
    """The GET has the PUT's path, and no body."""
    async with (
        raw_server(shows("StatusNormal", "hello")) as server,
        open_client(settings(server.url)) as client,
    ):
        shown = await client.read_back(associate_id)

    (seen,) = server.requests
    assert shown == Presence(status="StatusNormal", message="hello")
    assert (seen.method, seen.path) == ("GET", f"/api/v1/User/{associate_id}/UserPresenceStatus")
    assert seen.body == b""


@pytest.mark.parametrize(
    ("status", "message", "body"),
    [
        ("StatusNormal", "", b'{"Status":"StatusNormal","Message":""}'),
        ("StatusNotAvailable", "Sjuk å\n", '{"Status":"StatusNotAvailable","Message":"Sjuk å\\n"}'.encode()),
    ],
)
async def test_the_body_has_both_keys(status: str, message: str, body: bytes) -> None:
    """Both keys go out always, in UTF-8."""
    async with raw_server() as server:
        await put_once(settings(server.url), change(status, message))

    assert [seen.body for seen in server.puts] == [body]


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (BASIC, {"authorization": "Basic bmlnaHQ6Y29ycmVjdC1ob3JzZQ==", "so-apptoken": None}),
        (
            Auth.model_validate({"scheme": "soticket", "ticket": "7T:a==", "client_secret": "app"}),
            {"authorization": "SOTicket 7T:a==", "so-apptoken": "app"},
        ),
        (
            Auth.model_validate({"scheme": "bearer", "token": "8A:Cust1.x", "app_token": "app"}),
            {"authorization": "Bearer 8A:Cust1.x", "so-apptoken": "app"},
        ),
    ],
)
@pytest.mark.covers("`auth.scheme` `basic`")
@pytest.mark.covers("`auth.scheme` `soticket`")
@pytest.mark.covers("`auth.scheme` `bearer`")
@pytest.mark.covers("`SO-AppToken`")
async def test_credentials_travel_in_their_header(auth: Auth, expected: dict[str, str | None]) -> None:
    """Each scheme as the service documents it."""
    async with raw_server() as server:
        await put_once(settings(server.url, auth=auth))

    (seen,) = server.requests
    assert {name: seen.header(name) for name in expected} == expected


async def test_there_are_no_other_headers() -> None:
    """What is sent is known to the last header; packed answers are not asked for."""
    async with raw_server() as server:
        await put_once(settings(server.url))

    (seen,) = server.requests
    assert {name.lower() for name, _ in seen.headers} == OWN_HEADERS
    assert seen.header("Accept") == "application/json"
    assert seen.header("Accept-Encoding") == "identity"
    assert seen.header("Accept-Language") == "en"
    assert seen.header("Content-Type") == "application/json; charset=utf-8"
    assert str(seen.header("User-Agent")).startswith("presence-worker/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("Accept-Language", "nb-NO, en;q=0.5", id="instead of ours"),
        ("SO-Language", "en-US"),
        ("SO-Culture", "nb-NO"),
        ("SO-TimeZone", "W. Europe Standard Time"),
    ],
)
@pytest.mark.covers("`Accept-Language`")
@pytest.mark.covers("`SO-Language`")
@pytest.mark.covers("`SO-Culture`")
@pytest.mark.covers("`SO-TimeZone`")
async def test_each_language_header_is_sent_as_configured(name: str, value: str) -> None:
    """The four headers that steer language, culture and time zone, with PUT and GET, each once."""
    delivery = Delivery.model_validate({"headers": {name: value}})

    async with (
        raw_server() as server,
        open_client(settings(server.url, delivery=delivery)) as client,
    ):
        await client.put(change())
        await client.read_back(7)

    sent = [[value for key, value in seen.headers if key == name] for seen in server.requests]
    assert sent == [[value], [value]]
    assert [seen.header("Accept-Language") for seen in server.requests] == [
        value if name == "Accept-Language" else "en"
    ] * 2


async def test_connections_are_kept() -> None:
    """One connection serves one request after another."""
    async with raw_server() as server, open_client(settings(server.url)) as client:
        for associate_id in (1, 2, 3):
            await client.put(change(associate_id=associate_id))

    assert [seen.connection for seen in server.puts] == [1, 1, 1]


async def test_cookies_are_not_kept() -> None:
    """A cookie could carry one sign-in into another."""
    cookie = answer(500, b"", {"Set-Cookie": "session=abc; Path=/"})
    async with raw_server(cookie) as server, open_client(settings(server.url)) as client:
        await client.put(change())
        await client.put(change())

    assert [seen.header("Cookie") for seen in server.puts] == [None, None]


@pytest.fixture
def misleading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A home directory and an environment that would lead a careless client astray."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password stranger\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


async def test_netrc_and_proxy_variables_are_ignored(misleading: pytest.MonkeyPatch) -> None:
    """Only the configuration says as whom and which way."""
    async with raw_server() as proxy, raw_server() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            misleading.setenv(name, proxy.url)
        outcome = await put_once(settings(server.url))

    (seen,) = server.requests
    assert outcome.result is Result.UPDATED
    assert seen.header("Authorization") == "Basic bmlnaHQ6Y29ycmVjdC1ob3JzZQ=="
    assert proxy.requests == []


async def test_a_configured_proxy_is_used() -> None:
    """target.proxy is the one way to go through a proxy."""
    async with raw_server() as proxy:
        outcome = await put_once(settings("http://crm.localhost/x", proxy=proxy.url))

    assert outcome.result is Result.UPDATED
    assert [seen.path for seen in proxy.puts] == [f"http://crm.localhost/x{PATH}"]


async def test_a_proxy_that_refuses_the_tunnel_sent_nothing() -> None:
    """The PUT never left: failed, nothing on the wire, and its 403 is not the service's."""
    async with raw_server(answer(403)) as proxy:
        outcome = await put_once(settings("https://crm.localhost/x", proxy=proxy.url))

    assert (outcome.result, outcome.http_status, outcome.wire_puts) == (Result.FAILED, None, 0)
    assert [seen.method for seen in proxy.requests] == ["CONNECT"]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.proves("SuperOffice redirects to another address")
async def test_redirects_are_never_followed(status: int) -> None:
    """Neither body nor headers follow to another host; the run stops, naming only the host."""
    async with raw_server() as stranger:
        sent_away = answer(status, b"", {"Location": f"{stranger.url}/login?token=abc"})
        async with raw_server(otherwise=sent_away) as server, open_client(settings(server.url)) as client:
            outcome = await client.put(change())
            shown = await client.read_back(7)

    assert stranger.requests == []
    assert [seen.method for seen in server.requests] == ["PUT", "GET"]
    assert (outcome.result, outcome.http_status, shown) == (Result.FAILED, status, None)
    assert "redirected to 127.0.0.1;" in str(outcome.stop)
    assert "abc" not in str(outcome.stop)


async def test_the_proxys_password_is_blotted_out() -> None:
    """A proxy may quote what it was sent, too."""
    words = b'{"ErrorMessage": "who is correct-magpie?"}'
    async with raw_server(answer(400, words)) as proxy:
        address = proxy.url.replace("http://", "http://night:correct-magpie@")

        outcome = await put_once(settings("http://crm.localhost/x", proxy=address))

    assert outcome.detail == "who is [redacted]?"
