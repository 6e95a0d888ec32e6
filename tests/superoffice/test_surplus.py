"""Answers too many: each may be another row's, so the last one counts for nothing until it is read back."""

import asyncio
from collections.abc import Callable

import pytest

from presence_worker.model import Reason, Result
from presence_worker.superoffice import open_client
from tests.raw_server import Act, Ending, Peer, Request, echo, framed, raw_server, say, shows

from .given import change, settings

BODY = b'{"Status":"StatusNotAvailable","Message":"Back on 4 January"}'
TWICE = framed(200, BODY) * 2

pytestmark = pytest.mark.anyio


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that comes over a socket."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - a socket of another end sets no event
            await asyncio.sleep(0.001)


def late(*pieces: bytes) -> tuple[Act, asyncio.Event]:
    """Make an act that echoes, and sends *pieces* once the event is set."""
    go = asyncio.Event()

    async def act(peer: Peer, request: Request) -> None:
        await echo(peer, request)
        await go.wait()
        await peer.send(*pieces)

    return act, go


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param((TWICE,), id="at once"),
        pytest.param((TWICE[:40], TWICE[40:]), id="amid the first head"),
        pytest.param((TWICE[:90], TWICE[90:]), id="amid the first body"),
        pytest.param((TWICE + b"HTTP/1.1 200 OK\r\nCont",), id="and the beginning of a third"),
        pytest.param((framed(200, BODY) + b"H",), id="the first byte of a second"),
        pytest.param((framed(200, BODY) + TWICE[:40],), id="the beginning of a second"),
        pytest.param((TWICE[:-3],), id="most of a second"),
    ],
)
async def test_two_answers_at_once_are_none(
    answers: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Which of them is the row's own cannot be known."""
    async with raw_server(say(*answers, every=0.02)) as server, open_client(settings(server.url)) as client:
        outcome = await client.put(change(associate_id=1))
        after = await client.put(change(associate_id=2))

    assert (outcome.result, outcome.reason, outcome.wire_puts) == (Result.UNKNOWN, Reason.BAD_ANSWER, 1)
    assert after.result is Result.UPDATED
    assert [put.connection for put in server.puts] == [1, 2]
    assert not caplog.records


@pytest.mark.parametrize(
    "surplus",
    [
        pytest.param(framed(200, BODY), id="an echo"),
        pytest.param(framed(408), id="a refusal"),
        pytest.param(framed(200, BODY)[:9], id="the beginning of an answer"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="go on"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"}", id="the end of a body that was longer"),
    ],
)
async def test_what_comes_on_an_idle_connection_puts_the_last_row_in_doubt(surplus: bytes) -> None:
    """It may be the true answer, and what was taken for it another's; nothing more goes over it."""
    act, go = late(surplus)
    async with raw_server(act) as server, open_client(settings(server.url)) as client:
        first = await client.put(change(associate_id=1))
        before = client.take_doubted()
        go.set()
        await until(lambda: server.connections == 0)
        doubted = client.take_doubted()
        second = await client.put(change(associate_id=2))

    assert (first.result, second.result) == (Result.UPDATED, Result.UPDATED)
    assert (before, doubted, client.take_doubted()) == (set(), {1}, set())
    assert [put.connection for put in server.puts] == [1, 2]


async def test_the_true_answer_behind_one_too_many_is_not_dropped() -> None:
    """The surplus fits the next row; when that row's own answer comes, the row is in doubt."""
    go = asyncio.Event()

    async def true_answer_later(peer: Peer, _: Request) -> None:
        await peer.send(framed(200, BODY))  # one too many for the row before
        await go.wait()
        await peer.send(framed(404))

    async with raw_server(echo, true_answer_later) as server, open_client(settings(server.url)) as client:
        await client.put(change(associate_id=1))
        await client.put(change(associate_id=2))
        go.set()
        await until(lambda: server.connections == 0)

        assert client.take_doubted() == {1, 2}  # both are read back: whose answer was whose is not known


async def test_the_end_of_an_answer_too_many_is_not_the_next() -> None:
    """What came of it with the first answer does not wait for the rest: that would fit the next row."""
    begins, ends = say(framed(200, BODY) + TWICE[:40]), say(TWICE[40 : len(TWICE) // 2])
    async with raw_server(begins, ends) as server, open_client(settings(server.url)) as client:
        first = await client.put(change(associate_id=1))
        second = await client.put(change(associate_id=2))

    assert (first.result, second.result) == (Result.UNKNOWN, Result.UNKNOWN)
    assert [put.connection for put in server.puts] == [1, 2]


async def test_what_follows_a_change_of_protocol_is_too_much() -> None:
    """We never ask for one; the row before is in doubt."""
    switched = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    act = say(switched + framed(200, BODY))
    async with raw_server(echo, act) as server, open_client(settings(server.url)) as client:
        await client.put(change(associate_id=1))
        second = await client.put(change(associate_id=2))

        assert (second.result, second.reason) == (Result.UNKNOWN, Reason.BAD_ANSWER)
        assert client.take_doubted() == {1}


@pytest.mark.parametrize("rest", [b"}", b"HTTP/1.1 oops\r\n\r\n", b"\r\n}", b"0\r\n\r\n"])
@pytest.mark.parametrize("then", [Peer.stay, Peer.close])
async def test_the_rest_of_an_answer_in_place_of_the_next(rest: bytes, then: Ending) -> None:
    """It may be the end of the true answer to the row before, whose echo was another's."""
    garbled = say(rest, framed(200, BODY), every=0.01, then=then)
    async with raw_server(echo, garbled) as server, open_client(settings(server.url)) as client:
        await client.put(change(associate_id=1))
        second = await client.put(change(associate_id=2))
        doubted = client.take_doubted()

    assert (second.result, doubted) == (Result.UNKNOWN, {1})


async def test_a_read_is_in_doubt_likewise() -> None:
    """What a GET shows proves nothing when it may be another's presence."""
    twice = say(framed(200, BODY) + framed(200, b"{}"))
    async with raw_server(otherwise=twice) as server, open_client(settings(server.url)) as client:
        shown = await client.read_back(7)
        looked = await client.get(change())

    assert (shown, looked.result, looked.reason) == (None, Result.FAILED, Reason.BAD_ANSWER)
    assert looked.detail == "more answers came than requests went out"


async def test_a_good_connection_is_never_in_doubt() -> None:
    """Chunks, interim answers and empty bodies are answers like others."""
    interim = say(b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + framed(200, BODY))
    chunked = say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3d\r\n", BODY, b"\r\n0\r\n\r\n")
    empty = say(b"HTTP/1.1 204 No Content\r\n\r\n")
    async with raw_server(interim, chunked, empty) as server, open_client(settings(server.url)) as client:
        results = [(await client.put(change())).result for _ in range(4)]
        shown = await client.take_last_doubted()

    assert results == [Result.UPDATED, Result.UPDATED, Result.UNKNOWN, Result.UPDATED]
    assert (shown, [put.connection for put in server.puts]) == (set(), [1] * 4)


async def test_a_greeting_is_no_answer() -> None:
    """What a server says before it was asked may be taken for an answer, but not without a doubt."""

    async def greet(peer: Peer) -> None:
        await peer.send(framed(200, BODY))

    other = shows("StatusNormal")
    async with (
        raw_server(otherwise=other, greeting=greet) as server,
        open_client(settings(server.url)) as client,
    ):
        outcome = await client.put(change())
        await until(lambda: server.connections == 0)

        assert outcome.result is Result.UNKNOWN or client.take_doubted() == {7}
