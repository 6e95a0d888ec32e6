"""Who is signed in: sessions live on the server alone, so a restart signs all people out."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...settings.serve import AccessToken

LENGTH = 32  # bytes of chance in a cookie


class BrowserSession(NamedTuple):
    """A browser that is signed in."""

    token: str  # its name in the configuration
    sha256: str  # of the token: a token that is replaced ends its sessions
    ends_at: float  # by the clock of BrowserSessions


class BrowserSessions:
    """Owns the sessions of browsers, and the key of the tokens in their forms."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(LENGTH)
        self._each: dict[bytes, BrowserSession] = {}  # by the digest of the cookie's value

    @staticmethod
    def cookie_name(*, is_secure: bool) -> str:
        """Return the cookie's name; with https a browser takes it from no other host and no other path."""
        return "__Host-session" if is_secure else "session"

    @staticmethod
    def new_value() -> str:
        """Return a value that cannot be guessed, for the cookie of a browser that is not signed in yet."""
        return secrets.token_urlsafe(LENGTH)

    def begin(self, token: str, sha256: str, seconds: float) -> str:
        """Sign a token in for so many *seconds*, and return the value of its cookie: always a new one."""
        now, value = self._clock(), self.new_value()
        self._each = {known: each for known, each in self._each.items() if each.ends_at > now}
        self._each[_digest(value)] = BrowserSession(token, sha256, now + seconds)
        return value

    def find(self, value: str | None, tokens: Mapping[str, AccessToken]) -> str | None:
        """Return the name of the token that is signed in; None: none, or the token is gone or replaced."""
        session = self._each.get(_digest(value or ""))
        if session is None or session.ends_at <= self._clock():
            return None
        token = tokens.get(session.token)
        return session.token if token and token.sha256 == session.sha256 else None

    def end(self, value: str | None) -> None:
        """Sign out."""
        self._each.pop(_digest(value or ""), None)

    def form_token(self, value: str) -> str:
        """Return what each form of a page must bring back, for the value of the page's cookie."""
        return hmac.new(self._key, _digest(value), hashlib.sha256).hexdigest()

    def fits(self, form_token: str, value: str | None) -> bool:
        """Return whether a form comes from a page of ours, made for this browser."""
        return value is not None and hmac.compare_digest(
            form_token.encode("utf-8", "replace"), self.form_token(value).encode()
        )


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).digest()
