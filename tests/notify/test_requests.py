"""What webhooks and dead man's switches are asked, to the letter."""

import base64
import tracemalloc
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from presence_worker import __version__
from presence_worker.notify.channels import NotDelivered
from presence_worker.notify.channels.ping import event_url
from presence_worker.notify.channels.webhook import sign
from tests.raw_server import Act, RawServer, answer, gzip_bomb, raw_server, stream

from .given import MESSAGE, channels, pings
from .receivers import GOOD, make_authority

KEY = base64.b64encode(b"a key of 24 bytes or more").decode()
OTHER = base64.b64encode(b"the key that comes after it").decode()
RUN = "20261123T020000Z-7f3a"

pytestmark = pytest.mark.anyio


async def posted(**webhook: Any) -> RawServer:
    """Send one message by a webhook; give the server, which has ended."""
    async with raw_server(otherwise=GOOD) as server:
        (channel,) = channels(webhook=[{"url": f"{server.url}/in/hook?sp=%2Frun&sig=a%2Bb", **webhook}])
        await channel.send(MESSAGE)
        return server


async def test_the_address_is_used_as_it_is() -> None:
    """A part of an address may be a signature: no character of it is written in another way."""
    (request,) = (await posted()).requests

    assert (request.method, request.path) == ("POST", "/in/hook?sp=%2Frun&sig=a%2Bb")
    assert request.header("User-Agent") == f"presence-worker/{__version__}"
    assert request.header("Content-Type") == "application/json"


async def test_headers_of_the_operator() -> None:
    """Headers from the settings are sent, such as a token."""
    (request,) = (await posted(headers={"Authorization": "Bearer t0k3n"}, format="ntfy")).requests

    assert request.header("Authorization") == "Bearer t0k3n"
    assert request.header("Title") == f"presence-worker acme: {MESSAGE.headline}"


@pytest.mark.parametrize("secret", [KEY, f"whsec_{KEY}", KEY.rstrip("="), f"whsec_{OTHER} {KEY}"])
async def test_a_signature_as_the_specification_has_it(secret: str) -> None:
    """Standard Webhooks' own library takes the signature, and finds any change of the body."""
    (request,) = (await posted(secret=secret)).requests
    headers = dict(request.headers)

    assert Webhook(KEY).verify(request.body, headers)["id"] == MESSAGE.id
    assert request.header("webhook-id") == MESSAGE.id
    with pytest.raises(WebhookVerificationError):
        Webhook(KEY).verify(request.body + b" ", headers)


async def test_no_signature_without_a_secret() -> None:
    """Without a secret nothing looks signed."""
    (request,) = (await posted()).requests

    assert request.header("webhook-signature") is None


def test_a_second_try_has_the_same_id() -> None:
    """A receiver knows a message again by its id, and takes its newer moment."""
    first, second = (sign(MESSAGE.id, now, b"{}", KEY) for now in (1000.9, 2000))

    assert first["webhook-id"] == second["webhook-id"]
    assert (first["webhook-timestamp"], second["webhook-timestamp"]) == ("1000", "2000")
    assert first["webhook-signature"] != second["webhook-signature"]


def test_an_id_is_a_header() -> None:
    """An id with other characters cannot begin a header of its own."""
    found = sign("Bør\r\nX: y.2.1", 0, b"", KEY)

    assert found["webhook-id"] == "B%C3%B8r%0D%0AX:%20y.2.1"


async def pinged(**ping: Any) -> list[str]:
    """Ping as a run with exit code 3 and one with 0 do; give the paths that were asked for."""
    async with raw_server(otherwise=GOOD) as server:
        (switch,) = pings(ping=[{"url": f"{server.url}/abc", **ping}])
        await switch.start(RUN)
        await switch.end(RUN, 3)
        await switch.start(RUN)
        await switch.end(RUN, 0)
        await switch.end(None, 2)
        return [request.path for request in server.requests]


async def test_healthchecks() -> None:
    """The begin and each end are reported, tied together by a UUID of the run; without a run, by none."""
    asked = await pinged()

    paths = [urlsplit(each) for each in asked]
    assert [each.path for each in paths] == ["/abc/start", "/abc/3", "/abc/start", "/abc/0", "/abc/2"]
    ids = [parse_qs(each.query).get("rid", []) for each in paths]
    assert len({str(each) for each in ids[:4]}) == 1
    assert UUID(ids[0][0])
    assert ids[4] == []


