"""Connections: which of them a request may go over, and how they are secured."""

import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
import anyio.lowlevel
import structlog
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from ..settings import Settings
from .request_errors import AnswerLostError, ProxyGuard, log_request
from .tls_handshake import tls_of
from .transport import LONGEST_HEAD, Channel, Doubt, TlsErrors

MOST_HEADERS = 500  # of one answer
NO_TUNNEL = "the proxy made no tunnel"
log = structlog.get_logger()


class StrangerError(Exception):
    """There is a new connection, and the request was not meant for it; nothing of it was sent."""


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


class Transport:
    """Owns what all sessions share: the connections, their time limits, how they are secured.

    Each host has a session of its own, for what it is shown is for it alone. Cookies, proxy variables,
    .netrc and redirects are ignored; TLS is 1.2 or newer and always verified.
    """

    def __init__(self, settings: Settings, opened: AsyncExitStack) -> None:
        delivery = settings.delivery
        self._opened = opened  # sessions end with it
        self._tls_errors: TlsErrors = {}
        self._proxy = settings.target.proxy
        self._guard = ProxyGuard()
        self._tls = tls_of(settings)
        self.doubted: list[URL] = []  # addresses whose last answer may be another's
        self._shared = Connector(self.doubted.extend, self._tls_errors, limit=0, tls=self._tls)
        self._timeout = aiohttp.ClientTimeout(
            total=delivery.total_timeout,
            connect=delivery.connect_timeout,  # the name looked up, TCP and TLS together
            sock_read=delivery.read_timeout,
        )

    def connector_for_pins(self) -> PinnedConnector:
        """Return what holds a connection that nobody else uses."""
        return PinnedConnector(self.doubted.extend, self._tls_errors, limit=1, tls=self._tls)

    async def open_session(
        self, headers: Mapping[str, str], connector: Connector | None = None
    ) -> aiohttp.ClientSession:
        """Open a session with the headers of all its requests; over shared connections unless told."""
        session = aiohttp.ClientSession(
            connector=connector or self._shared,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=self._timeout,
            headers=headers,
            proxy=self._proxy,
            middlewares=self._middlewares(),
            max_line_size=LONGEST_HEAD,
            max_field_size=LONGEST_HEAD,
            max_headers=MOST_HEADERS,
        )
        return await self._opened.enter_async_context(session)

    def _middlewares(self) -> tuple[aiohttp.ClientMiddlewareType, ...]:
        """Return what is put around each request; where nothing is logged, nothing is paid for it."""
        logged = (log_request,) if log.is_enabled_for(logging.DEBUG) else ()
        guard = (self._guard,) if self._proxy else ()
        return (*logged, *guard, self._send_only_once)

    async def _send_only_once(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Keep the HTTP library from sending a PUT again by itself when the connection ends."""
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            await anyio.lowlevel.checkpoint()  # why it has ended may be known only now
            if reason := self._tls_errors.pop(request.url, None):
                raise aiohttp.ClientConnectorSSLError(request.connection_key, reason) from error
            raise AnswerLostError from error


@asynccontextmanager
async def open_transport(settings: Settings) -> AsyncIterator[Transport]:
    """Open what makes sessions; they end with the context."""
    async with AsyncExitStack() as opened:
        yield Transport(settings, opened)
