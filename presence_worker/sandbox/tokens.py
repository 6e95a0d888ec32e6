"""Who is let in: how signing in works here, what the sandbox gave out, and whether it still holds."""

import base64
import binascii
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from .calls import FORBIDDEN, NOT_SIGNED_IN, Incoming, Json, Reply, refusal

RUNNING = "Running"
IS_RUNNING = (RUNNING, "OnlineMaintenance")  # states in which requests are served
OWNER = "sandbox"  # who tickets, tokens and sessions belong to
_XSRF = re.compile(r"(?:^|;)\s*XSRF-TOKEN=([^;]*)")
TICKET, TOKEN = "7T:", "8A:"  # how they begin at SuperOffice
TENANT = "Cust12345"  # to whom tokens belong
STATES = (
    *IS_RUNNING,
    "Unknown",
    "Provisioning",
    "Deleted",
    "Suspended",
    "OfflineMaintenance",
    "ProvisioningFailed",
    "Deleting",
    "DeleteFailed",
    "MigrationPending",
)
EXPIRED = {
    401: replace(NOT_SIGNED_IN, problem=refusal(401, "SoSessionException", "It has expired.").problem),
    403: refusal(403, "SoSessionException", "It has expired."),
}
NOT_OURS = refusal(
    401,
    "SoSessionException",
    "Only tokens and tickets that this sandbox gave out are valid.",
    (("WWW-Authenticate", "Bearer"),),
)
REFUSED = {401: NOT_SIGNED_IN, 403: FORBIDDEN}
Gatekeeper = Callable[[Incoming], int | None]  # gives the status to refuse a request with; None lets it in


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """What is asked of who signs in; by default whatever is well-formed will do."""

    strict: bool = False  # only tokens and tickets that the sandbox gave out, and only while they last
    token_life: float = 3600.0  # seconds; a ticket's start again with each request
    expired_as: int = 401  # what a token or ticket past its life is answered; 403 was seen, too
    rotates: bool = False  # each refresh token is good once, and brings the next one
    expects: Mapping[str, str] = field(default_factory=dict, repr=False)  # parts of sign-in requests, exactly
    app_key: bytes | None = field(default=None, repr=False)  # PEM, either half; None: no signature is checked
    gatekeeper: Gatekeeper | None = None  # asked about each request that needs credentials
    state: str = RUNNING  # of the tenant
    state_valid: float = 3600.0  # seconds until a client must ask for the state again
    move_after: int | None = None  # PUTs until the tenant is on another host; None: it stays
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)  # for the life of tokens
    now: Callable[[], float] = field(default=time.time, repr=False)  # seconds since 1970, for what is dated


ANY_CREDENTIAL = Online()


def find_signer(headers: Mapping[str, str]) -> str | None:
    """Return the name behind a request's credentials; None where it has none, or they are malformed."""
    authorization = headers.get("Authorization", "")
    if authorization:
        return _read_owner(authorization)
    return OWNER if _is_session(headers) else None


@lru_cache(maxsize=64)
def _read_owner(authorization: str) -> str | None:
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() == "basic":
        return _basic_user(credential)
    return OWNER if scheme.lower() in ("soticket", "bearer") and credential else None


def _basic_user(credential: str) -> str | None:
    try:
        text = base64.b64decode(credential, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    user, colon, _ = text.partition(":")
    return user if colon and user else None


def _is_session(headers: Mapping[str, str]) -> bool:
    """Return whether there is a session's cookie, and the token that proves that the page itself asks."""
    cookie, token = headers.get("Cookie", ""), headers.get("X-XSRF-TOKEN", "")
    found = _XSRF.search(cookie)
    return bool(cookie and token) and (found is None or found[1] == token)


class IssuedTokens:
    """Owns the tokens and tickets that were given out, and the refresh tokens that are used up."""

    def __init__(self, online: Online) -> None:
        self.online = online
        self._ends: dict[str, float] = {}  # by token or ticket, on the clock
        self._used_up: set[str] = set()
        self._expects = dict(online.expects)

    def refuse(self, ask: Incoming) -> Reply | None:
        """Return the answer to a request that is not let in; None where it is."""
        gatekeeper = self.online.gatekeeper
        status = gatekeeper(ask) if gatekeeper else None
        if status is not None:
            return REFUSED.get(status) or refusal(status, "SoSessionException", "You are not let in.")
        if self.online.strict:
            return self._refuse_strictly(ask)
        return None if find_signer(ask.headers) else NOT_SIGNED_IN

    def issue(self, kind: str) -> str:
        """Issue a ticket or a token."""
        issued = f"{kind}{TENANT}.{secrets.token_urlsafe(32)}"
        self._ends[issued] = self.online.clock() + self.online.token_life
        return issued

    def is_expected(self, name: str, value: Json) -> bool:
        """Return whether a part of a request for signing in is right: what is expected, or else any text."""
        wanted = self._expects.get(name)
        return bool(value) and isinstance(value, str) and wanted in (None, value)

    def replace_refresh_token(self, refresh_token: str) -> str | None:
        """Return the refresh token that comes after one which was used; None where that one stays good."""
        if not self.online.rotates:
            return None
        self._used_up.add(refresh_token)
        following = secrets.token_urlsafe(32)
        if "refresh_token" in self._expects:
            self._expects["refresh_token"] = following
        return following

    def is_used_up(self, refresh_token: str | None) -> bool:
        """Return whether a refresh token has been followed by another one."""
        return refresh_token in self._used_up

    def _refuse_strictly(self, ask: Incoming) -> Reply | None:
        scheme, _, credential = ask.headers.get("Authorization", "").partition(" ")
        kind = {"bearer": TOKEN, "soticket": TICKET}.get(scheme.lower())
        credential = credential.strip()
        end = self._ends.get(credential)
        if end is None or kind is None or not credential.startswith(kind):
            return NOT_OURS
        if kind == TICKET and not self.is_expected("ApplicationToken", ask.headers.get("SO-AppToken")):
            return NOT_SIGNED_IN
        now = self.online.clock()
        if now >= end:
            return EXPIRED[self.online.expired_as]
        if kind == TICKET:
            self._ends[credential] = now + self.online.token_life
        return None
