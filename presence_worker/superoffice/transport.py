"""What hosts are reached with: the wire to SuperOffice, and sessions with hosts at which we sign in."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from ..settings import Settings
from .addresses import below, proxy_of
from .http_messages import LONGEST_HEAD, MOST_HEADERS, Answer, Request, unpack
from .request_errors import AnswerLostError, ProxyGuard, is_logged, log_request
from .tls_handshake import tls_of
from .wire import Wire

NO_TUNNEL = "the proxy opened no connection"
EXACT = float("inf")  # seconds; longer timeouts would be rounded up to a whole one


class Connector(aiohttp.TCPConnector):
    """Owns connections; whatever ends a proxy's tunnel while it is made, nothing of a request went out."""

    def __init__(self, *, tls: ssl.SSLContext | bool) -> None:
        super().__init__(limit=0, ssl=tls, ttl_dns_cache=60)

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the HTTP library's
    ) -> Connection:
        """Return a connection for a request."""
        try:
            return await super().connect(req, traces, timeout)
        except (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError):
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError, aiohttp.ClientResponseError) as error:
            raise aiohttp.ClientProxyConnectionError(req.connection_key, OSError(0, NO_TUNNEL)) from error


class LoggedWire(Wire):
    """Logs each request."""

    async def send(self, root: URL, request: Request, held: Connection | None = None) -> Answer:
        """Send a request, and log it with the status of its answer."""
        return await log_request(super().send(root, request, held), request.method, root, request.path)


class SignInSession:
    """Owns a session with one host; what it shows is for that host alone.

    Cookies, proxy variables, .netrc and redirects are ignored.
    """

    def __init__(self, session: aiohttp.ClientSession, guard: ProxyGuard) -> None:
        self._session = session
        self._guard = guard

    def send(self, root: URL, request: Request) -> Awaitable[Answer]:
        """Send a request, and read its answer; raise what is in `request_errors.REQUEST_ERRORS`."""
        sending = self._send(below(root, request.path), request)
        return log_request(sending, request.method, root, request.path) if is_logged() else sending

    async def _send(self, url: URL, request: Request) -> Answer:
        self._guard.check()
        try:
            answer = await self._ask(url, request)
        except aiohttp.ClientHttpProxyError as error:
            self._guard.look(error.status, error.headers or {})
            raise
        self._guard.look(answer.status, answer.headers)
        return unpack(answer, request.longest)

    async def _ask(self, url: URL, request: Request) -> Answer:
        response = await self._session.request(
            request.method, url, data=request.body, headers=request.headers, allow_redirects=False
        )
        try:
            return Answer(response.status, response.headers, await _read_body(response, request.longest))
        finally:
            response.release()  # at once, which `async with` would wait for


async def _read_body(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """Read an answer up to a sane size; the connection of a longer one is closed, not drained."""
    body = await response.content.readany()
    while not response.content.at_eof() and len(body) <= longest:
        body += await response.content.readany()
    if len(body) > longest:
        response.close()
    return body


async def _send_only_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the HTTP library from sending a request again by itself when the connection ends."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if isinstance(error.__cause__, ssl.SSLError):  # with TLS 1.3, the other end refuses us that late
            raise aiohttp.ClientConnectorSSLError(request.connection_key, error.__cause__) from error
        raise AnswerLostError from error


class Transport:
    """Owns what all hosts are reached with; TLS is 1.2 or newer, and always verified."""

    def __init__(self, settings: Settings, opened: AsyncExitStack) -> None:
        delivery = settings.delivery
        self._opened = opened  # wires and sessions end with it
        self._timeout = aiohttp.ClientTimeout(
            total=delivery.total_timeout,
            connect=min(delivery.connect_timeout, delivery.total_timeout),  # look-up, TCP and TLS together
            sock_read=delivery.read_timeout,
            ceil_threshold=EXACT,
        )
        self._guard = ProxyGuard(proxy_of(settings) if settings.target.proxy else None)
        self._tls = tls_of(settings)

    def open_wire(self, headers: Mapping[str, str]) -> Wire:
        """Open the way to SuperOffice; all requests have these headers."""
        kind = LoggedWire if is_logged() else Wire
        wire = kind(Connector(tls=self._tls), self._timeout, self._guard, headers)
        self._opened.push_async_callback(wire.close)
        return wire

    async def open_session(self, headers: Mapping[str, str]) -> SignInSession:
        """Open a session; all requests have these headers."""
        session = aiohttp.ClientSession(
            connector=Connector(tls=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=self._timeout,
            headers=headers,
            proxy=self._guard.proxy,
            middlewares=(_send_only_once,),
            max_line_size=LONGEST_HEAD,
            max_field_size=LONGEST_HEAD,
            max_headers=MOST_HEADERS,
        )
        return SignInSession(await self._opened.enter_async_context(session), self._guard)


@asynccontextmanager
async def open_transport(settings: Settings) -> AsyncIterator[Transport]:
    """Open what makes wires and sessions; they end with the context."""
    async with AsyncExitStack() as opened:
        yield Transport(settings, opened)
