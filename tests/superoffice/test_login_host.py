"""What is made of the answers of a host at which we sign in; no sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aioresponses import aioresponses
from yarl import URL

from presence_worker.superoffice.login_host import LoginHost
from presence_worker.superoffice.request_errors import RefusedError, SignInUnavailable
from presence_worker.superoffice.transport import open_transport

from .given import settings

HOST = URL("https://login.example.com")
pytestmark = pytest.mark.anyio


@asynccontextmanager
async def login_host() -> AsyncIterator[LoginHost]:
    """Open the host's session."""
    async with open_transport(settings()) as transport:
        yield LoginHost(await transport.open_session({"Accept": "application/json"}), HOST)


async def test_a_form_is_sent_as_browsers_do(service: aioresponses) -> None:
    """Also what has a meaning of its own in a form."""
    service.post(f"{HOST}/login/common/oauth/tokens", payload={"access_token": "x"})

    async with login_host() as login:
        answer = await login.post_form("/login/common/oauth/tokens", {"secret": "a&b=c é", "grant": "x"})

    ((_, (call,)),) = service.requests.items()
    assert call.kwargs["data"] == b"secret=a%26b%3Dc+%C3%A9&grant=x"
    assert call.kwargs["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
    assert answer.parts == {"access_token": "x"}


async def test_json_is_posted_as_such(service: aioresponses) -> None:
    """The host reads what the header says."""
    service.post(f"{HOST}/x", payload={})

    async with login_host() as login:
        await login.post("/x", {"a": "b"})

    ((_, (call,)),) = service.requests.items()
    assert call.kwargs["data"] == b'{"a":"b"}'
    assert call.kwargs["headers"]["Content-Type"] == "application/json"
    assert call.kwargs["allow_redirects"] is False


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_busy_host_is_asked_again(service: aioresponses, status: int) -> None:
    """It may be better soon, and it says when."""
    service.get(f"{HOST}/x", status=status, headers={"Retry-After": "7"})

    async with login_host() as login:
        with pytest.raises(SignInUnavailable) as caught:
            await login.get("/x")

    assert f"login.example.com:443: it answered {status}" in str(caught.value)


async def test_a_host_that_sends_us_elsewhere_is_the_wrong_one(service: aioresponses) -> None:
    """Where to, only the host's name tells."""
    service.get(f"{HOST}/x", status=302, headers={"Location": "https://elsewhere.example.com/secret"})

    async with login_host() as login:
        with pytest.raises(RefusedError, match="redirected to elsewhere"):
            await login.get("/x")


@pytest.mark.parametrize(
    "error", [aiohttp.ClientOSError(104, "reset"), aiohttp.ServerDisconnectedError(), TimeoutError()]
)
async def test_nobody_there_is_an_outage(service: aioresponses, error: Exception) -> None:
    """As of the service: it is waited for. A request is never sent again by itself."""
    service.get(f"{HOST}/x", exception=error, repeat=True)

    async with login_host() as login:
        with pytest.raises(SignInUnavailable, match="no complete answer came"):
            await login.get("/x")

    assert sum(map(len, service.requests.values())) == 1
