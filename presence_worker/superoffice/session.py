"""The HTTP session: how connections are made, and what the HTTP library must not do by itself."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from .. import __version__
from ..errors import UsageFault
from ..settings import Delivery, Settings
from .access import Access
from .auth import known_secrets
from .client import Client
from .lease import Lease
from .login import JSON, Login
from .network import AnswerLostError
from .online import OnlineHint
from .presences import ENCODERS
from .root import is_online, login_root, service_root
from .sign_in import EXCHANGING, problems, signing_in
from .tenant import finding_out, told_root
from .wire import Wire

AGENT = {"User-Agent": f"presence-worker/{__version__}"}


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
    _check(settings, partial(_tls, settings))


def _check(settings: Settings, *others: Callable[[], object]) -> None:
    target, auth = settings.target, settings.auth
    checks: tuple[Callable[[], object], ...] = (
        partial(service_root, target),
        partial(login_root, target, auth.login_url),
        partial(known_secrets, auth),
        partial(_proxy, settings),
        *others,
    )
    found: dict[str, None] = {}  # each once, in order
    for check in checks:
        try:
            check()
        except UsageFault as fault:
            found[str(fault)] = None
    found.update(dict.fromkeys(problems(settings)))
    if found:
        raise UsageFault("\n".join(found))


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open a session with the configured service; raise UsageFault for settings that cannot work.

    Nothing is sent yet: whoever asks first signs in. Cookies, proxy variables, .netrc and redirects are
    ignored; TLS is 1.2 or newer and always verified.
    """
    _check(settings)
    secrets = _secrets(settings)
    async with AsyncExitStack() as opened:
        connector = _Connector(limit=0, ssl=_tls(settings), ttl_dns_cache=60)
        open_session = partial(_open_session, settings, connector, opened)
        session = await open_session(_headers(settings.delivery))
        login = await open_session({"Accept": JSON, "Accept-Encoding": "identity", **AGENT})
        wire = _wire(settings, session, login, secrets)
        hint = OnlineHint(is_online=is_online(settings.target))
        yield Client(wire, secrets, ENCODERS[settings.delivery.content_type], hint)


async def _open_session(
    settings: Settings, connector: _Connector, opened: AsyncExitStack, headers: dict[str, str]
) -> aiohttp.ClientSession:
    """Open a session of its own for each host's secrets, on connections of the same making."""
    delivery = settings.delivery
    timeout = aiohttp.ClientTimeout(
        total=delivery.total_timeout,
        connect=delivery.connect_timeout,  # the name looked up, TCP and TLS together
        sock_read=delivery.read_timeout,
    )
    return await opened.enter_async_context(
        aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=timeout,
            headers=headers,
            proxy=settings.target.proxy,
            middlewares=(_only_once,),
        )
    )


def _headers(delivery: Delivery) -> dict[str, str]:
    """Give the headers of each request to the service, credentials aside."""
    wanted: Mapping[str, str] = {str(name): value for name, value in delivery.headers.items()}
    return {
        "Accept": delivery.accept,
        "Accept-Language": "en",  # keeps the texts of errors predictable
        "Accept-Encoding": "identity",  # a presence is small, and what is not packed cannot be a bomb
        "Content-Type": f"{delivery.content_type}; charset=utf-8",
        **AGENT,
        **wanted,
    }


def _wire(
    settings: Settings,
    session: aiohttp.ClientSession,
    login_session: aiohttp.ClientSession,
    secrets: list[str],
) -> Wire:
    """Put together what reaches the service, and what is asked for as whom and where."""
    target, clock = settings.target, asyncio.get_running_loop().time
    login = Login(login_session, login_root(target, settings.auth.login_url))
    access = Access(
        Lease("tenant", finding_out(target, service_root(target), login), clock),
        Lease("sign_in", signing_in(settings, login), clock),
        headers=session.headers,
        secrets=secrets,
        root_of=partial(told_root, target=target, by="the ticket"),
        clock=clock,
    )
    return Wire(session, access, clock)


def _tls(settings: Settings) -> ssl.SSLContext | bool:
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
