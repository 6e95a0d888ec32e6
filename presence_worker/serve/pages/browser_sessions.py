"""Who is signed in: on one machine sessions live on the server alone, so a restart signs all people out."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ...settings.serve import AccessToken

LENGTH = 32  # bytes of chance in a cookie
PURPOSE = "sessions of browsers"  # of the keys that several machines share
END = re.compile(r"\d{1,12}", re.ASCII)  # of a session, in seconds
NO_KEYS: Sequence[bytes] = ()


class BrowserSession(NamedTuple):
    """A browser that is signed in."""

    token: str  # its name in the configuration
    sha256: str  # of the token: a token that is replaced ends its sessions
    ends_at: float  # by the clock of BrowserSessions


class BrowserSessions:
    """Owns the sessions of browsers, and the key of the tokens in their forms.

    Where machines share *keys*, a cookie itself says who is signed in, and until when. So it holds on all of
    them. The first key signs it, and each can prove it. After a sign-out, this machine refuses the cookie.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        keys: Callable[[], Sequence[bytes]] = lambda: NO_KEYS,
        shared_clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._shared_clock = shared_clock
        self._keys = keys
        self._own_key = secrets.token_bytes(LENGTH)
        self._each: dict[bytes, BrowserSession] = {}  # by the digest of the cookie's value
        self._ended: dict[bytes, int] = {}  # until when, by that digest: cookies of those who signed out

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
        if keys := self._keys():
            claim = f"{value}.{int(self._shared_clock() + seconds)}.{_write_name(token)}"
            return f"{claim}.{_sign(claim, sha256, keys[0])}"
        self._each = {known: each for known, each in self._each.items() if each.ends_at > now}
        self._each[_digest(value)] = BrowserSession(token, sha256, now + seconds)
        return value

    def find(self, value: str | None, tokens: Mapping[str, AccessToken]) -> str | None:
        """Return the name of the token that is signed in; None: none, or the token is gone or replaced."""
        session = self._each.get(_digest(value or ""))
        if session is None:
            return self._find_shared(value or "", tokens)
        if session.ends_at <= self._clock():
            return None
        token = tokens.get(session.token)
        return session.token if token and token.sha256 == session.sha256 else None

    def _find_shared(self, value: str, tokens: Mapping[str, AccessToken]) -> str | None:
        """Return the token that a cookie names, if one of the keys that machines share has signed that."""
        claim, _, signature = value.rpartition(".")
        parts = claim.split(".")
        name = next((name for name in tokens if _write_name(name) == parts[-1]), None)
        if name is None or _digest(value) in self._ended:
            return None
        given = signature.encode("utf-8", "replace")
        ours = [_sign(claim, tokens[name].sha256, key).encode() for key in self._keys()]
        if not any(hmac.compare_digest(given, each) for each in ours):
            return None
        return name if int(parts[1]) > self._shared_clock() else None

    def end(self, value: str | None) -> None:
        """Sign out."""
        digest, now = _digest(value or ""), self._shared_clock()
        self._each.pop(digest, None)
        _, _, rest = (value or "").partition(".")
        ends_at = rest.partition(".")[0]
        if self._keys() and END.fullmatch(ends_at):
            self._ended = {known: until for known, until in self._ended.items() if until > now}
            self._ended[digest] = int(ends_at)

    def form_token(self, value: str) -> str:
        """Return what each form of a page must bring back, for the value of the page's cookie."""
        return _form_token(value, next(iter(self._keys()), self._own_key))

    def fits(self, form_token: str, value: str | None) -> bool:
        """Return whether a form comes from a page of ours, made for this browser."""
        if value is None:
            return False
        given = form_token.encode("utf-8", "replace")
        ours = [_form_token(value, key).encode() for key in self._keys() or (self._own_key,)]
        return any(hmac.compare_digest(given, each) for each in ours)


def _sign(claim: str, sha256: str, key: bytes) -> str:
    return hmac.new(key, f"session {sha256} {claim}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _write_name(name: str) -> str:
    """Return a name in characters that a cookie may have."""
    return name.encode("utf-8", "surrogateescape").hex()


def _form_token(value: str, key: bytes) -> str:
    return hmac.new(key, _digest(value), hashlib.sha256).hexdigest()


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).digest()
