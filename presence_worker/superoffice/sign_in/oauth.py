"""Scheme `oauth`: access tokens for a refresh token, fetched anew before they expire."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from ...errors import Suspect
from ...settings import Auth
from ..auth_secrets import origin, replace_secret, secret_now
from ..credential import FOREVER, Credential, SignIn
from ..login_host import LoginHost, Reply
from ..request_errors import BlockedError, refusal, unavailable
from .bearer import with_token

NEEDED = ("auth.client_id", "auth.client_secret", "auth.refresh_token")
PATH = "/login/common/oauth/tokens"
REMEDIES = {  # by the error codes of OAuth: who can correct what; others are not quoted
    "invalid_grant": "the refresh token is not valid (any more), or belongs to another application; sign in "
    "to SuperOffice as its user, get a new one and put it in its place",
    "invalid_client": "check auth.client_id and auth.client_secret against the application's registration",
    "unauthorized_client": "the application may not use refresh tokens; ask who registered it",
    "access_denied": "ask the tenant's administrator to approve the application",
    "invalid_request": "check [auth]",
    "invalid_scope": "ask who registered the application",
    "unsupported_grant_type": "is auth.login_url right?",
}
PASSING = ("server_error", "temporarily_unavailable")  # codes of trouble that may be better soon
log = structlog.get_logger()


def signing_in(auth: Auth, login: LoginHost, **_: object) -> SignIn:
    """Make the function that fetches an access token."""
    tokens = RefreshToken(auth)

    async def sign_in() -> Credential:
        refresh_token, client_secret = tokens.now(), secret_now(auth, "client_secret")
        fields = {
            "grant_type": "refresh_token",
            "client_id": str(auth.client_id),
            "client_secret": client_secret,
            "refresh_token": refresh_token,
        }
        reply = await login.post_form(PATH, fields)
        credential = _credential(auth, login, reply)
        if rotated := usable(reply.value.get("refresh_token")):
            tokens.keep(rotated)
        others = (usable(reply.value.get("id_token")), rotated, refresh_token, client_secret)
        return replace(credential, secrets=(*credential.secrets, *filter(None, others)))

    return sign_in


class RefreshToken:
    """Owns the refresh token in force: the configured one, until the service gives us another."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._configured: str | None = None  # as it was when we looked last
        self._token = ""

    def now(self) -> str:
        """Give the token; where somebody has put a new one in place, that one."""
        configured = secret_now(self._auth, "refresh_token")
        if configured != self._configured:
            self._configured = self._token = configured
        return self._token

    def keep(self, rotated: str) -> None:
        """Take in a token the service gave us, and put it where the next run will look for it."""
        if rotated == self._token:
            return
        self._token = rotated
        file: Path | None = self._auth.refresh_token_file
        trouble = "auth.refresh_token is no file" if file is None else replace_secret(file, rotated)
        if trouble:
            log.warning(
                "sign_in.refresh_token_not_kept",
                detail=f"{trouble}; the service has given us a new refresh token, and the next run may be "
                "refused with the old one",
            )
        else:
            log.info("sign_in.refresh_token_kept", file=str(file))


def _credential(auth: Auth, login: LoginHost, reply: Reply) -> Credential:
    value = reply.value
    if not isinstance(value, dict):
        raise refusal(f"{login.host} answered {reply.status} with no token; is auth.login_url right?")
    token = usable(value.get("access_token"))
    kind = value.get("token_type", "Bearer")
    if reply.status != 200 or token is None:  # noqa: PLR2004 - the one status documented for success
        raise _refusal(auth, login, reply.status, value.get("error"))
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise refusal(f"{login.host} gave a token of a kind we do not know; only Bearer is documented")
    return replace(with_token(auth, token), life=_life(value.get("expires_in")))


def _refusal(auth: Auth, login: LoginHost, status: int, code: Any) -> BlockedError:
    if code in PASSING:
        return unavailable(f"signing in at {login.host}: it answered {status}, {code}")
    known = isinstance(code, str) and code in REMEDIES
    told, remedy = (f"{status}, {code}", REMEDIES[code]) if known else (str(status), "check [auth]")
    words = f"{login.host} did not sign us in ({told}): {remedy}; the credentials come from {origin(auth)}"
    return refusal(words, Suspect.SIGN_IN)


def usable(token: Any) -> str | None:
    """Give a token that can be sent in a header; None for anything else."""
    return token if isinstance(token, str) and token.isascii() and token.isprintable() and token else None


def _life(expires_in: Any) -> float:
    """Give the seconds a token lives, a number or a text; where that is not told, until it is refused."""
    try:
        seconds = math.nan if isinstance(expires_in, bool) else float(expires_in)
    except (TypeError, ValueError):
        return FOREVER
    return seconds if math.isfinite(seconds) and seconds > 0 else FOREVER
