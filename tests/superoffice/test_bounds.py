"""However much the service sends, we take little of it."""

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest

from presence_worker.model import Result
from presence_worker.superoffice import open_client
from presence_worker.superoffice.http_messages import LONGEST_ANSWER
from tests.raw_server import Act, Peer, Request, answer, echo, framed, gzip_bomb, raw_server, stream

from .given import change, settings

PIECE = b"x" * 65_536
CHUNK = b"10000\r\n" + PIECE + b"\r\n"
ENDLESS = b"HTTP/1.1 %d X\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
MUCH = 3_000_000  # bytes; server and client together

pytestmark = pytest.mark.anyio


@pytest.fixture
def measured() -> Iterator[None]:
    """Memory is counted while a test runs."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(stream(ENDLESS % 200, lambda: itertools.repeat(CHUNK, 400)), id="25 MB as a success"),
        pytest.param(stream(ENDLESS % 500, lambda: itertools.repeat(CHUNK, 400)), id="25 MB as an error"),
        pytest.param(stream(b"HTTP/1.1 200 X\r\n\r\n", lambda: itertools.repeat(PIECE, 400)), id="no length"),
        pytest.param(answer(200, gzip_bomb(48), {"Content-Encoding": "gzip"}), id="48 MB packed in 48 kB"),
        pytest.param(answer(200, gzip_bomb(400), {"Content-Encoding": "gzip"}), id="400 MB packed in 400 kB"),
        pytest.param(answer(502, b"<html>" + b"x" * 500_000), id="an error page of 500 kB"),
    ],
)
async def test_memory_stays_small(act: Act) -> None:
    """Neither a long answer nor a packed one fills the memory, and the next request is not disturbed."""
    async with raw_server(act) as server, open_client(settings(server.url)) as client:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        large = await client.put(change())
        _, peak = tracemalloc.get_traced_memory()
        after = await client.put(change())

    assert (large.result, after.result) == (Result.UNKNOWN, Result.UPDATED)
    assert len(str(large.detail)) <= 300
    assert peak - before < MUCH


@pytest.mark.parametrize(
    ("length", "connections"), [(LONGEST_ANSWER, [1, 1]), (LONGEST_ANSWER + 200_000, [1, 2])]
)
async def test_what_is_too_long_is_closed_not_drained(length: int, connections: list[int]) -> None:
    """The rest of a long answer is not worth waiting for."""
    long = answer(500, b"x" * length)
    async with raw_server(long) as server, open_client(settings(server.url)) as client:
        await client.put(change())
        await client.put(change())

    assert [put.connection for put in server.puts] == connections


@pytest.mark.parametrize(
    ("headers", "result"),
    [
        pytest.param([("X-Long", "x" * 9_000)], Result.UPDATED, id="a header of 9 kB"),
        pytest.param([("X-Long", "x" * 65_000)], Result.UPDATED, id="a header of 64 kB"),
        pytest.param([("X-Many", "x")] * 150, Result.UPDATED, id="150 headers"),
        pytest.param([("X-Many", "x" * 100)] * 499, Result.UPDATED, id="500 headers, one of them the length"),
        pytest.param([("X-Many", "x")] * 500, Result.UNKNOWN, id="501 headers"),
        pytest.param([("X-Long", "x" * 66_000)], Result.UNKNOWN, id="a header of 66 kB"),
        pytest.param([("X-Long", "x" * 10_000)] * 40, Result.UNKNOWN, id="a head of 400 kB"),
    ],
)
async def test_a_large_head_is_read_up_to_a_limit(headers: list[tuple[str, str]], result: Result) -> None:
    """Proxies add long headers, and many: 64 KiB and 500 of them are read, on a kept connection too."""

    async def large(peer: Peer, request: Request) -> None:
        whole = framed(200, request.body, headers)
        await peer.send(*(whole[at : at + 20_000] for at in range(0, len(whole), 20_000)), every=0.002)

    async with raw_server(echo, large) as server, open_client(settings(server.url)) as client:
        results = [(await client.put(change())).result for _ in range(3)]

    assert results == [Result.UPDATED, result, Result.UPDATED]
