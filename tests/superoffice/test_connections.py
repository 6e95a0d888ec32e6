"""Connections: no more than requests are in flight; here time is virtual, and the sockets are real."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import anyio
import pytest

from presence_worker.superoffice import open_client
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import Peer, Request, echo, raw_server

from .given import settings
from .signing_in import delivered

pytestmark = pytest.mark.anyio
ROWS, RATE, CONCURRENCY = 200, 20, 32


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


@pytest.mark.parametrize("latency", [0.01, 0.2, 0.8])
async def test_no_more_than_are_needed(latency: float) -> None:
    """What is allowed beyond rate times latency costs the service no connection."""

    async def slowly(peer: Peer, request: Request) -> None:
        await anyio.sleep(latency)
        await echo(peer, request)

    async with raw_server(otherwise=slowly) as server, open_client(settings(server.url)) as client:
        await delivered(client, ROWS, rate=RATE, concurrency=CONCURRENCY)
        connections = max(request.connection for request in server.requests)

    assert len(server.puts) == ROWS
    assert RATE * latency <= connections <= ceil(RATE * latency) + 1
