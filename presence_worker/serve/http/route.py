"""What a route is: one line of the table from which the application and /openapi.json are made."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from aiohttp import web

from ...settings.serve import Role
from ..caller import Caller
from ..service import Service
from .access import Access
from .problem import HttpProblem


class Entrance(StrEnum):
    """How callers show who they are."""

    OPEN = "open"  # not at all
    API = "api"  # by a token; with GET, a session's cookie will do
    SIGNATURE = "signature"  # by a token, or a signature over the body
    PAGE = "page"  # by a session's cookie; who has none is sent to the sign-in


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller is known."""

    request: web.Request
    caller: Caller
    service: Service
    access: Access
    is_still_in: Callable[[], bool]  # whether the caller would be let in now


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Parameter(NamedTuple):
    """What can be said in the query or in a header."""

    place: str  # query, header
    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRoute:
    """A method and a path, who may use it, and what it answers."""

    method: str
    path: str  # with {job} or {run}
    handler: Handler
    entrance: Entrance = Entrance.API
    roles: Sequence[Role] = ()  # one of them is enough; (): any token
    summary: str  # one short sentence
    answers: Mapping[int, str]  # status code, and what it means; those of every route are not named
    parameters: Sequence[Parameter] = ()
    takes: Sequence[str] = ()  # content types of the body; "*/*": any
    gives: str = "application/json"  # content type of the answer
    is_for_any_host: bool = False  # also for names that we do not know as ours


class Site(Protocol):
    """The pages for people, as the application needs them."""

    @property
    def routes(self) -> Sequence[HttpRoute]:
        """The pages and their forms."""

    def find_caller(self, request: web.Request) -> Caller | None:
        """Return who a session's cookie belongs to, with `is_session`; None: no cookie, or it is over."""

    def turn_away(self, request: web.Request) -> web.StreamResponse:
        """Return the way to the sign-in, for a page that needs a session."""

    def show_problem(self, request: web.Request, problem: HttpProblem) -> web.StreamResponse:
        """Return the page of an error, with the status code of the problem."""
