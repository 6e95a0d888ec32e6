"""Whatever the connection does: one PUT on the wire per try, and no success without an echo."""

import asyncio

import anyio
import pytest

from presence_worker.model import Outcome, Reason, Result, Trouble
from presence_worker.settings import Delivery
from presence_worker.superoffice import open_client
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import (
    CLOSE,
    HANG,
    RESET,
    Act,
    Greeting,
    Peer,
    Request,
    answer,
    applied,
    drip,
    echo,
    framed,
    raw_server,
    say,
)

from .given import PATIENT, change, put_once, settings

BODY = b'{"Status":"StatusNotAvailable","Message":"Back on 4 January"}'
WHOLE = framed(200, BODY)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 61\r\nContent-Length: 6\r\n\r\n" + BODY
BOTH_FRAMINGS = CHUNKED[:-2] + b"Content-Length: 61\r\n\r\n" + BODY
LONG_HEADER = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"
MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 50_000 + b"\r\n"

GONE: dict[str, Act] = {
    "closed without a byte": CLOSE,
    "reset without a byte": RESET,
    "closed amid the status line": say(b"HTTP/1.", then=Peer.close),
    "closed amid the headers": say(b"HTTP/1.1 200 OK\r\nContent-Le", then=Peer.close),
    "reset amid the headers": say(b"HTTP/1.1 200 OK\r\nContent-Le", then=Peer.reset),
}
GARBLED: dict[str, Act] = {
    "closed amid the body": say(framed(200, BODY[:20], length=len(BODY)), then=Peer.close),
    "closed before the body": say(framed(200, length=len(BODY)), then=Peer.close),
    "a whole echo, but more was promised": say(framed(200, BODY, length=len(BODY) + 1), then=Peer.close),
    "a chunk cut short": say(CHUNKED + b"3d\r\n" + BODY[:20], then=Peer.close),
    "chunks without an end": say(CHUNKED + b"3d\r\n" + BODY + b"\r\n", then=Peer.close),
    "a garbage chunk": say(CHUNKED + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n", then=Peer.close),
    "not HTTP": say(b"220 mail.example.com ESMTP\r\n", then=Peer.close),
    "noise": say(bytes(range(256)) * 4, then=Peer.close),
    "a status that is none": say(b"HTTP/1.1 OK 200\r\n\r\n", then=Peer.close),
    "two lengths": say(TWO_LENGTHS, then=Peer.close),
    "two framings": say(BOTH_FRAMINGS, then=Peer.close),
    "a negative length": say(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + BODY, then=Peer.close),
    "a header without an end": say(LONG_HEADER, then=Peer.close),
    "headers without an end": say(MANY_HEADERS, then=Peer.close),
}
SILENT: dict[str, Act] = {
    "silence": HANG,
    "silence amid the headers": say(b"HTTP/1.1 200 OK\r\n", then=Peer.hang),
    "silence before the body": say(framed(200, length=len(BODY)), then=Peer.hang),
    "silence amid the body": say(framed(200, BODY[:20], length=len(BODY)), then=Peer.hang),
}
DRIPPING: dict[str, Act] = {
    "one byte at a time": drip(WHOLE, every=1),
    "one byte of the body at a time": say(
        framed(200, length=len(BODY)), *(bytes([byte]) for byte in BODY), every=1, then=Peer.hang
    ),
    "always about to answer": say(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 60, every=2, then=Peer.hang),
}
WORTHLESS: dict[str, Act] = {
    "no content": say(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "another protocol": say(b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", then=Peer.close),
    "a page": answer(200, b"<html>Please sign in</html>"),
    "a server error": answer(500, BODY),
    "an unknown packing": answer(200, b"\x1f\x8b" + BODY, {"Content-Encoding": "gzip"}),
}
FAULTS = {**GONE, **GARBLED, "silence amid the body": SILENT["silence amid the body"], **WORTHLESS}

pytestmark = pytest.mark.anyio


async def put_to(act: Act, delivery: Delivery = PATIENT) -> tuple[Outcome, list[Request]]:
    """Make one PUT to a server that does *act*, and then wait for whatever may follow by itself."""
    async with raw_server(act) as server:
        outcome = await put_once(settings(server.url, delivery=delivery))
        await asyncio.sleep(0.005)
    return outcome, server.puts


@pytest.mark.parametrize("act", GONE.values(), ids=GONE)
async def test_a_connection_that_ends_leaves_a_doubt(act: Act) -> None:
    """It may have been applied; it is tried again without waiting."""
    outcome, puts = await put_to(applied(act))

    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.CONNECTION)
    assert (outcome.trouble, outcome.stop, outcome.http_status) == (Trouble.DISCONNECTED, None, None)
    assert (outcome.wire_puts, [put.applied for put in puts]) == (1, [True])


@pytest.mark.parametrize("act", GARBLED.values(), ids=GARBLED)
async def test_a_garbled_answer_is_never_a_word_of_the_service(act: Act) -> None:
    """The HTTP library makes up a status 400 for it; to us it has none, and is a doubt."""
    outcome, puts = await put_to(act)

    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, Reason.BAD_ANSWER)
    assert (outcome.trouble, outcome.stop, outcome.http_status) == (Trouble.DISCONNECTED, None, None)
    assert (outcome.wire_puts, len(puts)) == (1, 1)


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
@pytest.mark.parametrize("act", SILENT.values(), ids=SILENT)
async def test_silence_ends_by_the_read_timeout(act: Act) -> None:
    """A service that says nothing more is not waited for until the total is over."""
    began = anyio.current_time()

    outcome, puts = await put_to(act, Delivery(read_timeout=30))

    assert (outcome.result, outcome.reason, outcome.http_status) == (Result.UNKNOWN, Reason.TIMEOUT, None)
    assert (outcome.trouble, outcome.stop, outcome.wire_puts) == (Trouble.DOWN, None, 1)
    assert (len(puts), outcome.duration_ms > 0) == (1, True)
    assert anyio.current_time() == pytest.approx(began + 30, abs=1)


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
@pytest.mark.parametrize("act", DRIPPING.values(), ids=DRIPPING)
async def test_a_drip_ends_by_the_total_timeout(act: Act) -> None:
    """Every byte is in time for the read timeout; the answer as a whole is not."""
    began = anyio.current_time()

    outcome, puts = await put_to(act, Delivery(total_timeout=60))

    assert (outcome.result, outcome.reason, outcome.http_status) == (Result.UNKNOWN, Reason.TIMEOUT, None)
    assert (outcome.trouble, outcome.stop, outcome.wire_puts) == (Trouble.DOWN, None, 1)
    assert (len(puts), outcome.duration_ms > 0) == (1, True)
    assert anyio.current_time() == pytest.approx(began + 60, abs=1)


@pytest.mark.parametrize("act", WORTHLESS.values(), ids=WORTHLESS)
async def test_an_answer_without_an_echo_is_no_success(act: Act) -> None:
    """It came whole and proves nothing."""
    outcome, puts = await put_to(act)

    assert outcome.result is Result.UNKNOWN
    assert (outcome.wire_puts, len(puts)) == (1, 1)


@pytest.mark.parametrize("anyio_backend", [VIRTUAL_TIME], ids=["virtual time"])
@pytest.mark.parametrize("act", FAULTS.values(), ids=FAULTS)
async def test_the_next_put_is_not_disturbed(act: Act) -> None:
    """Also on a kept connection there is one PUT per try, and what is left of an answer harms nobody."""
    delivery = Delivery(read_timeout=30)

    async with (
        raw_server(echo, act) as server,
        open_client(settings(server.url, delivery=delivery)) as client,
    ):
        outcomes = [await client.put(change(associate_id=number)) for number in (1, 2, 3)]

    assert [outcome.result for outcome in outcomes] == [Result.UPDATED, Result.UNKNOWN, Result.UPDATED]
    assert [put.path.split("/")[4] for put in server.puts] == ["1", "2", "3"]
    assert [put.connection for put in server.puts[:2]] == [1, 1]


@pytest.mark.parametrize("greeting", [Peer.close, Peer.reset])
async def test_a_connection_that_ends_at_once_carries_nothing(greeting: Greeting) -> None:
    """The server never saw the PUT; we cannot know, and stay in doubt."""
    async with raw_server(greeting=greeting) as server:
        outcome = await put_once(settings(server.url))

    assert (outcome.result, outcome.trouble) == (Result.UNKNOWN, Trouble.DISCONNECTED)
    assert server.requests == []


async def test_an_idle_connection_that_was_closed_is_not_used_again() -> None:
    """The server closes it between two requests: the next one goes out once, on a new one."""

    async def echo_and_close(peer: Peer, request: Request) -> None:
        await echo(peer, request)
        await peer.close()

    async with raw_server(echo_and_close) as server, open_client(settings(server.url)) as client:
        first = await client.put(change())
        await asyncio.sleep(0.01)
        second = await client.put(change())

    assert (first.result, second.result) == (Result.UPDATED, Result.UPDATED)
    assert [put.connection for put in server.puts] == [1, 2]


@pytest.mark.parametrize("ending", [CLOSE, RESET])
async def test_a_kept_connection_that_closes_under_the_request_is_told(ending: Act) -> None:
    """The race that the HTTP library hides by sending again: here it is one counted try."""
    async with raw_server(echo, ending) as server, open_client(settings(server.url)) as client:
        await client.put(change())
        outcome = await client.put(change())

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.UNKNOWN, Trouble.DISCONNECTED, 1)
    assert [put.connection for put in server.puts] == [1, 1]


