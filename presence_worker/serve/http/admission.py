"""How a request is let in: by a token, by a session's cookie, or without either."""

from aiohttp import web

from ..caller import SIGNED_CALLER, UNNAMED, Caller
from .access import CHALLENGE, NOT_LET_IN, Access
from .problem import HttpProblem
from .route import Entrance, HttpRoute, Site
from .signature import SIGNATURE

BEARER = "bearer"
SAFE_METHODS = ("GET", "HEAD")


class Admission:
    """Owns nothing but the rules: who comes in by which route."""

    def __init__(self, access: Access, site: Site | None) -> None:
        self.access = access
        self._site = site

    def find_caller(self, route: HttpRoute, request: web.Request) -> Caller | None:
        """Return who calls; None: who wants a page must sign in. Raise HttpProblem 401, 403 or 429."""
        if route.entrance is Entrance.OPEN:
            return UNNAMED
        caller = self._find_by_entrance(route, request)
        if caller and not caller.may(*route.roles):
            roles = " or ".join(route.roles)
            raise HttpProblem(403, f"This needs a token with the role {roles}")
        return caller

    def is_still_in(self, caller: Caller, request: web.Request) -> bool:
        """Return whether a caller who was let in would be so now: a token may be gone, a session over."""
        now = self._find_session(request) if caller.is_session else self.access.find_by_name(caller.name)
        return now == caller

    def turn_away(self, request: web.Request) -> web.StreamResponse:
        """Return the way to the sign-in."""
        if self._site is None:
            raise HttpProblem(401, NOT_LET_IN, CHALLENGE)
        return self._site.turn_away(request)

    def _find_by_entrance(self, route: HttpRoute, request: web.Request) -> Caller | None:
        if route.entrance is Entrance.PAGE:
            return self._find_session(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == BEARER:
            return self.access.check_token(token.strip(), request)
        if route.entrance is Entrance.SIGNATURE and not scheme and SIGNATURE in request.headers:
            self.access.check_patience(self.access.address_of(request))
            return SIGNED_CALLER  # the handler checks the signature together with the body
        session = self._find_session(request)
        if session is None or scheme:
            raise HttpProblem(401, NOT_LET_IN, CHALLENGE)
        if request.method not in SAFE_METHODS:
            raise HttpProblem(403, "A browser's session may only read here. Use the buttons of the pages")
        return session

    def _find_session(self, request: web.Request) -> Caller | None:
        return self._site.find_caller(request) if self._site else None