async def test_a_plain_switch() -> None:
    """A plain switch hears of each success, and of nothing else."""
    assert await pinged(kind="plain") == ["/abc"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hc.example.com/a", "https://hc.example.com/a/start"),
        ("https://hc.example.com/a/", "https://hc.example.com/a/start"),
        ("https://hc.example.com/a?create=1#x", "https://hc.example.com/a/start?create=1"),
        ("https://hc.example.com", "https://hc.example.com/start"),
    ],
)
def test_events_are_below_the_address(url: str, expected: str) -> None:
    """A slash at the end or a query of the address changes nothing."""
    assert event_url(url, "start", None) == expected


def test_two_runs_have_two_ids() -> None:
    """A run id is never the same as that of another run."""
    one, other = (event_url("https://hc.example.com/a", "start", run) for run in (RUN, f"{RUN}0"))

    assert one != other


async def test_whom_a_webhook_trusts(tmp_path: Path) -> None:
    """A certificate is checked by `ca_file`, else by the authorities of this machine."""
    authority = make_authority(tmp_path)
    async with raw_server(otherwise=GOOD, tls=authority.server) as server:
        url = f"https://localhost:{server.port}/x"
        trusting, doubting = channels(webhook=[{"url": url, "ca_file": authority.ca_file}, {"url": url}])

        await trusting.send(MESSAGE)
        with pytest.raises(NotDelivered) as caught:
            await doubting.send(MESSAGE)
        assert str(caught.value) == (
            "localhost: unable to get local issuer certificate; if you have your own certificate authority, "
            "set ca_file to its certificate file"
        )

        assert len(server.requests) == 1


async def test_a_proxy_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is not used; one in the settings is, and its password is not shown."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with raw_server(otherwise=GOOD) as server, raw_server(otherwise=GOOD) as proxy:
        hook = {"url": f"{server.url}/x"}
        direct, by_proxy, nowhere = channels(
            webhook=[
                hook,
                {**hook, "proxy": proxy.url.replace("//", "//user:s3cr3t@")},
                {**hook, "proxy": "http://user:s3cr3t@127.0.0.1:1"},
            ]
        )

        await direct.send(MESSAGE)
        await by_proxy.send(MESSAGE)
        with pytest.raises(NotDelivered) as caught:
            await nowhere.send(MESSAGE)

        assert [request.path for request in server.requests] == ["/x"]
        assert [request.path for request in proxy.requests] == [f"{server.url}/x"]
        assert str(caught.value) == "127.0.0.1: no connection through the proxy"


async def test_a_variable_of_ours_is_not_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program gets the environment without our variables: they may be passwords."""
    monkeypatch.setenv("PRESENCE_WORKER_AUTH__PASSWORD", "s3cr3t")
    monkeypatch.setenv("OTHER", "kept")
    file = tmp_path / "got"
    (channel,) = channels(command=[{"argv": ["sh", "-c", f"cat > '{file}'; env >> '{file}'"]}])

    await channel.send(MESSAGE)

    got = file.read_text()
    assert got.startswith('{"id":"20261123T020000Z-7f3a.finished.1"')
    assert "OTHER=kept" in got
    assert "s3cr3t" not in got


@pytest.mark.parametrize(
    "act",
    [
        answer(200, gzip_bomb(64), {"Content-Encoding": "gzip"}),
        stream(b"HTTP/1.1 200 OK\r\n\r\n", lambda: repeat(bytes(2**16), 1000)),
        answer(204),
        answer(202, b"Accepted"),
    ],
    ids=["gzip bomb", "long", "204", "202"],
)
async def test_an_answer_is_not_kept(act: Act) -> None:
    """A receiver may say yes at any length: no more than the beginning is read, and nothing is unpacked."""
    async with raw_server(otherwise=act) as server:
        (channel,) = channels(webhook=[{"url": f"{server.url}/x"}])

        tracemalloc.start()
        try:
            await channel.send(MESSAGE)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert most < 4 * 2**20
