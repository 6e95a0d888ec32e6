"""No secret, and nobody's comment, is in anything doctor says, whatever comes back."""

import json
from itertools import cycle
from urllib.parse import quote

import pytest

from tests.raw_server import CLOSE, Act, Peer, Request, framed, say
from tests.superoffice.test_canaries import MESSAGE, SECRET, SHAPES, SPELLINGS, assert_silent

from .given import API, LOOK, PRINCIPAL, USERS, Doctor, answering

STATUSES = (200, 302, 400, 401, 403, 404, 429, 500)
FORMS: tuple[tuple[str, ...], ...] = ((), ("--json",))
SCHEMES = {
    "basic": f"username = 'night'\npassword = '{SECRET}'\n",
    "soticket": f"scheme = 'soticket'\nticket = '{SECRET}'\nclient_secret = '{SECRET[::-1]}'\n",
    "bearer": f"scheme = 'bearer'\ntoken = '{SECRET}'\napp_token = '{SECRET}'\n",
}


def parrot(status: int, shape: str, spelling: str) -> Act:
    """Give back all secrets that came in, and somebody's comment, in a shape and a spelling."""

    async def act(peer: Peer, request: Request) -> None:
        shown = [value for name, value in request.headers if name in ("Authorization", "SO-AppToken")]
        told = " ".join(SPELLINGS[spelling](text) for text in (*shown, SECRET))
        body = SHAPES[shape](told) if shape in SHAPES else json.dumps({shape: told}).encode()
        await peer.send(framed(status, body, {"Location": f"https://sso.example.com/{quote(told)}"}))

    return act


@pytest.fixture
def surely_told(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """A doctor whose environment has no credentials."""
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"PRESENCE_WORKER_AUTH__{name}")
    return doctor


def assert_nothing_out(doctor: Doctor, url: str, *forms: tuple[str, ...]) -> None:
    for more in forms or FORMS:
        config = ("--config", str(doctor.config), "--state-dir", str(doctor.state))
        ended = doctor.worker.call("doctor", *config, "--base-url", url, "--write-check", "1", "-vv", *more)
        assert_silent(ended.out + ended.err)


@pytest.mark.parametrize(("spelling", "scheme"), list(zip(SPELLINGS, cycle(SCHEMES), strict=False)))
def test_a_service_that_tells_everything(scheme: str, spelling: str, surely_told: Doctor) -> None:
    """Each question is answered with what was sent along, in all shapes."""
    surely_told.configure(f"[auth]\n{SCHEMES[scheme]}")
    acts: dict[str, Act] = {}
    with answering(acts) as server:
        for number, path in enumerate((PRINCIPAL, USERS, LOOK)):
            for each, shape in enumerate(("UserName", *SHAPES)):
                acts[path] = parrot(STATUSES[(number + each) % len(STATUSES)], shape, spelling)
                assert_nothing_out(surely_told, server.url, FORMS[each % 2])
            del acts[path]


@pytest.mark.parametrize("act", [CLOSE, say(f"HTTP/1.1 {SECRET} {MESSAGE}\r\n\r\n".encode())])
@pytest.mark.parametrize("path", [API, PRINCIPAL, USERS, LOOK])
def test_a_service_that_falls_apart(path: str, act: Act, surely_told: Doctor) -> None:
    """Parsers quote what they stumble over."""
    surely_told.configure(f"[auth]\n{SCHEMES['basic']}")
    with answering({path: act}) as server:
        assert_nothing_out(surely_told, server.url)


def test_comments_are_not_told(surely_told: Doctor) -> None:
    """Whoever's presence it is, and whatever becomes of writing it."""
    surely_told.configure(f"[auth]\n{SCHEMES['basic']}")
    body = json.dumps({"Status": "StatusNotAvailable", "Message": MESSAGE}).encode()
    for status in STATUSES:
        with answering({LOOK: say(framed(status, body))}) as server:
            assert_nothing_out(surely_told, server.url)


@pytest.mark.parametrize(
    "text",
    [
        f"[auth]\npassword = '{SECRET}'\npassword_file = 'x'\n",
        f"[auth]\npasswrod = '{SECRET}'\n",
        f"[auth]\npassword = ['{SECRET}']\n",
        f"[auth\npassword = '{SECRET}'\n",
        f"[target]\nproxy = 'http://night:{quote(SECRET, safe='')}@nowhere.invalid:1'\n",
        f"[target]\nbase_url = 'https://night:{quote(SECRET, safe='')}@nowhere.invalid'\n",
    ],
)
def test_settings_that_are_wrong_quote_no_secret(text: str, surely_told: Doctor) -> None:
    """What is wrong is told by its name and place."""
    surely_told.configure(text)

    for words in ((), ("--base-url", "https://nowhere.invalid")):
        ended = surely_told.worker.call("doctor", "--config", str(surely_told.config), "-vv", *words)
        assert_silent(ended.out + ended.err)
        assert ended.code in (2, 6)
