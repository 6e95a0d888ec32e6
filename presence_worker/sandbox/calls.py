"""The calls the sandbox understands, and where they are found."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .archive import next_query, page, read_query
from .people import People
from .presences import understood, written
from .replies import Reply, no_such_associate, not_understood, success
from .sign_in import signer

API = {"NetServerVersion": "10.5 (presence-worker sandbox)"}
MYSELF = 1  # the associate everybody signs in as


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, as far as a call looks at it."""

    method: str
    path: str
    query: str  # as it came, still encoded
    host: str  # the service's, as the client calls it
    authorization: str | None
    body: bytes


Call = Callable[[Ask, int, People], Reply]  # the number is the associate's; 0 where the path has none


def put_presence(ask: Ask, associate_id: int, people: People) -> Reply:
    """Store a presence and echo it."""
    if associate_id not in people:
        return no_such_associate(associate_id)
    try:
        presence = understood(ask.body)
    except ValueError as error:
        return not_understood(str(error))
    people.set_presence(associate_id, presence)
    return success(written(presence), applied=True)


def get_presence(_: Ask, associate_id: int, people: People) -> Reply:
    """Show a presence."""
    if associate_id not in people:
        return no_such_associate(associate_id)
    return success(written(people.presence(associate_id)))


def get_users(ask: Ask, _: int, people: People) -> Reply:
    """Show a page of all users."""
    try:
        query = read_query(ask.query)
    except ValueError as error:
        return not_understood(str(error))
    following = next_query(people, ask.query, query)
    link = following and f"http://{ask.host}{ask.path}?{following}"
    return success({"odata.nextLink": link, "value": page(people, query)})


def get_principal(ask: Ask, _: int, people: People) -> Reply:
    """Show who signed the request."""
    return success(
        {
            "AssociateId": MYSELF,
            "UserName": signer(ask.authorization),
            "EjUserId": MYSELF,
            "EjUserStatus": people.presence(MYSELF).status,
        }
    )


def get_api(_: Ask, __: int, ___: People) -> Reply:
    """Show which service this is."""
    return success(API)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where calls are found, and on what terms."""

    path: re.Pattern[str]
    calls: Mapping[str, Call]  # by method
    is_open: bool = False  # needs no credentials
    is_faulty: bool = False  # faults befall it


def _path(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


ROUTES = (
    Route(  # first, for it is the one that is called a million times
        path=_path(r"/api/v1/User/(\d{1,10})/UserPresenceStatus/?"),
        calls={"PUT": put_presence, "GET": get_presence},
        is_faulty=True,
    ),
    Route(path=_path("/api/v1/User/?"), calls={"GET": get_users}, is_faulty=True),
    Route(path=_path("/api/v1/User/currentPrincipal/?"), calls={"GET": get_principal}),
    Route(path=_path("/api/?"), calls={"GET": get_api}, is_open=True),
)


def find(path: str) -> tuple[Route, int] | None:
    """Give the route of a path, and the associate's id in it (0: none); None where nothing is there."""
    for route in ROUTES:
        if match := route.path.fullmatch(path):
            return route, int(match[1]) if match.lastindex else 0
    return None
