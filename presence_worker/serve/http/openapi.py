"""The description of the API for programs (OpenAPI 3.1), made from the table of routes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus

from aiohttp import web

from ... import __version__
from ...json_form import Json
from .answers import give_json
from .problem import PROBLEM_TYPE
from .route import Call, Entrance, HttpRoute

ALL_ROUTES = web.AppKey("all_routes", tuple[HttpRoute, ...])
IN_PATH = re.compile(r"\{(\w+)\}")
COMMON = {421: "The host is not one of this service.", 400: "The request is not valid HTTP."}
WITH_TOKEN = {
    401: "The token is missing or wrong.",
    403: "The token does not have the role.",
    429: "Too many wrong tokens came from this address. `Retry-After` says how long to wait.",
    503: "The service cannot use its state directory. `Retry-After` says when to try again.",
}
SIGN_IN = {  # how callers show who they are
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session"},
    "signature": {"type": "apiKey", "in": "header", "name": "webhook-signature"},
}
WAYS_IN: Mapping[Entrance, tuple[str, ...]] = {
    Entrance.OPEN: (),
    Entrance.API: ("token",),
    Entrance.SIGNATURE: ("token", "signature"),
    Entrance.PAGE: ("session",),
}


async def show_openapi(call: Call) -> web.Response:
    """Answer with the description of all routes."""
    routes = call.request.app[ALL_ROUTES]
    return give_json(describe(routes))


def describe(routes: Iterable[HttpRoute]) -> dict[str, Json]:
    """Return the description of the API."""
    paths: dict[str, dict[str, Json]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _describe_route(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "presence-worker serve", "version": __version__},
        "paths": paths,
        "components": {"securitySchemes": SIGN_IN},
    }


def answers_of(route: HttpRoute) -> dict[int, str]:
    """Return every status code of a route with its meaning, also those that many routes have."""
    shared = {} if route.entrance in (Entrance.OPEN, Entrance.PAGE) else WITH_TOKEN
    common = {} if route.is_for_any_host else COMMON
    return dict(sorted({**common, **shared, **route.answers}.items()))


def _describe_route(route: HttpRoute) -> dict[str, Json]:
    form: dict[str, Json] = {
        "summary": route.summary,
        "security": [{name: []} for name in _ways_in(route)],
        "parameters": [*_parameters(route)],
        "responses": {
            str(status): _answer(route, status, words) for status, words in answers_of(route).items()
        },
    }
    if route.roles:
        form["x-roles"] = [*route.roles]
    if route.takes:
        form["requestBody"] = {"content": {each: {} for each in route.takes}}
    return form


def _ways_in(route: HttpRoute) -> tuple[str, ...]:
    has_session = route.entrance is Entrance.API and route.method == "GET"
    return (*WAYS_IN[route.entrance], *(("session",) if has_session else ()))


def _parameters(route: HttpRoute) -> Iterator[Json]:
    text = {"type": "string"}
    for name in IN_PATH.findall(route.path):
        yield {"in": "path", "name": name, "required": True, "schema": text}
    for place, name, words in route.parameters:
        yield {"in": place, "name": name, "description": words, "schema": text}


def _answer(route: HttpRoute, status: int, words: str) -> Json:
    is_problem = status >= HTTPStatus.BAD_REQUEST and route.path != "/readyz"
    kind = PROBLEM_TYPE if is_problem else route.gives
    has_body = status not in (204, 303)
    return {"description": words, **({"content": {kind: {}}} if has_body else {})}
