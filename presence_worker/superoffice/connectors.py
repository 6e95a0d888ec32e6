"""Connections: which of them a request may go over."""

import ssl

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace


class StrangerError(Exception):
    """There is a new connection, and the request was not meant for it; nothing of it was sent."""


class Connector(aiohttp.TCPConnector):
    """Owns the connections; what came unasked on an idle one must not pass for the next answer."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the HTTP library's
    ) -> Connection:
        """Give a connection on which nothing waits to be read."""
        connection = await super().connect(req, traces, timeout)
        while connection.protocol is not None and connection.protocol.should_close:
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


class Held(Connector):
    """Owns one connection; when that has ended, there is none until it was dropped."""

    _held: ResponseHandler | None = None

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the HTTP library's
    ) -> Connection:
        """Give the connection that is held, or hold the first that comes; raise StrangerError for another."""
        connection = await super().connect(req, traces, timeout)
        if self._held is None:
            self._held = connection.protocol
        elif connection.protocol is not self._held:
            connection.release()  # to be had once the other was dropped
            raise StrangerError
        return connection

    def drop(self) -> None:
        """End the connection that is held; the next that comes takes its place."""
        if self._held is not None:
            self._held.close()
        self._held = None

    @property
    def certificate(self) -> bytes | None:
        """What the other end has shown of itself (DER); None without TLS."""
        transport = None if self._held is None else self._held.transport
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object") if transport else None
        return secured.getpeercert(binary_form=True) if secured else None
