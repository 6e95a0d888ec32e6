"""Where the calls of the sandbox are found, on what terms, and how they are answered, sockets aside."""

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import NamedTuple

from .assumptions import Assumptions
from .calls import FAULTY, FORBIDDEN, NO_SUCH_RESOURCE, Headers, Incoming, Reply, framework_refusal
from .fault_injection import FaultInjector, InjectedFault
from .login_handlers import get_keys, get_state, post_authenticate, post_token
from .request_history import SeenRequest
from .service_handlers import (
    agent_get_presence,
    agent_set_presence,
    create_default_user,
    get_api,
    get_associates,
    get_presence,
    get_principal,
    get_users,
    put_presence,
)
from .state import MISDIRECTED, SandboxState

PATIENCE = 1  # seconds that a 429 asks for
Call = Callable[[Incoming, int, SandboxState], Reply]  # with the associate's id; 0 where the path has none


class Handler(NamedTuple):
    """What a method does at a path."""

    call: Call
    right: str = ""  # what it takes: put, get or query (see assumptions), or only a sign-in


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path, and what can be done there."""

    path: re.Pattern[str]
    handlers: Mapping[str, Handler]  # by method
    is_open: bool = False  # needs no credentials
    is_tenants: bool = True  # is where the tenant is; the others are the same for all of them
    is_faulty: bool = False  # faults befall it


def _compile_path(pattern: str) -> re.Pattern[str]:
    """Compile a path below the root, or below a virtual directory such as /SuperOffice or /Cust12345."""
    return re.compile(rf"(?:/(?!api/|login/)[^/]+)?{pattern}/?", re.IGNORECASE | re.ASCII)


def _login_route(pattern: str, **handlers: Handler) -> Route:
    """Return a route of the host where one signs in."""
    path = re.compile(f"{pattern}/?", re.IGNORECASE | re.ASCII)
    return Route(path=path, handlers=handlers, is_open=True, is_tenants=False)


def _agent_route(name: str, call: Call, right: str = "") -> Route:
    """Return a route of an agent; what is about presences befalls them, too."""
    return Route(
        path=_compile_path(f"/api/v1/Agents/{name}"),
        handlers={"POST": Handler(call, right)},
        is_faulty=bool(right),
    )


ROUTES = (
    Route(  # first, for it is the one that is called a million times
        path=_compile_path(r"/api/v1/User/(\d{1,10})/UserPresenceStatus"),
        handlers={"PUT": Handler(put_presence, "put"), "GET": Handler(get_presence, "get")},
        is_faulty=True,
    ),
    Route(
        path=_compile_path("/api/v1/(?:User|Archive/AllUsers)"),
        handlers={"GET": Handler(get_users, "query")},
        is_faulty=True,
    ),
    Route(path=_compile_path("/api/v1/User/currentPrincipal"), handlers={"GET": Handler(get_principal)}),
    Route(path=_compile_path("/api"), handlers={"GET": Handler(get_api)}, is_open=True),
    _agent_route("User/GetUserPresenceStatus", agent_get_presence, "get"),
    _agent_route("User/SetUserPresenceStatus", agent_set_presence, "put"),
    _agent_route("User/CreateDefaultUser", create_default_user),
    _agent_route("Associate/GetAssociateList", get_associates),
    _login_route("/login/common/oauth/tokens", POST=Handler(post_token)),
    _login_route("/login/api/PartnerSystemUser/Authenticate", POST=Handler(post_authenticate)),
    _login_route(r"/login/\.well-known/jwks", GET=Handler(get_keys)),
    _login_route(r"/api/state/Cust\d+", GET=Handler(get_state)),
)


def find_route(path: str) -> tuple[Route, int] | None:
    """Return the route of a path, and the associate's id in it (0: none); None where nothing is there."""
    for route in ROUTES:
        if match := route.path.fullmatch(path):
            return route, int(match[1]) if match.lastindex else 0
    return None


