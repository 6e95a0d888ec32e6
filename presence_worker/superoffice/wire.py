"""The way to SuperOffice: each request is written once, as bytes of ours, and never again by itself.

The HTTP library makes the connections, keeps them, and parses what comes; no more is left to it.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from yarl import URL

from .addresses import below
from .channel import WireChannel
from .http_messages import Answer, Request, unpack
from .request_errors import ProxyGuard, not_our_turn

FOR_PROXY = "Proxy-Authorization"


class Destination(NamedTuple):
    """What all requests below one root have in common."""

    root: URL
    key: aiohttp.ClientRequest  # by which the connector finds and makes connections
    origin: str  # in the request line; empty but for what a proxy reads
    prefix: str  # of each path
    fields: bytes  # the headers, as they are written


class Wire:
    """Owns the connections to SuperOffice, and the headers of all requests.

    Cookies, proxy variables, .netrc and redirects are ignored.
    """

    def __init__(
        self,
        connector: aiohttp.TCPConnector,
        timeout: aiohttp.ClientTimeout,
        guard: ProxyGuard,
        headers: Mapping[str, str],
    ) -> None:
        self.doubted: list[str] = []  # grows: paths of requests whose last answer may be another's
        self._timeout = timeout
        self._guard = guard
        self._for_tunnels = headers  # without credentials
        self._headers = {"Host": "", **headers}  # by custom it stands first
        self._last: Destination | None = None
        self._held: set[Connection] = set()
        self._may_write: Callable[[], bool] = lambda: True
        self._loop = asyncio.get_running_loop()
        self._total, silence = timeout.total or 0.0, timeout.sock_read or 0.0
        self._connector = connector
        make = partial(WireChannel, self.doubted.extend, silence, self._loop)
        self._connector._factory = make  # type: ignore[assignment]  # noqa: SLF001 - it has no other way

    async def close(self) -> None:
        """Close all connections."""
        for connection in tuple(self._held):
            self.drop(connection)
        await self._connector.close()

    def guard(self, may_write: Callable[[], bool]) -> None:
        """Ask *may_write* last before each request is written; one that may not raises NotOurTurnError."""
        self._may_write = may_write

    def show(self, headers: Mapping[str, str]) -> None:
        """Show these headers with all requests from now on."""
        self._headers.update(headers)
        self._last = None

    async def hold(self, root: URL) -> Connection:
        """Return a connection of its own until it is dropped; raise as `send` does."""
        connection = await self._connect(self._destination(root).key)
        self._held.add(connection)
        return connection

    def drop(self, connection: Connection) -> None:
        """Close a connection that was held."""
        self._held.discard(connection)
        connection.close()

    async def send(self, root: URL, request: Request, held: Connection | None = None) -> Answer:
        """Send a request over the connection *held*, or over any, and read its answer.

        No redirect is followed. A connection ends where it brings no answer. Raise what is in
        `request_errors.REQUEST_ERRORS`; `Request.is_written` says then what is known of the request.
        """
        until, to = self._loop.time() + self._total, self._destination(root)
        connection = held or await self._connect(to.key)
        try:
            answer = await self._exchange(connection, to, request, until)
        finally:
            if connection is not held:
                connection.release()
        self._guard.look(answer.status, answer.headers)
        return unpack(answer, request.longest)

    async def _connect(self, key: aiohttp.ClientRequest) -> Connection:
        self._guard.check()
        try:
            return await self._connector.connect(key, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error
        except aiohttp.ClientHttpProxyError as error:
            self._guard.look(error.status, error.headers or {})
            raise

    async def _exchange(
        self, connection: Connection, to: Destination, request: Request, until: float
    ) -> Answer:
        channel, answer, data = connection.protocol, None, self._write(to, request)
        assert isinstance(channel, WireChannel)  # noqa: S101 - our connector has no others
        try:
            if not self._may_write():
                raise not_our_turn()
            coming = channel.ask(request.path, data, longest=request.longest, until=until)
            request.is_written = channel.is_connected()
            answer = await coming
        except HttpProcessingError as error:
            raise aiohttp.ClientPayloadError from error
        except OSError as error:
            if channel.refusal is None:
                raise
            raise aiohttp.ClientConnectorSSLError(to.key.connection_key, channel.refusal) from error
        finally:
            if answer is None:
                request.is_written = request.is_written and not channel.has_kept(len(data))
                channel.abort()  # what is still here does not go out
                connection.close()
        return answer

    def _destination(self, root: URL) -> Destination:
        if self._last is None or self._last.root is not root:
            proxy = self._guard.proxy
            shown = self._for_tunnels
            key = aiohttp.ClientRequest("GET", root, loop=self._loop, proxy=proxy, proxy_headers=shown)
            origin = str(root.origin()) if proxy and not key.is_ssl() else ""
            self._headers["Host"] = key.headers["Host"]
            self._last = Destination(root, key, origin, root.raw_path.rstrip("/"), _fields(self._headers))
        return self._last

    def _write(self, to: Destination, request: Request) -> bytes:
        """Return a request as it goes out."""
        path, fields, body = request.path, to.fields, request.body
        path = below(to.root, path).raw_path_qs if "?" in path else to.prefix + path
        if request.headers:
            fields = _fields({**self._headers, **request.headers})
        if to.origin and (shown := to.key.headers.get(FOR_PROXY)):  # the connector made it
            fields += _fields({FOR_PROXY: shown})
        if body is not None:
            fields += b"Content-Length: %d\r\n" % len(body)
        line = f"{request.method} {to.origin}{path} HTTP/1.1\r\n"
        return line.encode() + fields + b"\r\n" + (body or b"")


def _fields(headers: Mapping[str, str]) -> bytes:
    """Return headers as they are written; raise ValueError where one would be two."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if not all(map(str.isprintable, lines)):
        raise ValueError("a header has control characters")
    return "".join(f"{line}\r\n" for line in lines).encode()
