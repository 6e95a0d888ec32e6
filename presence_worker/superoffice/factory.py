"""A client of the configured service: what it needs, put together and checked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

import aiohttp

from .. import __version__
from ..errors import UsageFault
from ..settings import Delivery, Settings
from .access import Access
from .addresses import is_online, login_root, service_root
from .auth_secrets import known_secrets, origin
from .body_formats import ENCODERS
from .client import Client
from .connection_auth import PinnedConnection, PinnedConnections
from .credential import Authenticate
from .endpoint import Wire
from .exchange import exchange
from .login_host import JSON, LoginHost
from .online_hints import OnlineHint
from .sign_in import greeting, problems, signing_in
from .single_flight import Cached
from .tenant import finding_out, told_root
from .transport import Sessions, proxy_of, sessions, tls

COMMON = {
    "Accept-Encoding": "identity",  # answers are small, and what is not packed cannot be a bomb
    "User-Agent": f"presence-worker/{__version__}",
}


def check_settings(settings: Settings) -> None:
    """Raise UsageFault naming all settings with which no request could be made; nothing is sent."""
    _check(settings, partial(tls, settings))


def _check(settings: Settings, *others: Callable[[], object]) -> None:
    target, auth = settings.target, settings.auth
    checks: tuple[Callable[[], object], ...] = (
        partial(service_root, target),
        partial(login_root, target, auth.login_url),
        partial(known_secrets, auth),
        partial(proxy_of, settings),
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
    """Open a client of the configured service; raise UsageFault for settings that cannot work.

    Nothing is sent yet: whoever asks first signs in.
    """
    _check(settings)
    secrets = _secrets(settings)
    async with sessions(settings) as open_session:
        session = await open_session(_headers(settings.delivery))
        login_session = await open_session({"Accept": JSON, **COMMON})
        access = _access(settings, session, login_session, secrets)
        greet = greeting(settings)
        way = _lines(open_session, session, greet, access).exchange if greet else partial(exchange, session)
        wire = Wire(way, access, asyncio.get_running_loop().time)
        hint = OnlineHint(is_online=is_online(settings.target), origin=origin(settings.auth))
        encode = ENCODERS[settings.delivery.content_type]
        yield Client(wire, secrets, encode, hint=hint, doubted=open_session.doubted)


def _headers(delivery: Delivery) -> dict[str, str]:
    """Give the headers of each request to the service, credentials aside."""
    wanted: Mapping[str, str] = {str(name): value for name, value in delivery.headers.items()}
    return {
        "Accept": delivery.accept,
        "Accept-Language": "en",  # keeps the texts of errors predictable
        "Content-Type": f"{delivery.content_type}; charset=utf-8",
        **COMMON,
        **wanted,
    }


def _access(
    settings: Settings,
    session: aiohttp.ClientSession,
    login_session: aiohttp.ClientSession,
    secrets: list[str],
) -> Access:
    """Put together what reaches the service, and what is asked for as whom and where."""
    target, clock = settings.target, asyncio.get_running_loop().time
    login = LoginHost(login_session, login_root(target, settings.auth.login_url))
    return Access(
        Cached("tenant", finding_out(target, service_root(target), login), clock),
        Cached("sign_in", signing_in(settings, login), clock),
        headers=session.headers,
        secrets=secrets,
        root_of=partial(told_root, target=target, login=login.root, by="the ticket"),
        clock=clock,
    )


def _lines(
    open_session: Sessions, session: aiohttp.ClientSession, greet: Authenticate, access: Access
) -> PinnedConnections:
    """Put together connections that sign in themselves, with the headers of *session*."""

    async def open_line() -> PinnedConnection:
        held = open_session.held()
        return PinnedConnection(await open_session(session.headers, held), held)

    return PinnedConnections(open_line, greet, access)


def _secrets(settings: Settings) -> list[str]:
    """Give all secrets in force, the proxy's password among them."""
    proxy = proxy_of(settings).password
    return [*known_secrets(settings.auth), *([proxy] if proxy else [])]
