"""Requests over HTTP: each goes out once, to where it was meant, and its answer is bounded."""

import codecs
import logging
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import aiohttp
import anyio.lowlevel
import structlog
from yarl import URL

from ..settings import Settings
from .addresses import below
from .connections import LONGEST_HEAD, Connector, PinnedConnector, TlsErrors
from .request_errors import AnswerLostError, ProxyGuard, log_request
from .tls_handshake import tls_of

LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred, a token some thousand
MOST_HEADERS = 500  # of one answer
PACKED = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # zlib's wbits
log = structlog.get_logger()


class Request(NamedTuple):
    """What is asked of a host."""

    method: str
    path: str  # below the host's root, with its query
    body: bytes | dict[str, str] | None = None  # a dictionary is sent as a form
    headers: dict[str, str] | None = None  # beside those of the session
    longest: int = LONGEST_ANSWER  # bytes of the answer that are read


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes  # cut where it is longer than was asked for


async def send_request(session: aiohttp.ClientSession, root: URL, request: Request) -> Answer:
    """Send one request, and read its answer.

    What is packed although we did not ask for it is unpacked, up to as many bytes. Redirects are not
    followed. Raise what is in `request_errors.REQUEST_ERRORS`.
    """
    response = await session.request(
        request.method,
        below(root, request.path),
        data=request.body,
        headers=request.headers,
        allow_redirects=False,
    )
    try:
        body = await _read_body(response, request.longest)
        packing = response.headers.get("Content-Encoding", "").strip().lower()
        if packing in PACKED:
            body = _unpack(body, packing, request.longest)
        return Answer(response.status, response.headers, body.removeprefix(codecs.BOM_UTF8))
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


def _unpack(body: bytes, packing: str, longest: int) -> bytes:
    """Unpack an answer, cut where it is too long; one that is not packed so, or not whole, stays as it is."""
    for wbits in PACKED[packing]:  # "deflate" is with a header by the standard, and without by some servers
        unpacking = zlib.decompressobj(wbits)
        try:
            plain = unpacking.decompress(body, longest + 1)
        except zlib.error:
            continue
        if (unpacking.eof and not unpacking.unused_data) or len(plain) > longest:
            return plain
    return body


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
