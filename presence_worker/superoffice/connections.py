"""Connections: which of them a request may go over, and which answers belong to it."""

import ssl
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from aiohttp.streams import StreamReader
from aiohttp.tracing import Trace
from yarl import URL

LONGEST_HEAD = 64 * 1024  # bytes of an answer before its body
MOST_DOUBTED = 100  # requests of one connection
QUIET = 5.0  # seconds; what comes later has displaced no answer but the last
NO_TUNNEL = "the proxy made no tunnel"
BEGINNING = b"HTTP/"  # of each answer; line ends may stand before it
SWITCHED = 101  # the only status below 200 that is the last one
Doubt = Callable[[Iterable[URL]], None]  # takes the addresses whose last answers are in doubt
TlsErrors = dict[URL, ssl.SSLError]  # by address: why TLS ended before anything came


class StrangerError(Exception):
    """There is a new connection, and the request was not meant for it; nothing of it was sent."""


class Channel(ResponseHandler):
    """One connection, which notices what comes unasked.

    Answers carry no number: after one too many, each may be that of the request before. The last one is in
    doubt then, and so are those before it that came shortly one after another; the connection is closed.
    """

    def __init__(self, doubt: Doubt, tls_errors: TlsErrors, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._doubt = doubt
        self._tls_errors = tls_errors
        self._is_due = False  # the head of an answer
        self._head = 0  # bytes of it so far
        self._at = 0.0  # when something came last
        self.asked: deque[URL] = deque(maxlen=MOST_DOUBTED)  # by its requests, in order

    def set_response_params(self, **params: Any) -> None:
        """Expect an answer from now on."""
        self._is_due, self._head = True, 0
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Parse what belongs to an answer."""
        before, self._at = self._at, self._loop.time()
        if data and not self._is_due and (self._payload is None or self._payload.is_eof()):
            self._doubt_all(is_late=self._at - before > QUIET)
            return
        is_answer = not self._is_due or self._head > 0 or _may_begin_an_answer(data)
        super().data_received(data)
        if self._is_due:
            if not is_answer or self.exception() is not None:
                self._doubt_earlier(is_late=self._at - before > QUIET)
            self._head += len(data)
            if self._head > LONGEST_HEAD and self.exception() is None:
                self.set_exception(HttpProcessingError(message="the head of the answer is too long"))
        elif self.exception() is not None:
            self._doubt_all()

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Hand the head of an answer over."""
        is_last = data[0].code >= 200 or data[0].code == SWITCHED  # noqa: PLR2004 - before it: "go on"
        if not self._is_due:
            self._doubt_all()
            return
        self._is_due, self._head = not is_last, 0
        super().feed_data(data, size)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note why the other end refused us: with TLS 1.3 it says so only after the handshake."""
        if isinstance(exc, ssl.SSLError) and not self._at:
            self._tls_errors.update(dict.fromkeys(self.asked, exc))
        super().connection_lost(exc)

    def _doubt_earlier(self, *, is_late: bool) -> None:
        """Doubt the answers before what is none: it may be the rest of a true one, displaced by another."""
        earlier = [self.asked.popleft() for _ in range(len(self.asked) - 1)]  # the newest is lost anyway
        self._doubt(earlier[-1:] if is_late else earlier)

    def _doubt_all(self, *, is_late: bool = False) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.close()
        self._doubt([*self.asked][-1:] if is_late else self.asked)


def _may_begin_an_answer(data: bytes) -> bool:
    return data.startswith(BEGINNING) or BEGINNING.startswith(data.lstrip(b"\r\n")[: len(BEGINNING)])


class Connector(aiohttp.TCPConnector):
    """Owns the connections; each knows what it was asked last."""

    def __init__(
        self, doubt: Doubt, tls_errors: TlsErrors, *, limit: int, tls: ssl.SSLContext | bool
    ) -> None:
        super().__init__(limit=limit, ssl=tls, ttl_dns_cache=60)
        self._factory = partial(Channel, doubt, tls_errors, loop=self._loop)  # type: ignore[assignment]  # is invariant

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the HTTP library's
    ) -> Connection:
        """Return a connection for one request; whatever ends a proxy's CONNECT, nothing of that went out."""
        try:
            connection = await super().connect(req, traces, timeout)
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError):
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError, aiohttp.ClientResponseError) as error:
            raise aiohttp.ClientProxyConnectionError(req.connection_key, OSError(0, NO_TUNNEL)) from error
        if isinstance(connection.protocol, Channel):
            connection.protocol.asked.append(req.url)
        return connection


class PinnedConnector(Connector):
    """Owns one connection; when that has ended, there is none until it was dropped."""

    _held: ResponseHandler | None = None

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the HTTP library's
    ) -> Connection:
        """Return the connection held, or hold the first that comes; raise StrangerError for another."""
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
