"""What never reached the service: certainly not applied, and nothing on the wire."""

import asyncio
import errno
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from presence_worker.model import Reason, Result, Trouble
from presence_worker.settings import Delivery
from presence_worker.superoffice import open_client
from tests.raw_server import raw_server

from .given import BRIEF, change, put_once, settings

HASTY = Delivery(connect_timeout=BRIEF)

pytestmark = pytest.mark.anyio


@pytest.fixture
def nobody() -> str:
    """An address on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def black_hole() -> Iterator[str]:
    """An address on which nobody ever answers: the queue of its listener is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.settimeout(0)
            caller.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def no_more_files() -> Iterator[None]:
    """This process may open no further file or socket."""
    lowest = os.dup(0)
    os.close(lowest)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_refused_connection_carries_nothing(nobody: str) -> None:
    """Nobody listens: failed, and tried again when the service is back."""
    outcome = await put_once(settings(nobody))

    assert (outcome.result, outcome.reason, outcome.trouble) == (
        Result.FAILED,
        Reason.CONNECTION,
        Trouble.DOWN,
    )
    assert (outcome.wire_puts, outcome.attempts, outcome.stop) == (0, 1, None)
    port = nobody.rpartition(":")[2]
    assert outcome.detail == f"cannot connect to 127.0.0.1:{port}: {os.strerror(errno.ECONNREFUSED)}"


async def test_an_unknown_name_carries_nothing() -> None:
    """The sentence names the host that cannot be found."""
    outcome = await put_once(settings("https://nosuch.invalid"))

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.FAILED, Trouble.DOWN, 0)
    assert str(outcome.detail).startswith("cannot connect to nosuch.invalid:443: ")


async def test_a_name_that_is_never_found_carries_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking a name up is part of connecting: when that hangs, nothing was sent."""

    async def hang(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", hang)

    outcome = await put_once(settings("https://crm.example.com", delivery=HASTY))

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.FAILED, Trouble.DOWN, 0)
    assert outcome.detail == "no connection within delivery.connect_timeout"


async def test_a_connection_that_is_never_accepted_carries_nothing(black_hole: str) -> None:
    """A firewall that drops packets costs no more than the connect timeout."""
    outcome = await put_once(settings(black_hole, delivery=HASTY))

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.FAILED, Trouble.DOWN, 0)
    assert outcome.detail == "no connection within delivery.connect_timeout"


async def test_too_many_open_files_are_our_own_fault() -> None:
    """Nothing is wrong with row or service: it does not count, and others go on."""
    async with raw_server() as server, open_client(settings(server.url)) as client:
        with no_more_files():
            outcome = await client.put(change())
        after = await client.put(change())

    assert (outcome.result, outcome.trouble, outcome.wire_puts) == (Result.FAILED, Trouble.THROTTLED, 0)
    assert (
        outcome.detail == "this machine has too many open files for another connection (Too many open files)"
    )
    assert (after.result, len(server.puts)) == (Result.UPDATED, 1)


async def test_a_read_that_reaches_nobody_shows_nothing(nobody: str) -> None:
    """Trouble with a read is no reason to stop."""
    async with open_client(settings(nobody)) as client:
        shown = await client.read_back(7)

    assert shown is None
