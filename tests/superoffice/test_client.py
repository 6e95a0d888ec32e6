"""The client's own work, without sockets: what it makes of answers, errors and bugs."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from aioresponses import aioresponses

from presence_worker.errors import UsageFault
from presence_worker.model import NOT_PRESENT, Presence, Reason, Result, Trouble
from presence_worker.settings import Auth
from presence_worker.superoffice import check_settings, open_client
from presence_worker.superoffice.body_formats import as_json

from .given import BASIC, MESSAGE, ROOT, change, put_once, settings

URL = f"{ROOT}/api/v1/User/7/UserPresenceStatus"
ECHO = {"Status": NOT_PRESENT, "Message": MESSAGE}

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


async def test_a_put_gives_what_the_answer_proves(service: aioresponses) -> None:
    """An echo is a success, and the outcome says how long it took."""
    service.put(URL, payload=ECHO)

    outcome = await put_once(settings())

    assert (outcome.result, outcome.http_status, outcome.wire_puts) == (Result.UPDATED, 200, 1)
    assert outcome.duration_ms > 0


async def test_a_read_gives_the_presence(service: aioresponses) -> None:
    """A GET shows what the service holds, and is counted."""
    service.get(URL, payload=ECHO)

    async with open_client(settings()) as client:
        shown = await client.read_back(7)

    assert shown == Presence(status=NOT_PRESENT, message=MESSAGE)
    assert client.gets == 1


@pytest.mark.parametrize("status", [201, 204, 302, 401, 404, 429, 500, 503])
async def test_a_read_shows_nothing_unless_it_is_answered_200(service: aioresponses, status: int) -> None:
    """Whatever another answer holds, it proves nothing."""
    service.get(URL, payload=ECHO, status=status)

    async with open_client(settings()) as client:
        shown = await client.read_back(7)

    assert shown is None


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ClientOSError(104, "reset"),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut"),
        aiohttp.ServerTimeoutError(),
        TimeoutError(),
        OSError(5, "odd"),
    ],
)
async def test_a_read_without_an_answer_shows_nothing(service: aioresponses, error: Exception) -> None:
    """Trouble with a read is no reason to stop."""
    service.get(URL, exception=error)

    async with open_client(settings()) as client:
        shown = await client.read_back(7)

    assert shown is None


@pytest.mark.parametrize(
    ("error", "reason", "trouble"),
    [
        (aiohttp.ClientOSError(104, "reset"), Reason.CONNECTION, Trouble.DISCONNECTED),
        (aiohttp.ServerDisconnectedError(), Reason.CONNECTION, Trouble.DISCONNECTED),
        (OSError(5, "odd"), Reason.CONNECTION, Trouble.DISCONNECTED),
        (aiohttp.ClientPayloadError("cut"), Reason.BAD_ANSWER, Trouble.DISCONNECTED),
        (aiohttp.ServerTimeoutError(), Reason.TIMEOUT, Trouble.DOWN),
        (TimeoutError(), Reason.TIMEOUT, Trouble.DOWN),
    ],
)
async def test_an_answer_lost_is_a_doubt(
    service: aioresponses, error: Exception, reason: Reason, trouble: Trouble
) -> None:
    """Once it may have been sent, only an echo or a read ends the doubt."""
    service.put(URL, exception=error)

    outcome = await put_once(settings())

    assert (outcome.result, outcome.reason, outcome.trouble) == (Result.UNKNOWN, reason, trouble)
    assert (outcome.wire_puts, outcome.stop, outcome.http_status) == (1, None, None)


async def test_a_bug_while_sending_is_a_doubt(service: aioresponses) -> None:
    """Of a bug of ours only its kind is told, and that the PUT may have gone out."""
    service.put(URL, exception=ZeroDivisionError("secret"))

    outcome = await put_once(settings())

    assert (outcome.result, outcome.reason, outcome.wire_puts) == (Result.UNKNOWN, Reason.INTERNAL_ERROR, 1)
    assert outcome.detail == "a bug in presence-worker (ZeroDivisionError); please report it"


async def test_a_bug_before_sending_is_a_failure(service: aioresponses) -> None:
    """What cannot even be written down was certainly not sent."""
    service.put(URL, payload=ECHO)

    outcome = await put_once(settings(), change(message="half a \ud83c"))

    assert (outcome.result, outcome.reason, outcome.wire_puts) == (Result.FAILED, Reason.INTERNAL_ERROR, 0)
    assert not service.requests


async def test_being_cancelled_is_no_outcome(service: aioresponses) -> None:
    """SIGTERM must end a PUT; it is not the row's trouble."""
    service.put(URL, exception=asyncio.CancelledError())

    with pytest.raises(asyncio.CancelledError):
        await put_once(settings())


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
    with pytest.raises(UsageFault, match=r"target.proxy: expected something like http://proxy"):
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
