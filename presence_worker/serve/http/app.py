"""The application: each route of the table behind its checks, and every error as problem details."""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

import anyio
import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from ...errors import DatabaseAway, StateFault
from ..pages.site import PageSite
from ..service import Service
from .access import Access
from .admission import Admission
from .event_stream import EVENTS, STREAMS, end_streams, log_fault
from .openapi import ALL_ROUTES
from .problem import WAIT, HttpProblem, render_problem
from .route import Call, HttpRoute, Site
from .routes import ROUTES
from .service_metrics import ANSWERED

log = structlog.get_logger()
Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
API = "/api/"
SAFE_HEADERS = {  # where a handler has set none
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
FOR_ANY_HOST = [route.path for route in ROUTES if route.is_for_any_host]
NO_DISK = "The service cannot use its state directory. Its log has the details"
NO_DATABASE = "The service cannot reach its database. Jobs that were accepted are safe"
FAULT_OF_OURS = "The service made an error. Its log has the details"


def build_app(service: Service) -> web.Application:
    """Return the application of a service: its programs' routes, and its pages for people."""
    access = Access(lambda: service.targets.loaded.serve)
    site = PageSite(service, access)
    admission = Admission(access, site)
    app = web.Application(middlewares=[_with_problems(site, access, service)])
    app[ALL_ROUTES] = (*ROUTES, *site.routes)
    app[STREAMS] = anyio.Event()
    app[ANSWERED] = Counter()
    app.on_response_prepare.append(_finish_headers)
    app.on_shutdown.append(end_streams)
    for route in app[ALL_ROUTES]:
        for method in _methods_of(route):
            handle = _admitted(route, admission, service)
            app.router.add_route(method, route.path, handle, expect_handler=_ask_for_no_body)
    return app


async def _ask_for_no_body(_: web.Request) -> None:
    """Wait with the 100 that a client may expect: who reads the body sends it, after all that is refused."""


def _methods_of(route: HttpRoute) -> tuple[str, ...]:
    """Return the methods of a route: what answers GET answers HEAD as well, if it has an end."""
    has_head = route.method == "GET" and route.gives != EVENTS
    return (route.method, "HEAD") if has_head else (route.method,)


def _admitted(route: HttpRoute, admission: Admission, service: Service) -> Handle:
    """Make the handler of a route, which lets in only who may."""

    async def handle(request: web.Request) -> web.StreamResponse:
        caller = admission.find_caller(route, request)
        if caller is None:
            return admission.turn_away(request)
        call = Call(
            request=request,
            caller=caller,
            service=service,
            access=admission.access,
            is_still_in=partial(admission.is_still_in, caller, request),
        )
        return await route.handler(call)

    return handle


def _with_problems(site: Site, access: Access, service: Service) -> Middleware:
    """Make the outermost layer: no error leaves it as anything but problem details, or a page of them."""

    @web.middleware
    async def answer(request: web.Request, handler: Handle) -> web.StreamResponse:
        try:
            if request.path not in FOR_ANY_HOST:
                access.check_host(request)
            return await handler(request)
        except HttpProblem as found:
            problem = found
        except web.HTTPException as found:
            problem = _of_router(found)
        except ConnectionError:  # the client has gone
            raise
        except (StateFault, DatabaseAway) as fault:
            problem = _note_fault(fault, service)
        except Exception:
            log.exception("http.failed", method=request.method, path=_path_of(request))
            problem = HttpProblem(500, FAULT_OF_OURS)
        if not request.path.startswith(API) and "text/html" in request.headers.get("Accept", ""):
            return site.show_problem(request, problem)
        return render_problem(problem)

    return answer


def _note_fault(fault: StateFault | DatabaseAway, service: Service) -> HttpProblem:
    service.note_disk(fault)
    log_fault(fault)
    return HttpProblem(503, NO_DATABASE if isinstance(fault, DatabaseAway) else NO_DISK, WAIT)


def _path_of(request: web.Request) -> str | None:
    """Return the path as the table has it: an address may have what is not for the log."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else None


def _of_router(found: web.HTTPException) -> HttpProblem:
    """Return what aiohttp raises for a path or a method that no route has."""
    if isinstance(found, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(found.allowed_methods))
        return HttpProblem(405, f"This address takes only {allowed}", {"Allow": allowed})
    if found.status == HTTPStatus.NOT_FOUND:
        return HttpProblem(404, "There is nothing at this address")
    return HttpProblem(found.status, found.reason)


async def _finish_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that keep browsers careful, leave out the one that names our software, and count."""
    request.app[ANSWERED][str(response.status)] += 1
    response.headers.pop("Server", None)
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)
