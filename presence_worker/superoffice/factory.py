"""A client of the configured service: what it needs, put together and checked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from ssl import SSLContext

from yarl import URL

from .. import __version__
from ..errors import UsageFault
from ..manual_pages import ManualPage, common_page
from ..settings import Delivery, Settings
from .addresses import is_online, login_root, proxy_of, service_root
from .auth_secrets import all_secrets, origin
from .body_formats import ENCODERS
from .client import Client
from .connection_auth import PinnedConnections
from .endpoint import Endpoint, Send
from .login_host import JSON, LoginHost
from .online_hints import OnlineHint
from .renewal import Cached
from .sign_in import make_authenticate, make_sign_in, problems
from .sign_in.credential import Authenticate, Credential
from .tenant import make_find_residence, root_of_service
from .tls_handshake import tls_of
from .transport import open_transport
from .wire import Wire

COMMON = {
    "Accept-Encoding": "identity",  # answers are small, and what is not packed cannot be a bomb
    "User-Agent": f"presence-worker/{__version__}",
}
Check = Callable[[], URL | SSLContext | list[str] | bool | None]  # raises UsageFault


def check_settings(settings: Settings) -> None:
    """Raise UsageFault naming all settings with which no request could be made; nothing is sent."""
    _check(settings, partial(tls_of, settings))


def _check(settings: Settings, *others: Check) -> None:
    target, auth = settings.target, settings.auth
    checks: dict[Check, ManualPage] = {
        partial(service_root, target): ManualPage.SETTINGS,
        partial(login_root, target, auth.login_url): ManualPage.SIGN_IN,
        partial(all_secrets, auth): ManualPage.SIGN_IN,
        partial(proxy_of, settings): ManualPage.SETTINGS,
        **dict.fromkeys(others, ManualPage.SETTINGS),
    }
    found: dict[str, ManualPage] = {}  # each once, in order
    for check, page in checks.items():
        try:
            check()
        except UsageFault as fault:
            found.setdefault(str(fault), fault.page or page)
    found.update(dict.fromkeys(problems(settings), ManualPage.SIGN_IN))
    if found:
        pages = {*found.values()}
        first = {ManualPage.FIRST_RUN}  # no SuperOffice is set: the rest follows from that
        raise UsageFault("\n".join(found), page=common_page(pages & first or pages))


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open a client of the configured service; raise UsageFault for settings that cannot work.

    Nothing is sent yet: the first request signs in.
    """
    _check(settings)
    secrets = _all_secrets(settings)
    async with open_transport(settings) as transport:
        wire = transport.open_wire(_headers(settings.delivery))
        login_session = await transport.open_session({"Accept": JSON, **COMMON})
        login = LoginHost(login_session, login_root(settings.target, settings.auth.login_url))
        client = Client(
            _endpoint(settings, wire, login, secrets),
            secrets,
            ENCODERS[settings.delivery.content_type],
            hint=OnlineHint(is_online=is_online(settings.target), origin=origin(settings.auth)),
            doubted=wire.doubted,
        )
        client.guard = wire.guard
        yield client


def _headers(delivery: Delivery) -> dict[str, str]:
    """Return the headers of each request to SuperOffice, credentials aside."""
    wanted: Mapping[str, str] = {str(name): value for name, value in delivery.headers.items()}
    return {
        "Accept": delivery.accept,
        "Accept-Language": "en",  # keeps the texts of errors predictable
        "Content-Type": f"{delivery.content_type}; charset=utf-8",
        **COMMON,
        **wanted,
    }


def _endpoint(
    settings: Settings,
    wire: Wire,
    login: LoginHost,
    secrets: list[str],  # grows by what is obtained
) -> Endpoint:
    """Put together what reaches SuperOffice, and what is asked for as whom and where."""
    target, clock = settings.target, asyncio.get_running_loop().time
    find_residence = make_find_residence(target, service_root(target), login)
    credential = Cached("sign_in", make_sign_in(settings, login), clock)

    def show(shown: Credential) -> None:
        wire.show(shown.headers)  # a scheme's headers have always the same names
        secrets.extend(secret for secret in shown.secrets if secret not in secrets)

    return Endpoint(
        _make_send(wire, make_authenticate(settings), credential),
        Cached("tenant", find_residence, clock),
        credential,
        root_of=partial(root_of_service, target=target, login=login.root),
        show=show,
        clock=clock,
    )


def _make_send(wire: Wire, authenticate: Authenticate | None, credential: Cached[Credential]) -> Send:
    """Make what sends requests: over any connection, or over those that sign in themselves."""
    if authenticate is None:
        return wire.send
    return PinnedConnections(wire, authenticate, credential).send


def _all_secrets(settings: Settings) -> list[str]:
    """Return all secrets that are used, the proxy's password among them."""
    proxy = proxy_of(settings).password
    return [*all_secrets(settings.auth), *([proxy] if proxy else [])]
