"""What is known of a request that brought no answer: whether a byte of it went out."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import anyio
import anyio.lowlevel
import pytest
from yarl import URL

from presence_worker.delivery import Halt
from presence_worker.errors import Stopped
from presence_worker.model import Change, Outcome, Reason, Result
from presence_worker.settings import Delivery
from presence_worker.shutdown import CancelledUnsentError
from presence_worker.superoffice import Client, open_client
from presence_worker.superoffice.http_messages import Request
from presence_worker.superoffice.request_errors import ProxyGuard
from presence_worker.superoffice.transport import Connector
from presence_worker.superoffice.wire import Wire
from tests.raw_server import LINGER_ZERO

from .given import BRIEF, change, settings

pytestmark = pytest.mark.anyio
JUNK = bytes(16 * 2**20)  # more than any socket takes
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
WHOLE = HALF + b"{} {} {} "
STOPPED = Stopped("enough")


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Both kinds of loops: each writes in its own way."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A service that takes connections, and does nothing by itself."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def root_of(listener: socket.socket, scheme: str = "http") -> URL:
    """Return the service's root."""
    return URL.build(scheme=scheme, host="127.0.0.1", port=listener.getsockname()[1])


def put() -> Request:
    """Return a PUT."""
    return Request("PUT", "/api/v1/User/7/UserPresenceStatus", b"{}")


@asynccontextmanager
async def wire(total: float = 20.0) -> AsyncIterator[Wire]:
    """Open a wire; TLS trusts nobody."""
    timeout = aiohttp.ClientTimeout(total=total, connect=60, sock_read=60)
    opened = Wire(Connector(tls=True), timeout, ProxyGuard(None), {})
    try:
        yield opened
    finally:
        await opened.close()


async def fill(transport: asyncio.Transport | None) -> None:
    """Write until nothing more goes out."""
    assert transport is not None
    transport.write(JUNK)
    before = -1
    while before != (left := transport.get_write_buffer_size()):
        before = left
        await anyio.sleep(BRIEF)
    assert left


async def test_a_full_send_buffer_keeps_a_request_here(listener: socket.socket) -> None:
    """Nothing of it goes out, also not when its connection is closed: that would send what is left."""
    async with wire(total=BRIEF) as sender:
        held, request = await sender.hold(root_of(listener)), put()
        peer, _ = listener.accept()
        await fill(held.transport)
        with pytest.raises(TimeoutError):
            await sender.send(root_of(listener), request, held)

    assert not request.is_written
    with peer, peer.makefile("rb") as stream:
        assert b"PUT" not in stream.read()


async def test_what_went_out_is_written(listener: socket.socket) -> None:
    """Nobody answers: whether it was read, nobody knows."""
    async with wire(total=BRIEF) as sender:
        request = put()
        with pytest.raises(TimeoutError):
            await sender.send(root_of(listener), request)

    assert request.is_written


async def test_a_connection_that_was_reset_takes_nothing(listener: socket.socket) -> None:
    """The loop has not heard of it yet; the system has, and takes no byte."""
    async with wire() as sender:
        root, request = root_of(listener), put()
        held = await sender.hold(root)
        peer, _ = listener.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        peer.close()
        assert not held.closed
        with pytest.raises((OSError, aiohttp.ClientError)):
            await sender.send(root, request, held)

    assert not request.is_written


async def test_a_connection_that_was_closed_takes_bytes(listener: socket.socket) -> None:
    """The other end has only said that it writes no more: what we write goes out."""
    async with wire() as sender:
        root, request = root_of(listener), put()
        held = await sender.hold(root)
        listener.accept()[0].close()
        with pytest.raises((OSError, aiohttp.ClientError)):
            await sender.send(root, request, held)

    assert request.is_written


async def test_a_connection_that_is_known_to_have_ended_is_not_written_to(listener: socket.socket) -> None:
    """A kept connection may end between two looks."""
    async with wire() as sender:
        root, request = root_of(listener), put()
        held = await sender.hold(root)
        listener.accept()[0].close()
        while not held.closed:
            await anyio.lowlevel.checkpoint()
        with pytest.raises((OSError, aiohttp.ClientError)):
            await sender.send(root, request, held)

    assert not request.is_written


async def test_what_comes_before_the_request_went_out_is_no_answer(listener: socket.socket) -> None:
    """Also not when it looks like one."""
    async with wire() as sender:
        root = root_of(listener)
        held, request = await sender.hold(root), put()
        peer, _ = listener.accept()
        with peer:
            await fill(held.transport)
            peer.sendall(WHOLE)
            sending = asyncio.ensure_future(sender.send(root, request, held))
            await asyncio.wait([sending], timeout=60)

    assert isinstance(sending.exception(), ConnectionResetError)
    assert not request.is_written
    assert held.closed


async def put_until_halted(client: Client, halt: Halt, asked: Change) -> Outcome:
    """PUT inside the halt's scope, as a worker does."""
    outcome = None
    with halt.scope():
        outcome = await halt.protecting(client.put)(asked)
    assert outcome is not None
    return outcome


@pytest.mark.parametrize(("scheme", "result"), [("https", Result.FAILED), ("http", Result.UNKNOWN)])
async def test_what_the_drain_cuts_off_is_in_doubt_only_when_it_went_out(
    listener: socket.socket, scheme: str, result: Result
) -> None:
    """Over TLS nothing goes out until the handshake is done."""
    halt = Halt(drain=BRIEF)
    delivery = Delivery(connect_timeout=60, read_timeout=60, total_timeout=60)
    async with open_client(settings(str(root_of(listener, scheme)), delivery=delivery)) as client:
        outcomes: list[Outcome] = []

        async def send() -> None:
            outcomes.append(await put_until_halted(client, halt, change()))

        async with anyio.create_task_group() as group:
            group.start_soon(send)
            await anyio.wait_all_tasks_blocked()
            await anyio.sleep(BRIEF)
            halt(STOPPED)

    (outcome,) = outcomes
    assert (outcome.result, outcome.reason) == (result, Reason.STOPPED)
    assert outcome.wire_puts == (result is Result.UNKNOWN)


async def test_who_is_cancelled_before_anything_went_out_says_so(listener: socket.socket) -> None:
    """The cancellation goes on, and knows."""
    delivery = Delivery(connect_timeout=60, total_timeout=60)
    async with open_client(settings(str(root_of(listener, "https")), delivery=delivery)) as client:
        task = asyncio.ensure_future(client.put(change()))
        await anyio.sleep(BRIEF)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

    assert isinstance(caught.value, CancelledUnsentError)
