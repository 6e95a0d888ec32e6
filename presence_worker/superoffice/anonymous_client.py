"""What can be asked of SuperOffice, and found out of the way to it, without showing a credential."""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from yarl import URL

from ..sanitize import clean
from ..settings import Settings
from .addresses import login_root, proxy_of, service_root, uses_login_host
from .answer_headers import http_date, redirect_host
from .body_formats import read_json, text_in
from .error_words import looks_like_html
from .factory import COMMON
from .http_messages import Answer, Request
from .login_host import JSON, LoginHost
from .tenant import make_find_residence
from .tls_handshake import tls_of, trust
from .transport import Transport, open_transport

API = "/api"  # needs no login
FIRST_VERSION = (10, 2)  # of SuperOffice that can set a presence
_VERSION = re.compile(r"(\d{1,2})\.(\d{1,3})(?![\w,])", re.ASCII)  # at the beginning, such as 10.2.1
OK, REDIRECTED, MISDIRECTED = 200, 3, 421  # the one in the middle is a family


class Place(NamedTuple):
    """A host that requests go to."""

    purpose: str
    url: URL
    setting: str  # that decides it
    is_proxy: bool = False

    @property
    def address(self) -> str:
        """Host and port, for people."""
        return f"{self.url.host}:{self.url.port}"


class SelfDescription(NamedTuple):
    """What SuperOffice says of itself without a sign-in."""

    version: str | None  # in its own words
    trouble: str | None  # why it cannot be SuperOffice, or cannot serve now
    oddity: str | None  # what is not as documented, though it may work
    date: datetime | None  # by its clock


def places(settings: Settings) -> list[Place]:
    """Return the hosts that are known without asking, each once; raise UsageFault where one cannot be."""
    found = []
    if root := service_root(settings.target):
        found.append(Place("SuperOffice", root, "target.base_url"))
    if uses_login_host(settings):
        login = login_root(settings.target, settings.auth.login_url)
        if (login.host, login.port) not in [(place.url.host, place.url.port) for place in found]:
            found.append(Place("sign-in", login, "auth.login_url (target.environment)"))
    return found


def proxy_place(settings: Settings) -> Place | None:
    """Return the proxy that stands before all others; raise UsageFault where it cannot be one."""
    proxy = proxy_of(settings)
    return Place("proxy", proxy, "target.proxy", is_proxy=True) if proxy.host else None


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return what the certificates of all hosts are checked by; raise UsageFault where it cannot be read."""
    context = tls_of(settings)
    return context if isinstance(context, ssl.SSLContext) else trust(None)


class AnonymousClient:
    """Owns sessions without credentials; made by `open_anonymous_client`."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    async def fetch_root(self, *, trusting: bool) -> URL | None:
        """Ask where the tenant is; None where only its ticket says it.

        *trusting* is as a run does it: a configured root holds. Raise RefusedError or SignInUnavailable
        where the tenant is not running, or not known.
        """
        target = self._settings.target
        session = await self._transport.open_session({"Accept": JSON, **COMMON})
        login = LoginHost(session, login_root(target, self._settings.auth.login_url))
        root = service_root(target) if trusting else None
        return (await make_find_residence(target, root, login)()).root

    async def fetch_description(self, root: URL) -> SelfDescription:
        """Ask SuperOffice what it is; raise what is in `request_errors.REQUEST_ERRORS`."""
        wire = self._transport.open_wire({"Accept": JSON, **COMMON})
        return judge_description(await wire.send(root, Request("GET", API)))


@asynccontextmanager
async def open_anonymous_client(settings: Settings) -> AsyncIterator[AnonymousClient]:
    """Open sessions by the same rules as a run does; raise UsageFault for settings that cannot work."""
    async with open_transport(settings) as transport:
        yield AnonymousClient(settings, transport)


def judge_description(answer: Answer) -> SelfDescription:
    """Read from an answer whether SuperOffice is there."""
    date = http_date(answer.headers.get("Date", ""))
    version = _version(answer.body) if answer.status == OK else None
    if version:
        return SelfDescription(version, None, None, date)
    words = f"it answered {answer.status}"
    if looks_like_html(answer.body):
        words += " with an HTML page"
    is_wrong = answer.status // 100 in (REDIRECTED, 5) or answer.status == MISDIRECTED
    is_page = answer.status == OK and looks_like_html(answer.body)
    if is_wrong or is_page:
        return SelfDescription(None, f"{words}{_elsewhere(answer)}", None, date)
    return SelfDescription(None, None, f"{words} without a version", date)


def is_too_old(version: str) -> bool | None:
    """Check whether a version has no presence calls yet; None where its words are not certain."""
    match = _VERSION.match(version)
    return (int(match[1]), int(match[2])) < FIRST_VERSION if match else None


def _version(body: bytes) -> str | None:
    return clean(text_in(read_json(body) or {}, "NetServerVersion"), 60) or None


def _elsewhere(answer: Answer) -> str:
    is_redirected = answer.status // 100 == REDIRECTED
    return f" and redirected to {redirect_host(answer.headers)}" if is_redirected else ""
