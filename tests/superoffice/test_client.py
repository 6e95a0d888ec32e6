"""The client's own work: what it makes of answers, errors and bugs."""

import asyncio
from pathlib import Path

import aiohttp
import orjson
import pytest

from presence_worker.errors import UsageFault
from presence_worker.model import NOT_PRESENT, Presence, Reason, Result, Trouble
from presence_worker.settings import Auth
from presence_worker.shutdown import CancelledUnsentError
from presence_worker.superoffice import check_settings, open_client
from presence_worker.superoffice.body_formats import as_json
from presence_worker.superoffice.http_messages import Answer, Request
from presence_worker.superoffice.transport import LoggedWire
from presence_worker.superoffice.wire import Wire
from tests.raw_server import answer, raw_server

from .given import BASIC, MESSAGE, ROOT, change, put_once, settings

ECHO = orjson.dumps({"Status": NOT_PRESENT, "Message": MESSAGE})

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("presence", "body"),
    [
        (Presence(status="StatusNormal", message=""), b'{"Status":"StatusNormal","Message":""}'),
        (Presence(status="X", message='å"\n'), '{"Status":"X","Message":"å\\"\\n"}'.encode()),
    ],
)
def test_both_keys_are_always_sent(presence: Presence, body: bytes) -> None:
    """A key left out may clear what is stored, or keep it: nobody knows."""
    assert as_json(presence) == body


async def test_a_put_gives_what_the_answer_proves() -> None:
    """An echo is a success, and the outcome says how long it took."""
    async with raw_server() as server:
        outcome = await put_once(settings(server.url))

    assert (outcome.result, outcome.http_status, outcome.wire_puts) == (Result.UPDATED, 200, 1)
    assert outcome.duration_ms > 0


async def test_a_read_gives_the_presence() -> None:
    """A GET shows what the service holds, and is counted."""
    async with raw_server(answer(200, ECHO)) as server, open_client(settings(server.url)) as client:
        shown = await client.read_back(7)

    assert shown == Presence(status=NOT_PRESENT, message=MESSAGE)
    assert client.gets == 1


@pytest.mark.parametrize("status", [201, 204, 302, 401, 404, 429, 500, 503])
async def test_a_read_shows_nothing_unless_it_is_answered_200(status: int) -> None:
    """Whatever another answer holds, it proves nothing."""
    act = answer(status, b"" if status == 204 else ECHO)
    async with raw_server(otherwise=act) as server, open_client(settings(server.url)) as client:
        shown = await client.read_back(7)

    assert shown is None


def break_wire(patch: pytest.MonkeyPatch, error: BaseException, *, is_written: bool) -> None:
    """Let each request end in an error, after a byte of it went out or before."""

    async def send(_: Wire, __: object, request: Request, ___: object = None) -> Answer:
        request.is_written = is_written
        raise error

    patch.setattr(Wire, "send", send)
    patch.setattr(LoggedWire, "send", send)


LOST = [
    (aiohttp.ClientOSError(104, "reset"), Reason.CONNECTION, Trouble.DISCONNECTED),
    (aiohttp.ServerDisconnectedError(), Reason.CONNECTION, Trouble.DISCONNECTED),
    (OSError(5, "odd"), Reason.CONNECTION, Trouble.DISCONNECTED),
    (aiohttp.ClientPayloadError("cut"), Reason.BAD_ANSWER, Trouble.DISCONNECTED),
    (aiohttp.ServerTimeoutError(), Reason.TIMEOUT, Trouble.DOWN),
    (TimeoutError(), Reason.TIMEOUT, Trouble.DOWN),
]