def replies_by_right(assumptions: Assumptions) -> dict[str, Reply]:
    """Return the answer to a call without the right that it needs."""
    rights = ("put", "get", "query", "") if "all" in assumptions.forbid else assumptions.forbid
    replies = dict.fromkeys(rights, FORBIDDEN)
    missing = ["put", "get"] * assumptions.no_presence + ["query"] * assumptions.no_query
    return replies | dict.fromkeys(missing, NO_SUCH_RESOURCE)


class Responder:
    """Owns the record of what was asked: the newest *remember* requests; *on_request* gets all."""

    def __init__(
        self,
        state: SandboxState,
        injector: FaultInjector,
        remember: int,
        on_request: Callable[[SeenRequest], None] | None = None,
    ) -> None:
        self.state = state
        self.record: deque[SeenRequest] = deque(maxlen=remember)
        self._injector = injector
        self._on_request = on_request
        self._closed = replies_by_right(state.assumptions)

    def answer(self, ask: Incoming) -> Reply:
        """Return the answer, and write down that it was given."""
        route, associate_id = find_route(ask.path) or (None, 0)
        reply = self._reply(ask, route, associate_id) if route else NO_SUCH_RESOURCE
        if self.record.maxlen or self._on_request:
            self._note(ask, reply, associate_id)
        return reply

    def _note(self, ask: Incoming, reply: Reply, associate_id: int) -> None:
        seen = SeenRequest(
            at=time.monotonic(),
            method=ask.method,
            path=ask.path,
            query=ask.query,
            associate_id=associate_id or reply.about or None,
            status=reply.status,
            applied=reply.applied,
            body=ask.body,
            content_type=ask.content_type,
            host=ask.host,
        )
        self.record.append(seen)
        if self._on_request:
            self._on_request(seen)

    def _reply(self, ask: Incoming, route: Route, associate_id: int) -> Reply:
        if route.is_tenants and self.state.tenant.is_elsewhere(ask):
            return MISDIRECTED
        refused = None if route.is_open else self.state.tokens.refuse(ask)
        if refused:
            return refused
        handler = route.handlers.get(ask.method)
        if handler is None:
            return framework_refusal(f"expected {' or '.join(route.handlers)}", 405)
        if self._closed and not route.is_open and handler.right in self._closed:
            return self._closed[handler.right]
        fault = self._draw_fault(handler, associate_id) if route.is_faulty else None
        if fault is None:
            return self._carry_out(handler, ask, associate_id)
        applied = fault.applied and self._carry_out(handler, ask, associate_id).applied
        return replace(_fault_reply(fault, self.state.assumptions.throttle_form), applied=applied)

    def _carry_out(self, handler: Handler, ask: Incoming, associate_id: int) -> Reply:
        reply = handler.call(ask, associate_id, self.state)
        if reply.applied:
            self.state.tenant.has_put()
        return reply

    def _draw_fault(self, handler: Handler, associate_id: int) -> InjectedFault | None:
        known = associate_id if associate_id in self.state.people else 0  # lots are only kept for who exists
        return self._injector.draw(known, is_put=handler.right == "put")


def _fault_reply(fault: InjectedFault, throttle_form: str) -> Reply:
    if fault.status is None:
        return Reply(status=None, reset=fault.reset)
    throttles = fault.status == 429  # noqa: PLR2004 - too many requests
    return replace(FAULTY[fault.status], headers=THROTTLE_FORMS[throttle_form]() if throttles else ())


THROTTLE_FORMS: dict[str, Callable[[], Headers]] = {
    "seconds": lambda: (("Retry-After", str(PATIENCE)),),
    "date": lambda: (("Retry-After", formatdate(time.time() + PATIENCE + 1, usegmt=True)),),
    "bare": lambda: (),
    "ratelimit": lambda: (("RateLimit", f'"default";r=0;t={PATIENCE}'),),
    "x-ratelimit": lambda: (
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", str(int(time.time()) + PATIENCE + 1)),
    ),
}
