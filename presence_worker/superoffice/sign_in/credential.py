"""What shows SuperOffice who we are; four schemes show what is configured, without a request."""

import base64
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ...settings import Auth, Settings
from ..auth_secrets import application, secret_now
from ..http_messages import Answer
from ..login_host import LoginHost

FOREVER = float("inf")
RENEWED_AT = 0.8  # of its life


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What shows SuperOffice who we are; two that show the same are equal."""

    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False, compare=False)  # to blot out wherever they turn up
    life: float = field(default=FOREVER, compare=False)  # seconds from when it was given
    root: str | None = field(default=None, compare=False)  # of SuperOffice, where the credential names it
    turn: int = 0  # distinguishes equal credentials that are proven separately

    @property
    def renew_after(self) -> float:
        """Seconds from when it was given until a new one is due."""
        return RENEWED_AT * self.life


SignIn = Callable[[], Awaitable[Credential]]  # raises SignInUnavailable and RefusedError
Ask = Callable[[str | None], Awaitable[Answer]]  # with what is shown in `Authorization`, or nothing
Certificate = Callable[[], bytes | None]  # of the other end, once there is a connection
Authenticate = Callable[[Ask, Certificate], Awaitable[None]]  # a connection; raises as SignIn does


def no_problems(_: Auth) -> Iterator[str]:
    """Yield nothing: of most schemes it is enough that all they need is set."""
    return iter(())


class Scheme(NamedTuple):
    """One way to sign in, as the table of schemes names it."""

    needed: tuple[str, ...]  # settings, by their full names
    make_sign_in: Callable[[Settings, LoginHost], SignIn]
    make_authenticate: Callable[[Auth], Authenticate] | None = None  # None: each request shows who we are
    problems: Callable[[Auth], Iterator[str]] = no_problems  # with all that is needed


def as_configured(show: Callable[[Auth], Credential]) -> Callable[[Settings, LoginHost], SignIn]:
    """Make a scheme's function of *show*, which reads the settings again each time."""

    def make_sign_in(settings: Settings, _: LoginHost) -> SignIn:
        async def sign_in() -> Credential:
            return show(settings.auth)

        return sign_in

    return make_sign_in


def show_password(auth: Auth) -> Credential:
    """Return the credential of a user's name and password."""
    pair = f"{auth.username}:{secret_now(auth, 'password')}"
    encoded = base64.b64encode(pair.encode()).decode()
    headers = {"Authorization": f"Basic {encoded}", **application(auth, "app_token")}
    return Credential(headers=headers, secrets=(secret_now(auth, "password"), encoded))


def show_token(auth: Auth, token: str | None = None) -> Credential:
    """Return the credential of an access token, the configured one by default."""
    shown = token or secret_now(auth, "token")
    beside = application(auth, "app_token")
    return Credential(
        headers={"Authorization": f"Bearer {shown}", **beside}, secrets=(shown, *beside.values())
    )


def show_ticket(auth: Auth, ticket: str | None = None) -> Credential:
    """Return the credential of a ticket, the configured one by default, and beside it the application's."""
    shown = ticket or secret_now(auth, "ticket")
    beside = application(auth, "app_token", "client_secret")
    return Credential(
        headers={"Authorization": f"SOTicket {shown}", **beside}, secrets=(shown, *beside.values())
    )


def show_cookie(auth: Auth) -> Credential:
    """Return the credential of a browser's session, with the token that its pages send along."""
    token, cookie = secret_now(auth, "xsrf_token"), secret_now(auth, "cookie")
    headers = {"Cookie": cookie, "X-XSRF-TOKEN": token, **application(auth, "app_token")}
    return Credential(headers=headers, secrets=(token, cookie))


BASIC = Scheme(needed=("auth.username", "auth.password"), make_sign_in=as_configured(show_password))
SOTICKET = Scheme(needed=("auth.ticket",), make_sign_in=as_configured(show_ticket))
BEARER = Scheme(needed=("auth.token",), make_sign_in=as_configured(show_token))
XSRF = Scheme(needed=("auth.xsrf_token", "auth.cookie"), make_sign_in=as_configured(show_cookie))
