"""The table of routes on the page on the HTTP API, from that of the service."""

from presence_worker.serve.http.route import Entrance, HttpRoute
from presence_worker.serve.http.routes import ROUTES
from tests.manual.command_parts import table

WHO = {  # may use a route that asks for no role
    Entrance.OPEN: "(none)",
    Entrance.API: "any",
    Entrance.SIGNATURE: "any",
    Entrance.PAGE: "signed in",
}


def routes(_: str) -> str:
    """Give all routes, in their order."""
    return table(("request", "role", "does", "answers"), [_cells(route) for route in ROUTES])


def _cells(route: HttpRoute) -> tuple[str, ...]:
    statuses = ", ".join(str(status) for status in sorted(route.answers))
    return f"{route.method} `{route.path}`", _who(route), route.summary, statuses


def _who(route: HttpRoute) -> str:
    roles = " or ".join(f"`{role}`" for role in route.roles) or WHO[route.entrance]
    return f"{roles}, or a signature" if route.entrance is Entrance.SIGNATURE else roles
