"""The table of routes: the application and /openapi.json are made from it."""

from .probes import answer_alive, answer_ready
from .route import Entrance, HttpRoute

ROUTES: tuple[HttpRoute, ...] = (
    HttpRoute(
        method="GET",
        path="/healthz",
        handler=answer_alive,
        entrance=Entrance.OPEN,
        is_for_any_host=True,
        summary="The service is alive.",
        answers={200: "The service is alive."},
    ),
    HttpRoute(
        method="GET",
        path="/readyz",
        handler=answer_ready,
        entrance=Entrance.OPEN,
        is_for_any_host=True,
        summary="Whether the service can take work, and why not.",
        answers={
            200: "The service can take work.",
            503: "`status` says why not: starting, stopping, configuration, credentials, disk or database.",
        },
    ),
)
