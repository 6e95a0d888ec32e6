"""HTTP sessions: how connections are made, and what the HTTP library must not do by itself."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from ..errors import UsageFault
from ..settings import Settings
from .network import AnswerLostError
from .root import login_root, service_root
from .sign_in import EXCHANGING

Open = Callable[[dict[str, str]], Awaitable[aiohttp.ClientSession]]  # with the headers of all its requests


class _Connector(aiohttp.TCPConnector):
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


async def _only_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the HTTP library from sending a PUT again by itself when the connection ends."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise AnswerLostError from error


@asynccontextmanager
async def sessions(settings: Settings) -> AsyncIterator[Open]:
    """Give a function that opens a session for each host's own secrets; they end with the context.

    Cookies, proxy variables, .netrc and redirects are ignored; TLS is 1.2 or newer and always verified.
    """
    connector = _Connector(limit=0, ssl=tls(settings), ttl_dns_cache=60)
    delivery = settings.delivery
    timeout = aiohttp.ClientTimeout(
        total=delivery.total_timeout,
        connect=delivery.connect_timeout,  # the name looked up, TCP and TLS together
        sock_read=delivery.read_timeout,
    )
    async with AsyncExitStack() as opened:

        async def open_session(headers: dict[str, str]) -> aiohttp.ClientSession:
            session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=timeout,
                headers=headers,
                proxy=settings.target.proxy,
                middlewares=(_only_once,),
            )
            return await opened.enter_async_context(session)

        yield open_session


def tls(settings: Settings) -> ssl.SSLContext | bool:
    """Give what https is checked by; where all hosts are known to be plain http there is nothing to check."""
    target, auth = settings.target, settings.auth
    roots = [service_root(target)]
    if target.tenant or auth.scheme in EXCHANGING:
        roots.append(login_root(target, auth.login_url))
    if not target.tenant and all(root and root.scheme == "http" for root in roots):
        return True
    try:
        context = ssl.create_default_context(cafile=target.ca_file)
    except OSError as error:
        raise UsageFault(
            f"target.ca_file: {target.ca_file}: {error.strerror or 'no certificate in it'}"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


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
