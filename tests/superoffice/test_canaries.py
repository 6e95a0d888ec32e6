"""A canary secret and a canary message come out nowhere, whatever the service echoes back."""

import base64
import html
import json
import logging
from collections.abc import Callable
from urllib.parse import quote

import aiohttp
import pytest

from presence_worker.model import Change, Outcome
from presence_worker.settings import Auth, Settings
from presence_worker.superoffice import open_client
from tests.raw_server import Act, Peer, Request, framed, raw_server, say

from .given import change, put_once, settings

SECRET = "Kanarienvogel+7T/Cust12345=="
MESSAGE = 'Singdrossel "å" & krank'
CORES = ("Kanarienvogel", "Singdrossel")
SCHEMES = {
    "basic": {"username": "night", "password": SECRET},
    "soticket": {"scheme": "soticket", "ticket": SECRET, "client_secret": SECRET[::-1]},
    "bearer": {"scheme": "bearer", "token": SECRET * 20, "app_token": SECRET},
}
STATUSES = (200, 201, 204, 302, 400, 401, 403, 407, 408, 421, 429, 500, 503, 600)  # one of each kind
REFUSED = 401
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "percent": lambda text: quote(text, safe=""),
    "HTML": html.escape,
    "JSON": json.dumps,
    "capitals": str.upper,
}
SHAPES: dict[str, Callable[[str], bytes]] = {
    "bare": lambda text: text.encode(),
    "ErrorMessage": lambda text: json.dumps({"Error": True, "ErrorMessage": text}).encode(),
    "Message": lambda text: json.dumps({"Message": "No.", "MessageDetail": text}).encode(),
    "status": lambda text: json.dumps({"Status": text, "Message": text}).encode(),
    "message": lambda text: json.dumps({"Status": "StatusNormal", "Message": text}).encode(),
    "page": lambda text: f"<html>{text}".encode(),
    "cut": lambda text: json.dumps({"ErrorMessage": text})[:-1].encode(),
    "XML": lambda text: f"<Error><Message>{html.escape(text)}</Message></Error>".encode(),
    "XML, cut": lambda text: f"<Error><Message><![CDATA[{text}".encode("utf-16"),
    "late": lambda text: json.dumps({"ErrorMessage": f"{'x' * 285} {text}"}).encode(),
}

pytestmark = pytest.mark.anyio


def traces(core: str) -> set[str]:
    """Return what betrays a canary: as it is, and its inner characters in base64 at each offset."""
    packed = [base64.b64encode(bytes(shift) + core.encode()).decode()[4:16] for shift in range(3)]
    return {core.lower(), *(text.lower() for text in packed)}


def assert_silent(text: str) -> None:
    """No canary sings in a text."""
    for core in CORES:
        assert not [trace for trace in traces(core) if trace in text.lower()]


def parrot(status: int, spelling: Callable[[str], str], shape: Callable[[str], bytes]) -> Act:
    """Answer with all that came in, in a spelling and a shape, also as headers."""

    async def act(peer: Peer, request: Request) -> None:
        secrets = [value for name, value in request.headers if name in ("Authorization", "SO-AppToken")]
        message = json.loads(request.body)["Message"]
        told = " ".join(spelling(part) for part in (*secrets, secrets[0].partition(" ")[2], SECRET, message))
        place = f"https://{quote(message, safe='')}.example.com/{quote(told)}"
        await peer.send(framed(status, shape(told), {"Location": place, "Set-Cookie": quote(told)}))

    return act


def everything(client: object, setting: Settings, asked: Change, outcome: Outcome) -> str:
    """Return all texts that may end up in a report, a log or a traceback."""
    return " ".join(map(repr, (client, setting, asked, outcome))) + f" {client} {setting} {asked} {outcome}"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
async def test_no_answer_brings_them_out(
    scheme: str, spelling: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    """Every status in every shape: the outcome says what happened, and quotes neither."""
    caplog.set_level(logging.DEBUG)
    statuses = [status for status in STATUSES if status != REFUSED]
    script = [parrot(status, spelling, shape) for status in statuses for shape in SHAPES.values()]
    last = [parrot(REFUSED, spelling, shape) for shape in SHAPES.values()]
    asked = change(message=MESSAGE)

    async with raw_server(*script, *last) as server:
        setting = settings(server.url, auth=Auth.model_validate(SCHEMES[scheme]))
        async with open_client(setting) as client:
            outcomes = [await client.put(asked) for _ in script]
        outcomes += [await put_once(setting, asked) for _ in last]  # after one of these nobody is let through
        told = [everything(client, setting, asked, outcome) for outcome in outcomes]

    for text in (*told, caplog.text):
        assert_silent(text)
    assert sum("[redacted]" in text for text in told) > len(STATUSES)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_no_broken_answer_brings_them_out(scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    """Parsers quote what they stumble over, and errors hold our request; none of that is told."""
    caplog.set_level(logging.DEBUG)
    told = f"{SECRET} {MESSAGE}".encode()
    script = [
        say(b"HTTP/1.1 " + told + b"\r\n\r\n", then=Peer.close),
        say(told, then=Peer.close),
        say(b"HTTP/1.1 400 " + told + b"\r\nContent-Length: 0\r\n\r\n"),
        say(b"HTTP/1.1 200 OK\r\n" + told + b"\r\n\r\n", then=Peer.close),
        say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + told, then=Peer.close),
        say(framed(200, told, length=999), then=Peer.reset),
    ]
    asked = change(message=MESSAGE)

    async with raw_server(*script) as server:
        setting = settings(server.url, auth=Auth.model_validate(SCHEMES[scheme]))
        async with open_client(setting) as client:
            outcomes = [await client.put(asked) for _ in script]

    for outcome in outcomes:
        assert_silent(everything(client, setting, asked, outcome))
    assert_silent(caplog.text)


async def test_the_library_s_own_error_would_bring_them_out() -> None:
    """Why an error's repr is never used: it holds the request with its credentials."""
    nonsense = say(b"nonsense\r\n\r\n", then=Peer.close)
    session = aiohttp.ClientSession(headers={"Authorization": SECRET})

    async with raw_server(nonsense) as server, session:
        with pytest.raises(aiohttp.ClientResponseError) as stumbled:
            await session.get(server.url)

    assert SECRET in repr(stumbled.value)
