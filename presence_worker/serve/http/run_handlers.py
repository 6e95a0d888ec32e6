"""Runs by HTTP: shown with their files, stopped, and approved as they were seen."""

from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from ...errors import RunFault
from ...json_form import Json
from ...queue.job_queue import QueuedJob
from ...run_states import RUN_ID, JobCommand
from ...threads import work_in_thread
from ..run_views import FOUR_EYES, SeenRun, fetch_reports, find_seen_run, find_seen_runs, view_run
from ..service import Conflict, Unavailable
from .answers import WholeFile, give_json
from .job_body import read_small
from .job_handlers import acknowledge
from .problem import WAIT, HttpProblem
from .route import Call

LONGEST_BODY = 4096  # bytes
NO_RUN = "This run does not exist, or this token may not see it"
NO_FILE = "This run has no such file"
SEEN = 'Send {"seen": ETAG} as JSON, with the ETag of the run as you saw it'
SANDBOXED = (  # the scripts of a report run, and reach neither cookies nor the service
    "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
TYPES = {
    "report.html": "text/html; charset=utf-8",
    "report.csv": "text/csv; charset=utf-8",
    "report.jsonl": "application/x-ndjson",
    "failed.csv": "text/csv; charset=utf-8",
    "unprocessed.csv": "text/csv; charset=utf-8",
}


async def list_seen_runs(call: Call) -> web.Response:
    """Answer with the runs that the caller may know of."""
    return give_json({"runs": await work_in_thread(_view_runs, call)})


def _view_runs(call: Call) -> list[Json]:
    runs = (run for run in find_seen_runs(call.service) if call.caller.may_use(run.target))
    return [view_run(run, call.caller, call.service) for run in runs]


async def show_run(call: Call) -> web.Response:
    """Answer with the summary of a run, as far as the caller may see it."""
    run = await find_run_of_call(call)
    form = await work_in_thread(view_run, run, call.caller, call.service, is_whole=True)
    return give_json(form, headers={"ETag": run.etag})


async def give_file(call: Call) -> web.StreamResponse:
    """Answer with a file of a run as it was written."""
    run, name = await find_run_of_call(call), call.request.path.rpartition("/")[2]
    path = call.service.targets.loaded.common.archive.runs / run.id / name
    await work_in_thread(fetch_reports, run, call.service)
    if not await work_in_thread(path.is_file):
        raise HttpProblem(404, NO_FILE)
    headers = {"Content-Type": TYPES[name]}
    if name == "report.html":
        headers["Content-Security-Policy"] = SANDBOXED
    else:
        headers["Content-Disposition"] = f'attachment; filename="{run.id}-{name}"'
    return WholeFile(path, headers=headers)


async def stop_run(call: Call) -> web.Response:
    """Stop a run that is at work; one that has just begun is not listed yet."""
    run_id = call.request.match_info["run"]
    live = await work_in_thread(call.service.live.current)
    at_work = [run for run in live if run.run_id == run_id]
    if not any(call.caller.may_use(run.target) for run in at_work):
        await find_run_of_call(call)
    job = await get_job(call.service.stop(run_id, by=call.caller.name))
    return await acknowledge(call, job, "working")


def ask_for(command: JobCommand) -> Callable[[Call], Awaitable[web.Response]]:
    """Make the handler that queues a command on a run."""

    async def ask(call: Call) -> web.Response:
        seen = await _read_seen(call)
        run = await find_run_of_call(call)
        check_four_eyes(call, command, run)
        job = await get_job(call.service.ask(command, run.id, seen=seen, by=call.caller.name))
        return await acknowledge(call, job)

    return ask


def check_four_eyes(call: Call, command: JobCommand, run: SeenRun) -> None:
    """Raise HttpProblem 403 where the caller may not approve what its own token handed in."""
    four_eyes = call.service.targets.loaded.serve.four_eyes
    if command is JobCommand.APPLY and four_eyes and run.was_handed_in_by(call.caller):
        raise HttpProblem(403, FOUR_EYES)


async def find_run_of_call(call: Call) -> SeenRun:
    """Return the run that the address names; raise HttpProblem 404, also for one of another target."""
    run_id = call.request.match_info["run"]
    known = bool(RUN_ID.fullmatch(run_id))
    run = await work_in_thread(find_seen_run, call.service, run_id) if known else None
    if run is None or not call.caller.may_use(run.target):
        raise HttpProblem(404, NO_RUN)
    return run


async def _read_seen(call: Call) -> str:
    """Return the fingerprint in the body, as the queue has it; raise HttpProblem 400."""
    settings = call.service.targets.loaded.serve
    body = await read_small(call.request, LONGEST_BODY, settings.receive_timeout)
    try:
        form = orjson.loads(body)
    except ValueError:
        raise HttpProblem(400, SEEN) from None
    seen = form.get("seen") if isinstance(form, dict) else None
    if not isinstance(seen, str) or not seen:
        raise HttpProblem(400, SEEN)
    return seen.removeprefix("W/").strip('"')


async def get_job(asked: Awaitable[QueuedJob]) -> QueuedJob:
    """Return the job that was made, or is at work; raise HttpProblem 404, 409 or 503."""
    try:
        return await asked
    except Conflict as fault:
        raise HttpProblem(409, str(fault)) from None
    except RunFault:
        raise HttpProblem(404, NO_RUN) from None
    except Unavailable as fault:
        raise HttpProblem(503, str(fault), WAIT) from None
