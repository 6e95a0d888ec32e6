"""HTTP sessions: how connections are made, and what the HTTP library must not do by itself."""

import logging
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter

import aiohttp
import anyio.lowlevel
import structlog
from yarl import URL

from ..errors import Suspect, UsageFault
from ..marks import WideError, without_mark
from ..settings import Settings
from ..wording import series
from .addresses import login_root, service_root
from .answer_headers import schemes
from .connections import LONGEST_HEAD, Connector, PinnedConnector, Refused
from .request_errors import AnswerLostError, RefusedError, refusal
from .sign_in import EXCHANGING

MOST_HEADERS = 500  # of one answer
log = structlog.get_logger()
Open = Callable[[dict[str, str]], Awaitable[aiohttp.ClientSession]]  # with the headers of all its requests


PROXY_REFUSED = 407


class ProxyGuard:
    """Owns the knowledge that the proxy has refused us: it is not asked again, lest an account be locked."""

    def __init__(self) -> None:
        self._refusal: RefusedError | None = None

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Make a request; raise RefusedError where the proxy wants to know who we are, now or before."""
        if self._refusal:
            raise RefusedError(self._refusal.outcome)
        try:
            response = await handler(request)
        except aiohttp.ClientHttpProxyError as error:
            if error.status != PROXY_REFUSED:
                raise
            raise self._refused(error.headers or {}) from None
        if response.status == PROXY_REFUSED:
            response.close()
            raise self._refused(response.headers)
        return response

    def _refused(self, headers: Mapping[str, str]) -> RefusedError:
        found = schemes(headers, "proxy-authenticate")
        offered = f"; it offers {series(found, 'and')}" if found else ""
        words = f"the proxy refused us (407): correct the user name and password in target.proxy{offered}"
        if found and "basic" not in map(str.lower, found):
            words = f"{words}, and only Basic is supported: let it pass this machine without signing in"
        self._refusal = refusal(words, Suspect.PROXY)
        return self._refusal


async def _logged(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Log each request with the status of its answer; its query and headers stay out of the log."""
    status, began = None, perf_counter()
    try:
        response = await handler(request)
        status = response.status
    finally:  # an error has no words that are safe to log
        log.debug(
            "request",
            method=request.method,
            path=request.url.raw_path,
            status=status,
            duration_ms=round((perf_counter() - began) * 1000, 1),
        )
    return response


class Sessions:
    """Owns what sessions have in common: the connections, their time limits, how they are secured."""

    def __init__(self, settings: Settings, opened: AsyncExitStack) -> None:
        delivery = settings.delivery
        self._opened = opened  # they end with it
        self.doubted: list[URL] = []  # addresses whose last answer may be another's
        self._refused: Refused = {}
        self._proxy = settings.target.proxy
        self._guard = ProxyGuard()
        self._tls = tls(settings)
        self._shared = Connector(self.doubted.extend, self._refused, limit=0, ssl=self._tls, ttl_dns_cache=60)
        self._timeout = aiohttp.ClientTimeout(
            total=delivery.total_timeout,
            connect=delivery.connect_timeout,  # the name looked up, TCP and TLS together
            sock_read=delivery.read_timeout,
        )

    def _middlewares(self) -> tuple[aiohttp.ClientMiddlewareType, ...]:
        """Return what is put around each request; where nothing is logged, nothing is paid for it."""
        logged = (_logged,) if log.is_enabled_for(logging.DEBUG) else ()
        guard = (self._guard,) if self._proxy else ()
        return (*logged, *guard, self._only_once)

    async def _only_once(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Keep the HTTP library from sending a PUT again by itself when the connection ends."""
        try:
            return await handler(request)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            await anyio.lowlevel.checkpoint()  # why it has ended may be known only now
            if reason := self._refused.pop(request.url, None):
                raise aiohttp.ClientConnectorSSLError(request.connection_key, reason) from error
            raise AnswerLostError from error

    async def __call__(
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

    def held(self) -> PinnedConnector:
        """Give what holds a connection that nobody else uses."""
        return PinnedConnector(self.doubted.extend, self._refused, limit=1, ssl=self._tls, ttl_dns_cache=60)


@asynccontextmanager
async def sessions(settings: Settings) -> AsyncIterator[Sessions]:
    """Give what opens a session for each host's own secrets; they end with the context.

    Cookies, proxy variables, .netrc and redirects are ignored; TLS is 1.2 or newer and always verified.
    """
    async with AsyncExitStack() as opened:
        yield Sessions(settings, opened)


def tls(settings: Settings) -> ssl.SSLContext | bool:
    """Give what https is checked by; where all hosts are known to be plain http there is nothing to check."""
    target, auth = settings.target, settings.auth
    roots = [service_root(target), *([proxy_of(settings)] if target.proxy else [])]
    if target.tenant or auth.scheme in EXCHANGING:
        roots.append(login_root(target, auth.login_url))
    if not target.tenant and all(root and root.scheme == "http" for root in roots):
        return True
    return trusting(target.ca_file)


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Give a context that trusts the authorities of *ca_file*, without one those of this machine.

    It is not `ssl.create_default_context`, which writes the session keys to the file that SSLKEYLOGFILE
    names: who reads that file reads the credentials. Raise UsageFault where *ca_file* cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if sys.version_info >= (3, 13):  # as that function does from then on
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        _trust(context, ca_file)
    except WideError as error:
        raise UsageFault(f"target.ca_file: {ca_file}: {error}") from None
    except OSError as error:
        raise UsageFault(f"target.ca_file: {ca_file}: {error.strerror or 'no certificate in it'}") from None
    return context


def _trust(context: ssl.SSLContext, ca_file: Path) -> None:
    """Add the authorities of a file; behind a byte-order mark, OpenSSL overlooks the first."""
    content = ca_file.read_bytes()
    unmarked = without_mark(content)
    if unmarked == content:
        context.load_verify_locations(ca_file)
    else:
        context.load_verify_locations(cadata=unmarked.decode("ascii", "ignore"))  # comments: in any letters


def proxy_of(settings: Settings) -> URL:
    """Give the proxy's address, an empty one where there is none; raise UsageFault for what cannot be one."""
    if settings.target.proxy is None:
        return URL()
    try:
        proxy = URL(settings.target.proxy)
    except ValueError:
        proxy = URL()
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise UsageFault("target.proxy: expected something like http://proxy.example.com:3128")
    return proxy