async def test_an_http_1_0_answer_is_read_to_its_end() -> None:
    """Old proxies end an answer by closing the connection."""
    outcome, _ = await put_to(say(b"HTTP/1.0 200 OK\r\n\r\n" + BODY, then=Peer.close))

    assert outcome.result is Result.UPDATED


async def test_an_echo_in_small_pieces_is_an_echo() -> None:
    """Chunks and packets may end anywhere."""
    chunks = [b"1\r\n%c\r\n" % byte for byte in BODY]

    outcome, _ = await put_to(say(CHUNKED, *chunks, b"0\r\n\r\n"))

    assert outcome.result is Result.UPDATED


@pytest.mark.parametrize("act", [*GONE.values(), *GARBLED.values()], ids=[*GONE, *GARBLED])
async def test_a_read_is_made_once_and_shows_nothing(act: Act) -> None:
    """Reads are counted, too, and none is repeated by itself."""
    async with raw_server(act) as server, open_client(settings(server.url)) as client:
        shown = await client.read_back(7)

    assert shown is None
    assert (client.gets, len(server.requests)) == (1, 1)


async def test_a_put_tells_how_long_it_took() -> None:
    """From the moment it is sent until the whole answer is there."""

    async def slow_echo(peer: Peer, request: Request) -> None:
        await asyncio.sleep(0.05)
        await echo(peer, request)

    outcome, _ = await put_to(slow_echo)

    assert outcome.duration_ms >= 45  # the clock of the loop is another one
