"""A way to the database that is slow, cut or blocked on cue; it counts the statements that pass."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from anyio.from_thread import BlockingPortal, start_blocking_portal

LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN
LENGTH = struct.Struct("!I")
STARTUP = struct.Struct("!II")
ASKS_FIRST = (80877103, 80877104)  # for TLS or GSSAPI; the server answers with one byte
STATEMENTS = (b"Q", b"S")  # a simple query, and what ends an extended one
READY = b"Z"  # the server has carried all out


class Cut(Enum):
    """When a connection is cut: before the server gets a statement, or before its answer is passed on."""

    BEFORE = auto()
    AFTER = auto()


@dataclass(slots=True, eq=False)
class Link:
    """Owns one connection of a client, and ours to the server."""

    client: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    is_mute: bool = False  # nothing that the server says is passed on
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self) -> None:
        """Break both connections off (RST)."""
        for _, writer in (self.client, self.server):
            connection: socket.socket = writer.get_extra_info("socket")
            if connection.fileno() >= 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
            writer.transport.abort()


class Proxy:
    """Owns a listening socket in front of a database; its attributes may be changed from any thread."""

    def __init__(self, to: int) -> None:
        self.to = to  # the server's port
        self.port = 0
        self.delay = 0.0  # seconds before each statement is passed on
        self.statements = 0  # that came
        self.cuts: dict[int, Cut] = {}  # by the number of the statement, which counts from 1
        self.done: list[int] = []  # statements at which a connection was cut
        self._is_away = False
        self._is_open = asyncio.Event()  # clear: nothing passes, in neither direction
        self._is_open.set()
        self._links: set[Link] = set()
        self.portal: BlockingPortal

    # -- from other threads --------------------------------------------------------------------------------

    def go_away(self) -> None:
        """Break all connections off, and take no new ones."""
        self._is_away = True
        self.cut_all()

    def come_back(self) -> None:
        """Take connections again; let all pass."""
        self._is_away = False
        self.portal.call(self._is_open.set)

    def block(self) -> None:
        """Let nothing pass from now on, and say nothing: as when the network swallows all."""
        self.portal.call(self._is_open.clear)

    def cut_all(self) -> None:
        """Break all connections off once."""
        self.portal.call(self._cut_links)

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._links)

    # -- in the loop ---------------------------------------------------------------------------------------

    def _cut_links(self) -> None:
        for link in tuple(self._links):
            link.cut()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one connection until either end leaves."""
        if self._is_away:
            writer.transport.abort()
            return
        link = None
        try:
            link = Link((reader, writer), await asyncio.open_connection("127.0.0.1", self.to))
            self._links.add(link)
            await self._begin(link)
            answers = asyncio.create_task(self._pass_answers(link))
            try:
                await self._pass_statements(link)
            finally:
                answers.cancel()
                await asyncio.gather(answers, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of them has left, or was cut off
        finally:
            if link:
                self._links.discard(link)
                link.server[1].close()
            writer.close()

    async def _begin(self, link: Link) -> None:
        """Pass on what comes before the messages that have a type."""
        while True:
            head = await link.client[0].readexactly(STARTUP.size)
            length, code = STARTUP.unpack(head)
            link.server[1].write(head + await link.client[0].readexactly(length - len(head)))
            if code not in ASKS_FIRST:
                return
            link.client[1].write(await link.server[0].readexactly(1))

    async def _pass_statements(self, link: Link) -> None:
        while True:
            kind, message = await _read_message(link.client[0])
            await self._is_open.wait()
            if kind not in STATEMENTS:
                link.server[1].write(message)
                continue
            self.statements += 1
            number, cut = self.statements, self.cuts.pop(self.statements, None)
            if self.delay:
                await asyncio.sleep(self.delay)
            if cut:
                await self._cut(link, number, message, cut)
                return
            link.server[1].write(message)
            await link.server[1].drain()

    async def _cut(self, link: Link, number: int, message: bytes, cut: Cut) -> None:
        self.done.append(number)
        if cut is Cut.AFTER:
            link.is_mute = True
            link.is_ready.clear()
            link.server[1].write(message)
            await link.is_ready.wait()
        link.cut()

    async def _pass_answers(self, link: Link) -> None:
        try:
            while True:
                kind, message = await _read_message(link.server[0])
                await self._is_open.wait()
                if kind == READY:
                    link.is_ready.set()
                if not link.is_mute:
                    link.client[1].write(message)
                    await link.client[1].drain()
        except (OSError, asyncio.IncompleteReadError):
            link.is_ready.set()
            link.client[1].close()


async def _read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    (length,) = LENGTH.unpack(head[1:])
    return head[:1], head + await reader.readexactly(length - LENGTH.size)


@asynccontextmanager
async def _proxy(to: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(to)
    listener = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listener.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listener.close()
        proxy.cuts.clear()
        proxy._cut_links()  # noqa: SLF001 - it is over


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """Let a proxy to this port work in a thread of its own."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(_proxy(port)) as proxy:
        proxy.portal = portal
        yield proxy
