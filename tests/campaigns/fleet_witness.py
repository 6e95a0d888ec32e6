"""The service's own record of a night of several machines: who asked what, and when."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import orjson
from anyio.from_thread import start_blocking_portal

from tests.raw_server import Peer, Request, raw_server

from .ledger import Ledger

SOCKETS = Path("/proc/net/tcp")
Finder = Callable[[int], str]  # which machine has a local port; "": none that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request for an associate's presence that was read whole."""

    at: float  # seconds, as `monotonic` has them
    sender: str  # machine and how often it was started; "": it had gone before we asked who it was
    is_put: bool
    associate_id: int
    words: str = ""  # the message of a PUT


class Witness(Ledger):
    """Owns the presences of a target, and the record of all requests in the order in which they came."""

    def __init__(self, luck: random.Random, find: Finder) -> None:
        super().__init__(luck)
        self.calls: list[Call] = []
        self._find = find
        self._senders: dict[Peer, str] = {}

    async def greet(self, peer: Peer) -> None:
        """Find out who has connected."""
        self._senders[peer] = self._find(peer.writer.get_extra_info("peername")[1])

    async def act(self, peer: Peer, request: Request) -> None:
        """Note who asks, then do as any other service does."""
        _, *parts = request.path.split("/")
        if len(parts) > 1 and parts[-2].isdecimal():
            is_put = request.method == "PUT"
            self.calls.append(
                Call(
                    at=request.at,
                    sender=self._senders.get(peer, ""),
                    is_put=is_put,
                    associate_id=int(parts[-2]),
                    words=orjson.loads(request.body)["Message"] if is_put else "",
                )
            )
        await super().act(peer, request)


@contextmanager
def witness(luck: random.Random, find: Finder) -> Iterator[Witness]:
    """Let a service answer in a thread of its own."""
    ledger = Witness(luck, find)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(
            raw_server(otherwise=ledger.act, greeting=ledger.greet)
        ) as ledger.server,
    ):
        yield ledger


def owner_of(port: int, processes: dict[str, int]) -> str:
    """Return which of these processes has this local port of 127.0.0.1; "" where none has."""
    wanted = f"socket:[{_inode_of(port)}]"
    return next((name for name, pid in processes.items() if wanted in _files_of(pid)), "")


def _files_of(pid: int) -> Iterator[str]:
    with suppress(OSError):  # it has gone
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # it was closed just now
                yield str(each.readlink())


def _inode_of(port: int) -> str:
    for line in SOCKETS.read_text("ascii").splitlines()[1:]:
        fields = line.split()
        if fields[1] == f"0100007F:{port:04X}":
            return fields[9]
    return ""


def now() -> float:
    """Return the moment as the record has it."""
    return monotonic()
