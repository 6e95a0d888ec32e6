"""The HTTP session: how connections are made, and what the HTTP library must not do by itself."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from .. import __version__
from ..errors import UsageFault
from ..settings import Settings
from .auth import known_secrets, sign_in_headers
from .client import Client
from .network import AnswerLostError
from .presences import ENCODERS
from .root import service_root
from .wire import Wire


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


def check_settings(settings: Settings) -> None:
    """Raise UsageFault naming all settings with which no request could be made; nothing is sent."""
    checks = (
        partial(service_root, settings.target),
        partial(sign_in_headers, settings.auth),
        partial(_tls, settings),
        partial(_proxy, settings),
    )
    problems: dict[str, None] = {}  # each once, in order
    for check in checks:
        try:
            check()
        except UsageFault as fault:
            problems[str(fault)] = None
    if problems:
        raise UsageFault("\n".join(problems))


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open a session with the configured service; raise UsageFault for settings that cannot work.

    Cookies, proxy variables, .netrc and redirects are ignored; TLS is 1.2 or newer and always verified.
    """
    delivery, target = settings.delivery, settings.target
    timeout = aiohttp.ClientTimeout(
        total=delivery.total_timeout,
        connect=delivery.connect_timeout,  # the name looked up, TCP and TLS together
        sock_read=delivery.read_timeout,
    )
    headers: dict[str, str] = {
        "Accept": delivery.accept,
        "Accept-Language": "en",  # keeps the texts of errors predictable
        "Accept-Encoding": "identity",  # a presence is small, and what is not packed cannot be a bomb
        "Content-Type": f"{delivery.content_type}; charset=utf-8",
        "User-Agent": f"presence-worker/{__version__}",
        **dict(delivery.headers.items()),
        **sign_in_headers(settings.auth),
    }
    async with aiohttp.ClientSession(
        connector=_Connector(limit=0, ssl=_tls(settings), ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=timeout,
        headers=headers,
        proxy=target.proxy,
        middlewares=(_only_once,),
    ) as session:
        wire = Wire(session, service_root(target))
        yield Client(wire, _secrets(settings), ENCODERS[delivery.content_type])


def _tls(settings: Settings) -> ssl.SSLContext | bool:
    """Give what https is checked by; over plain http there is nothing to check."""
    if service_root(settings.target).scheme == "http":
        return True
    try:
        context = ssl.create_default_context(cafile=settings.target.ca_file)
    except OSError as error:
        raise UsageFault(
            f"target.ca_file: {settings.target.ca_file}: {error.strerror or 'no certificate in it'}"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _secrets(settings: Settings) -> list[str]:
    """Give all secrets in force, the proxy's password among them."""
    proxy = _proxy(settings).password
    return [*known_secrets(settings.auth), *([proxy] if proxy else [])]


def _proxy(settings: Settings) -> URL:
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
