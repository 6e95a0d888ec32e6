"""HTTP as it is spoken out there: what ends an answer, and what ends a connection."""

import anyio
import pytest

from presence_worker.model import Reason, Result
from presence_worker.settings import Delivery
from presence_worker.superoffice import open_client
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import drip, framed, raw_server, say

from .given import change, settings

pytestmark = pytest.mark.anyio
BODY = b'{"Status":"StatusNotAvailable","Message":"Back on 4 January"}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(BODY), BODY)
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
KEPT = {
    "go on": GO_ON + framed(200, BODY),
    "hints": HINTS * 2 + framed(200, BODY),
    "trailers": CHUNKED + CHUNK + b"0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
    "kept by HTTP/1.0": framed(200, BODY, {"Connection": "keep-alive"}).replace(b"/1.1", b"/1.0"),
    "an extension of a chunk": CHUNKED + CHUNK.replace(b"\r\n", b";x=y\r\n", 1) + b"0\r\n\r\n",
}
CLOSED = {
    "told": framed(200, BODY, {"Connection": "close"}),
    "HTTP/1.0": framed(200, BODY).replace(b"/1.1", b"/1.0"),
    "told amid chunks": CHUNKED[:-2] + b"Connection: close\r\n\r\n" + CHUNK + b"0\r\n\r\n",
}


@pytest.mark.parametrize("bytes_said", KEPT.values(), ids=KEPT)
async def test_an_answer_that_keeps_the_connection(bytes_said: bytes) -> None:
    """The next request goes over the same one."""
    async with raw_server(say(bytes_said)) as server, open_client(settings(server.url)) as client:
        outcomes = [await client.put(change()) for _ in range(2)]

    assert [outcome.result for outcome in outcomes] == [Result.UPDATED] * 2
    assert [put.connection for put in server.puts] == [1, 1]


@pytest.mark.parametrize("bytes_said", CLOSED.values(), ids=CLOSED)
async def test_an_answer_that_ends_the_connection(bytes_said: bytes) -> None:
    """The next request goes over another, also while the server still holds the first one open."""
    async with raw_server(say(bytes_said)) as server, open_client(settings(server.url)) as client:
        outcomes = [await client.put(change()) for _ in range(2)]

    assert [outcome.result for outcome in outcomes] == [Result.UPDATED] * 2
    assert [put.connection for put in server.puts] == [1, 2]


async def test_an_answer_that_switches_protocols_is_none() -> None:
    """We asked for no other protocol; what follows is not ours to read."""
    switching = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    async with raw_server(say(switching + BODY)) as server, open_client(settings(server.url)) as client:
        outcomes = [await client.put(change()) for _ in range(2)]

    assert [outcome.result for outcome in outcomes] == [Result.UNKNOWN, Result.UPDATED]
    assert [put.connection for put in server.puts] == [1, 2]


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
@pytest.mark.parametrize("total", [0.25, 4.9, 5.3, 29.6])
async def test_the_total_timeout_is_exact(total: float) -> None:
    """It is kept to 50 ms, however long it is, and whatever comes meanwhile."""
    delivery = Delivery(connect_timeout=20, read_timeout=20, total_timeout=total)
    dripping = drip(framed(200, BODY * 100), every=0.04)
    async with (
        raw_server(otherwise=dripping) as server,
        open_client(settings(server.url, delivery=delivery)) as client,
    ):
        for _ in range(2):
            began = anyio.current_time()
            outcome = await client.put(change())

            assert outcome.reason == Reason.TIMEOUT
            assert anyio.current_time() - began == pytest.approx(total, abs=0.05)
