"""Scheme `oauth`: access tokens for a refresh token, renewed before they expire."""

import math
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import structlog
from pydantic import JsonValue

from ...errors import Suspect
from ...settings import Auth, Settings
from ..auth_secrets import origin, replace_secret, secret_now
from ..body_formats import text_in
from ..login_host import LoginAnswer, LoginHost
from ..request_errors import BlockedError, refusal, unavailable
from .credential import FOREVER, Credential, Scheme, SignIn, show_token

PATH = "/login/common/oauth/tokens"
REMEDIES = {  # by the error codes of OAuth: who can correct what; others are not quoted
    "invalid_grant": "the refresh token is not valid, or belongs to another application. Sign in "
    "to SuperOffice as its user, get a new token and store it",
    "invalid_client": "check auth.client_id and auth.client_secret against the application's registration",
    "unauthorized_client": "the application may not use refresh tokens; ask the partner who registered it",
    "access_denied": "ask the tenant's administrator to approve the application",
    "invalid_request": "check [auth]",
    "invalid_scope": "ask the partner who registered the application",
    "unsupported_grant_type": "check auth.login_url",
}
PASSING = ("server_error", "temporarily_unavailable")  # codes of trouble that may be better soon
log = structlog.get_logger()


def make_sign_in(settings: Settings, login: LoginHost) -> SignIn:
    """Make the function that fetches an access token."""
    auth = settings.auth
    kept = RefreshToken(auth)

    async def sign_in() -> Credential:
        refresh_token, client_secret = kept.current(), secret_now(auth, "client_secret")
        fields = {
            "grant_type": "refresh_token",
            "client_id": str(auth.client_id),
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }
        tokens = _read_tokens(auth, login, await login.post_form(PATH, fields))
        if tokens.refresh:
            kept.keep(tokens.refresh)
        credential = show_token(auth, tokens.access)
        others = filter(None, (tokens.identity, tokens.refresh, refresh_token, client_secret))
        return replace(credential, life=tokens.life, secrets=(*credential.secrets, *others))

    return sign_in


class RefreshToken:
    """Owns the present refresh token: the configured one, until SuperOffice gives us another."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._configured: str | None = None  # as it was when we looked last
        self._token = ""

    def current(self) -> str:
        """Return the token; after a change of its setting or file, the new one."""
        configured = secret_now(self._auth, "refresh_token")
        if configured != self._configured:
            self._configured = self._token = configured
        return self._token

    def keep(self, rotated: str) -> None:
        """Take in a token SuperOffice gave us, and put it where the next run will look for it."""
        if rotated == self._token:
            return
        self._token = rotated
        file: Path | None = self._auth.refresh_token_file
        trouble = "auth.refresh_token is not in a file" if file is None else replace_secret(file, rotated)
        if trouble:
            log.warning(
                "sign_in.refresh_token_not_kept",
                detail=f"{trouble}; SuperOffice gave a new refresh token, and it may reject the old one "
                "in the next run",
            )
        else:
            log.info("sign_in.refresh_token_kept", file=str(file))


class Tokens(NamedTuple):
    """What a refresh token is exchanged for."""

    access: str
    refresh: str | None  # the next one; None: the old one stays
    identity: str | None
    life: float  # seconds


def _read_tokens(auth: Auth, login: LoginHost, reply: LoginAnswer) -> Tokens:
    if reply.parts is None:
        raise refusal(f"{login.host} answered {reply.status} with no token; check auth.login_url")
    access, kind = sendable(reply.parts.get("access_token")), reply.parts.get("token_type", "Bearer")
    if reply.status != 200 or access is None:  # noqa: PLR2004 - the one status documented for success
        raise _refusal(auth, login, reply.status, text_in(reply.parts, "error"))
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise refusal(f"{login.host} gave a token of an unknown type; only Bearer is documented")
    return Tokens(
        access,
        refresh=sendable(reply.parts.get("refresh_token")),
        identity=sendable(reply.parts.get("id_token")),
        life=_life(reply.parts.get("expires_in")),
    )


def _refusal(auth: Auth, login: LoginHost, status: int, code: str) -> BlockedError:
    if code in PASSING:
        return unavailable(f"signing in at {login.host}: it answered {status}, {code}")
    remedy = REMEDIES.get(code, "check [auth]")
    answered = f"{status}, {code}" if code in REMEDIES else str(status)
    words = (
        f"{login.host} rejected the sign-in ({answered}): {remedy}; the credentials come from {origin(auth)}"
    )
    return refusal(words, Suspect.SIGN_IN)


def sendable(token: JsonValue) -> str | None:
    """Return a token that can be sent in a header; None for anything else."""
    return token if isinstance(token, str) and token.isascii() and token.isprintable() and token else None


def _life(expires_in: JsonValue) -> float:
    """Return the seconds a token lives, a number or a text; where that is missing, until it is refused."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return FOREVER
    try:
        seconds = float(expires_in)
    except ValueError:
        return FOREVER
    return seconds if math.isfinite(seconds) and seconds > 0 else FOREVER


OAUTH = Scheme(
    needed=("auth.client_id", "auth.client_secret", "auth.refresh_token"), make_sign_in=make_sign_in
)
