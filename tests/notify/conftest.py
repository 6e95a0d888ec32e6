"""The fixtures of these tests are those of tests/run, and a receiver of messages."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.raw_server import Act, Peer, RawServer, Request
from tests.run.given import own_surroundings, raw_up, sandbox, worker, worker_on

from .receivers import GOOD

__all__ = ["Receiver", "own_surroundings", "receiver", "sandbox", "worker", "worker_on"]


class Receiver:
    """Owns what a webhook and a dead man's switch have received, and how they answer."""

    server: RawServer
    act: Act = staticmethod(GOOD)  # to each request

    async def answer(self, peer: Peer, request: Request) -> None:
        """Answer as it is set now."""
        await self.act(peer, request)

    @property
    def channel(self) -> dict[str, Any]:
        """The settings of a webhook that leads here."""
        return {"url": f"{self.server.url}/hook"}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages, in order."""
        return [json.loads(each.body) for each in self.server.requests if each.path == "/hook"]

    @property
    def pings(self) -> list[str]:
        """What was asked of the dead man's switch, without the run."""
        paths = (each.path.partition("?")[0] for each in self.server.requests)
        return [path.removeprefix("/ping") for path in paths if path.startswith("/ping")]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A webhook that takes every message, set in a variable."""
    found = Receiver()
    with raw_up(found.answer) as found.server:
        monkeypatch.setenv("PRESENCE_WORKER_NOTIFY__WEBHOOK", json.dumps([found.channel]))
        yield found
