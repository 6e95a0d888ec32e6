"""Where the sandbox's calls are found, and on what terms."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from . import agents
from .ask import Ask
from .calls import get_api, get_principal, get_users
from .oauth import get_keys, post_token
from .presence_calls import get_presence, put_presence
from .replies import FORBIDDEN, NO_SUCH_RESOURCE, Reply
from .site import Site
from .system_user import post_authenticate
from .tenant import state_reply
from .unknowns import Unknowns

Call = Callable[[Ask, int, Site], Reply]  # the number is the associate's; 0 where the path has none


class Deed(NamedTuple):
    """What a method does at a path."""

    call: Call
    right: str = ""  # what it takes: put, get or query (see unknowns), or only to be somebody


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path, and what can be done there."""

    path: re.Pattern[str]
    deeds: Mapping[str, Deed]  # by method
    is_open: bool = False  # needs no credentials
    is_tenants: bool = True  # is where the tenant is; the others are the same for all of them
    is_faulty: bool = False  # faults befall it


def _path(pattern: str) -> re.Pattern[str]:
    """Compile a path below the root, or below a virtual directory such as /SuperOffice or /Cust12345."""
    return re.compile(rf"(?:/(?!api/|login/)[^/]+)?{pattern}/?", re.IGNORECASE | re.ASCII)


def _state(ask: Ask, _: int, site: Site) -> Reply:
    return state_reply(site.tenant, ask)


def _host(pattern: str, **deeds: Deed) -> Route:
    """Give a route of the host where one signs in."""
    path = re.compile(f"{pattern}/?", re.IGNORECASE | re.ASCII)
    return Route(path=path, deeds=deeds, is_open=True, is_tenants=False)


def _agent(name: str, call: Call, right: str = "") -> Route:
    """Give a route of an agent; what is about presences befalls them, too."""
    return Route(
        path=_path(f"/api/v1/Agents/{name}"), deeds={"POST": Deed(call, right)}, is_faulty=bool(right)
    )


ROUTES = (
    Route(  # first, for it is the one that is called a million times
        path=_path(r"/api/v1/User/(\d{1,10})/UserPresenceStatus"),
        deeds={"PUT": Deed(put_presence, "put"), "GET": Deed(get_presence, "get")},
        is_faulty=True,
    ),
    Route(
        path=_path("/api/v1/(?:User|Archive/AllUsers)"),
        deeds={"GET": Deed(get_users, "query")},
        is_faulty=True,
    ),
    Route(path=_path("/api/v1/User/currentPrincipal"), deeds={"GET": Deed(get_principal)}),
    Route(path=_path("/api"), deeds={"GET": Deed(get_api)}, is_open=True),
    _agent("User/GetUserPresenceStatus", agents.get_presence, "get"),
    _agent("User/SetUserPresenceStatus", agents.set_user_presence, "put"),
    _agent("User/CreateDefaultUser", agents.new_user),
    _agent("Associate/GetAssociateList", agents.get_associates),
    _host("/login/common/oauth/tokens", POST=Deed(post_token)),
    _host("/login/api/PartnerSystemUser/Authenticate", POST=Deed(post_authenticate)),
    _host(r"/login/\.well-known/jwks", GET=Deed(get_keys)),
    _host(r"/api/state/Cust\d+", GET=Deed(_state)),
)


def find(path: str) -> tuple[Route, int] | None:
    """Give the route of a path, and the associate's id in it (0: none); None where nothing is there."""
    for route in ROUTES:
        if match := route.path.fullmatch(path):
            return route, int(match[1]) if match.lastindex else 0
    return None


def closed(unknowns: Unknowns) -> dict[str, Reply]:
    """Give what is answered to who wants what is not to be had, by the right it takes."""
    rights = ("put", "get", "query", "") if "all" in unknowns.forbid else unknowns.forbid
    replies = dict.fromkeys(rights, FORBIDDEN)
    missing = ["put", "get"] * unknowns.no_presence + ["query"] * unknowns.no_query
    return replies | dict.fromkeys(missing, NO_SUCH_RESOURCE)