@pytest.mark.parametrize("error", [error for error, _, _ in LOST])
async def test_a_read_without_an_answer_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Trouble with a read is no reason to stop."""
    break_wire(monkeypatch, error, is_written=True)

    async with open_client(settings()) as client:
        shown = await client.read_back(7)

    assert shown is None


@pytest.mark.parametrize(("error", "reason", "trouble"), LOST)
async def test_an_answer_lost_is_a_doubt(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason, trouble: Trouble
) -> None:
    """Once it may have been sent, only an echo or a read ends the doubt."""
    break_wire(monkeypatch, error, is_written=True)

    outcome = await put_once(settings())

    assert (outcome.result, outcome.reason, outcome.trouble) == (Result.UNKNOWN, reason, trouble)
    assert (outcome.wire_puts, outcome.stop, outcome.http_status) == (1, None, None)


@pytest.mark.parametrize(("error", "reason", "trouble"), LOST)
async def test_what_never_went_out_is_no_doubt(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason, trouble: Trouble
) -> None:
    """The same errors before a byte went out are failures, which are tried again alike."""
    break_wire(monkeypatch, error, is_written=False)

    outcome = await put_once(settings())

    assert (outcome.result, outcome.reason, outcome.trouble) == (Result.FAILED, reason, trouble)
    assert (outcome.wire_puts, outcome.stop, outcome.http_status) == (0, None, None)
    assert "applied" not in (outcome.detail or "")


async def test_a_read_that_never_went_out_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are counted as the service sees them."""
    break_wire(monkeypatch, aiohttp.ServerDisconnectedError(), is_written=False)

    async with open_client(settings()) as client:
        await client.read_back(7)

    assert client.gets == 0


@pytest.mark.parametrize(("is_written", "result"), [(True, Result.UNKNOWN), (False, Result.FAILED)])
async def test_a_bug_is_a_doubt_once_the_put_went_out(
    monkeypatch: pytest.MonkeyPatch, *, is_written: bool, result: Result
) -> None:
    """Of a bug of ours only its kind is told, and whether the PUT may have gone out."""
    break_wire(monkeypatch, ZeroDivisionError("secret"), is_written=is_written)

    outcome = await put_once(settings())

    assert (outcome.result, outcome.reason) == (result, Reason.INTERNAL_ERROR)
    assert outcome.wire_puts == int(is_written)
    assert outcome.detail == "a bug in presence-worker (ZeroDivisionError); please report it"


async def test_a_bug_before_sending_is_a_failure() -> None:
    """What cannot even be written down was certainly not sent."""
    async with raw_server() as server:
        outcome = await put_once(settings(server.url), change(message="half a \ud83c"))

    assert (outcome.result, outcome.reason, outcome.wire_puts) == (Result.FAILED, Reason.INTERNAL_ERROR, 0)
    assert not server.requests


@pytest.mark.parametrize("is_written", [True, False])
async def test_being_cancelled_is_no_outcome(monkeypatch: pytest.MonkeyPatch, *, is_written: bool) -> None:
    """SIGTERM must end a PUT; it is not the row's trouble, and the error knows whether the PUT went out."""
    break_wire(monkeypatch, asyncio.CancelledError(), is_written=is_written)

    with pytest.raises(asyncio.CancelledError) as caught:
        await put_once(settings())

    assert isinstance(caught.value, CancelledUnsentError) is not is_written


@pytest.mark.parametrize(
    ("base_url", "auth", "named"),
    [
        ("nowhere", BASIC, "target.base_url"),
        (ROOT, Auth(username="night"), "auth.password"),
    ],
)
async def test_settings_that_cannot_work_are_refused_before_anything_is_sent(
    base_url: str, auth: Auth, named: str
) -> None:
    """Both the check and the run say which setting to mend."""
    unusable = settings(base_url, auth=auth)

    with pytest.raises(UsageFault, match=named):
        check_settings(unusable)
    with pytest.raises(UsageFault, match=named):
        await put_once(unusable)


@pytest.mark.parametrize("proxy", ["proxy", "socks5://proxy:1080", "http://", "http://[", ":"])
def test_what_is_no_proxy_is_refused(proxy: str) -> None:
    """The sentence says what a proxy's address looks like."""
    with pytest.raises(UsageFault, match=r"target.proxy: must be an address, such as http://proxy"):
        check_settings(settings(proxy=proxy))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Who has mended one setting does not have to learn of the next one only then."""
    unusable = settings("crm", auth=Auth(), ca_file=tmp_path / "none.pem", proxy="proxy")

    with pytest.raises(UsageFault) as caught:
        check_settings(unusable)

    said = str(caught.value).splitlines()
    assert [words.split(":")[0] for words in said] == [
        "target.base_url",
        "target.proxy",
        "auth.username",
        "auth.password",
    ]
