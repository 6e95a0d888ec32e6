"""Who is let in: what the sandbox gave out, and whether it still holds."""

import secrets
from dataclasses import replace

from .ask import Ask
from .online import Online
from .replies import FORBIDDEN, NOT_SIGNED_IN, Reply, refusal
from .sign_in import signer

TICKET, TOKEN = "7T:", "8A:"  # how they begin at SuperOffice
TENANT = "Cust12345"  # to whom tokens belong
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


class Desk:
    """Owns the tokens and tickets that were given out, and the refresh tokens that are used up."""

    def __init__(self, online: Online) -> None:
        self.online = online
        self._ends: dict[str, float] = {}  # by token or ticket, on the clock
        self._used_up: set[str] = set()
        self._expects = dict(online.expects)

    def refused(self, ask: Ask) -> Reply | None:
        """Give the answer to a request that is not let in; None where it is."""
        gatekeeper = self.online.gatekeeper
        status = gatekeeper(ask) if gatekeeper else None
        if status is not None:
            return REFUSED.get(status) or refusal(status, "SoSessionException", "You are not let in.")
        if self.online.strict:
            return self._strictly(ask)
        return None if signer(ask.headers) else NOT_SIGNED_IN

    def issued(self, kind: str) -> str:
        """Give out a ticket or a token."""
        issue = f"{kind}{TENANT}.{secrets.token_urlsafe(32)}"
        self._ends[issue] = self.online.clock() + self.online.token_life
        return issue

    def expected(self, name: str, value: object) -> bool:
        """Whether a part of a request for signing in is right: what is expected, or else any text."""
        wanted = self._expects.get(name)
        return bool(value) and isinstance(value, str) and wanted in (None, value)

    def refreshed(self, refresh_token: str) -> str | None:
        """Give the refresh token that comes after one which was used; None where that one stays good."""
        if not self.online.rotates:
            return None
        self._used_up.add(refresh_token)
        following = secrets.token_urlsafe(32)
        if "refresh_token" in self._expects:
            self._expects["refresh_token"] = following
        return following

    def is_used_up(self, refresh_token: object) -> bool:
        """Whether a refresh token has been followed by another one."""
        return refresh_token in self._used_up

    def _strictly(self, ask: Ask) -> Reply | None:
        scheme, _, credential = ask.headers.get("Authorization", "").partition(" ")
        kind = {"bearer": TOKEN, "soticket": TICKET}.get(scheme.lower())
        credential = credential.strip()
        end = self._ends.get(credential)
        if end is None or kind is None or not credential.startswith(kind):
            return NOT_OURS
        if kind == TICKET and not self.expected("ApplicationToken", ask.headers.get("SO-AppToken")):
            return NOT_SIGNED_IN
        now = self.online.clock()
        if now >= end:
            return EXPIRED[self.online.expired_as]
        if kind == TICKET:
            self._ends[credential] = now + self.online.token_life
        return None
