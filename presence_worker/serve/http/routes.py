"""The table of routes for programs: the application and /openapi.json are made from it."""

from aiohttp import web

from ...run_states import JobCommand
from ..run_views import ROW_FILES
from .answers import give_json
from .event_stream import EVENTS, stream_events
from .form_data import FORM_DATA
from .job_handlers import cancel_job, list_jobs, show_job, submit_job
from .openapi import show_openapi
from .route import Call, Entrance, HttpRoute, Parameter
from .run_handlers import TYPES, ask_for, give_file, list_seen_runs, show_run, stop_run
from .service_metrics import show_metrics

API = "/api/v1"
JOBS, JOB = f"{API}/jobs", f"{API}/jobs/{{job}}"
RUNS, RUN = f"{API}/runs", f"{API}/runs/{{run}}"
JSON = "application/json"
NO_JOB = "This job does not exist, or the token may not see it."
NO_RUN = "This run does not exist, or the token may not see it."
MOVED = "The run has changed since it was seen, or its state does not allow it."
BUSY = "The service starts, stops, or cannot store a job. `Retry-After` says when to try again."
BODY = {408: "The body came too slowly.", 413: "The body is too large."}
RETRY_SOON = "30"  # seconds


async def answer_alive(_: Call) -> web.Response:
    """Answer while the loop turns."""
    return give_json({"status": "ok"})


async def answer_ready(call: Call) -> web.Response:
    """Answer whether work can be taken, and why not."""
    trouble = call.service.trouble
    if trouble is None:
        return give_json({"status": "ready"})
    return give_json({"status": trouble}, 503, {"Retry-After": RETRY_SOON})


PROBES = (
    HttpRoute(
        method="GET",
        path="/healthz",
        handler=answer_alive,
        entrance=Entrance.OPEN,
        is_for_any_host=True,
        summary="Whether the service is alive.",
        answers={200: "It is."},
    ),
    HttpRoute(
        method="GET",
        path="/readyz",
        handler=answer_ready,
        entrance=Entrance.OPEN,
        is_for_any_host=True,
        summary="Whether the service can take work, and why not.",
        answers={
            200: "It can.",
            503: "`status` says why not: starting, stopping, configuration, credentials, disk or database.",
        },
    ),
)
OF_JOBS = (
    HttpRoute(
        method="POST",
        path=JOBS,
        handler=submit_job,
        entrance=Entrance.SIGNATURE,
        roles=("submit",),
        summary="Hand a job in.",
        parameters=(
            Parameter("query", "target", "Which SuperOffice; needed where your token may use several."),
            Parameter("query", "plan", "`true`: only show what would change."),
            Parameter("query", "label", "A reference of yours, at most 100 characters."),
            Parameter("header", "X-Filename", "The name of the file."),
            Parameter("header", "Idempotency-Key", "The same key and body again make no second job."),
        ),
        takes=("*/*", FORM_DATA),
        answers={
            202: "The job is on disk. `Location` is its address.",
            400: "The target is missing or unknown, or the request is not complete.",
            **BODY,
            415: "The body has a Content-Encoding.",
            422: "The key came before, with another body.",
            503: "The queue is full, or the service cannot take jobs. `Retry-After` says when to try again.",
        },
    ),
    HttpRoute(
        method="GET",
        path=JOBS,
        handler=list_jobs,
        roles=("read", "submit"),
        summary="List the jobs, newest first; without the role read, only your own.",
        answers={200: "The jobs."},
    ),
    HttpRoute(
        method="GET",
        path=JOB,
        handler=show_job,
        roles=("read", "submit"),
        summary="Show a job; without the role read, only your own.",
        answers={200: "The job.", 404: NO_JOB},
    ),
    HttpRoute(
        method="DELETE",
        path=JOB,
        handler=cancel_job,
        roles=("approve", "submit"),
        summary="Cancel a job that waits; without the role approve, only your own.",
        answers={204: "It is cancelled.", 404: NO_JOB, 409: "It is at work already, or over."},
    ),
)
OF_RUNS = (
    HttpRoute(
        method="GET",
        path=RUNS,
        handler=list_seen_runs,
        roles=("read",),
        summary="List the runs, newest first.",
        answers={200: "The runs."},
    ),
    HttpRoute(
        method="GET",
        path=RUN,
        handler=show_run,
        roles=("read",),
        summary="Show the summary of a run.",
        answers={200: "The summary. `ETag` says which state you have seen.", 404: NO_RUN},
    ),
    *(
        HttpRoute(
            method="GET",
            path=f"{RUN}/{name}",
            handler=give_file,
            roles=("rows",) if name in ROW_FILES else ("read",),
            summary=f"Get {name} of a run.",
            gives=TYPES[name].partition(";")[0],
            answers={200: "The file.", 404: "This run or this file does not exist."},
        )
        for name in TYPES
    ),
    HttpRoute(
        method="POST",
        path=f"{RUN}/stop",
        handler=stop_run,
        roles=("approve",),
        summary="Stop a run that is at work.",
        answers={202: "It stops. `Location` is its job.", 404: NO_RUN, 409: "It is not at work.", 503: BUSY},
    ),
    *(
        HttpRoute(
            method="POST",
            path=f"{RUN}/{command}",
            handler=ask_for(command),
            roles=("approve",),
            summary=f"Queue `{command}` of a run as you have seen it.",
            takes=(JSON,),
            answers={
                202: "It is queued. `Location` is its job.",
                400: '`{"seen": ETag}` is missing.',
                404: NO_RUN,
                **BODY,
                409: MOVED,
                415: "The body has a Content-Encoding.",
                503: BUSY,
            },
        )
        for command in (JobCommand.APPLY, JobCommand.RESUME, JobCommand.UNDO)
    ),
)
OF_ALL = (
    HttpRoute(
        method="GET",
        path=f"{API}/events",
        handler=stream_events,
        roles=("read",),
        summary="Hear what happens, as server-sent events: state, progress, ended.",
        gives=EVENTS,
        answers={200: "The events, until you go."},
    ),
    HttpRoute(
        method="GET",
        path="/metrics",
        handler=show_metrics,
        roles=("read",),
        summary="Get figures for Prometheus.",
        gives="text/plain",
        answers={200: "The figures."},
    ),
    HttpRoute(
        method="GET",
        path="/openapi.json",
        handler=show_openapi,
        entrance=Entrance.OPEN,
        summary="Get this description.",
        answers={200: "The description."},
    ),
)
ROUTES: tuple[HttpRoute, ...] = (*PROBES, *OF_JOBS, *OF_RUNS, *OF_ALL)
