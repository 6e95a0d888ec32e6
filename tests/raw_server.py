"""A server that misbehaves on cue: bare sockets, one act per request, and a record of all that came in."""

import asyncio
import gzip
import itertools
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

import orjson

LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN
NUL_BLOCK = bytes(2**20)


@dataclass(slots=True, kw_only=True)
class Request:
    """What came in, and whether the server carried it out."""

    connection: int  # ordinal, 1-based
    method: str
    path: str  # as it stood in the request line
    headers: list[tuple[str, str]]  # as they came, in order
    body: bytes
    at: float = field(default_factory=monotonic)  # seconds; when it was read whole
    applied: bool = False

    def header(self, name: str) -> str | None:
        """Give the value of a header, None where it did not come."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Peer:
    """The other end of one connection: what an act may do to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes, every: float = 0.0) -> None:
        """Send pieces, with *every* seconds after each."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            if every:
                await asyncio.sleep(every)

    async def close(self) -> None:
        """End the connection in order (FIN)."""
        self.writer.close()

    async def reset(self) -> None:
        """Break the connection off (RST)."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Say nothing more until the server ends."""
        await asyncio.Event().wait()

    async def stay(self) -> None:
        """Keep the connection for the next request."""


Act = Callable[[Peer, Request], Awaitable[None]]
Ending = Callable[[Peer], Awaitable[None]]
Greeting = Callable[[Peer], Awaitable[None]]
Headers = Mapping[str, str] | Sequence[tuple[str, str]]


def framed(status: int, body: bytes = b"", headers: Headers = (), *, length: int | None = None) -> bytes:
    """Give a whole answer as bytes; *length* is what it claims, if not the truth."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in pairs)]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8") + body


def answer(status: int, body: bytes = b"", headers: Headers = ()) -> Act:
    """Answer in order, but with anything."""
    return say(framed(status, body, headers))


def say(*pieces: bytes, every: float = 0.0, then: Ending = Peer.stay) -> Act:
    """Send just these bytes, and then close, reset, hang or stay."""

    async def act(peer: Peer, _: Request) -> None:
        await peer.send(*pieces, every=every)
        await then(peer)

    return act


def stream(head: bytes, pieces: Callable[[], Iterable[bytes]]) -> Act:
    """Send an answer that is made while it is sent, however long."""

    async def act(peer: Peer, _: Request) -> None:
        await peer.send(head)
        await peer.send(*pieces())
        await peer.close()

    return act


async def echo(peer: Peer, request: Request) -> None:
    """Do as a good service does: apply the change, and answer with what was saved."""
    request.applied = request.method == "PUT"
    await peer.send(framed(200, request.body, {"Content-Type": "application/json; charset=utf-8"}))


def applied(act: Act) -> Act:
    """Carry the change out, and only then do *act*."""

    async def applied_act(peer: Peer, request: Request) -> None:
        request.applied = True
        await act(peer, request)

    return applied_act


def shows(status: str, message: str = "") -> Act:
    """Answer with a presence, whatever was sent."""
    return answer(200, orjson.dumps({"Status": status, "Message": message}))


def drip(data: bytes, *, every: float = 0.02) -> Act:
    """Send one byte at a time; *every* in seconds."""
    return say(*(bytes([byte]) for byte in data), every=every, then=Peer.hang)


def gzip_bomb(mebibytes: int) -> bytes:
    """Give a small body that unpacks to a large one."""
    return gzip.compress(NUL_BLOCK) * mebibytes


CLOSE = say(then=Peer.close)  # after reading the request, without a byte
RESET = say(then=Peer.reset)
HANG = say(then=Peer.hang)


class RawServer:
    """Owns a listening socket; made by `raw_server`."""

    def __init__(self, script: Sequence[Act], otherwise: Act, greeting: Greeting) -> None:
        self._script = iter(script)
        self._otherwise = otherwise
        self._greeting = greeting
        self._connections: set[asyncio.Task[None]] = set()
        self._ordinals = itertools.count(1)
        self.requests: list[Request] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Give the root over plain http."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def puts(self) -> list[Request]:
        """Give the PUTs that came in."""
        return [request for request in self.requests if request.method == "PUT"]

    @property
    def connections(self) -> int:
        """Give how many connections are open now."""
        return len(self._connections)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one connection: greet, then one act per request."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        peer, ordinal = Peer(reader, writer), next(self._ordinals)
        try:
            await self._greeting(peer)
            while not writer.is_closing():
                request = await _request(reader, ordinal)
                self.requests.append(request)
                await next(self._script, self._otherwise)(peer, request)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has left, or the test is over
        finally:
            self._connections.discard(task)
            writer.close()

    async def leave(self) -> None:
        """Close every connection."""
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


@asynccontextmanager
async def raw_server(
    *script: Act,
    otherwise: Act = echo,
    greeting: Greeting = Peer.stay,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[RawServer]:
    """Serve on a free port: the acts of the script one after another, then *otherwise* for every request."""
    server = RawServer(script, otherwise, greeting)
    listener = await asyncio.start_server(server.serve, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.leave()


async def _request(reader: asyncio.StreamReader, connection: int) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    body = await reader.readexactly(length)
    return Request(connection=connection, method=method, path=path, headers=headers, body=body)
