"""What each address of the pages shows, and what the buttons do."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from markupsafe import Markup

from ...queue.job_queue import QueuedJob
from ...report.pieces import NOTHING
from ...run_states import JobCommand
from ...sanitize import clean
from ...threads import work_in_thread
from ...wording import as_sentence
from ..http.job_handlers import NO_JOB, find_job
from ..http.problem import HttpProblem
from ..http.route import Call
from ..http.run_handlers import check_four_eyes, find_run_of_call, get_job
from ..job_views import may_see_job, view_jobs, view_one_job
from ..run_views import SeenRun, find_seen_run
from .first_page import NAME, show_first_page, when
from .frame import Reader, fill, show_page
from .job_page import show_job_page, show_own_jobs_page
from .morning import find_live, read_morning, show_run, zone_of
from .run_page import show_run_page

CONFLICT = 409
MOVED = "Nothing was done: the run has moved"
NOT_SEEN = "The form does not say which state of the run you saw. Open the page of the run again"
Form = Mapping[str, str]
Show = Callable[[Call, Reader], Awaitable[web.StreamResponse]]
Act = Callable[[Call, Reader, Form], Awaitable[web.StreamResponse]]


async def show_first(call: Call, reader: Reader) -> web.StreamResponse:
    """Show how it is; to those who only hand jobs in, their own jobs."""

    def show() -> web.Response:
        if not call.caller.may("read"):
            return show_own_jobs_page(view_jobs(call.service, call.caller), zone_of(call.service), reader)
        return show_first_page(read_morning(call.service, call.caller), reader)

    return await work_in_thread(show)


async def show_job(call: Call, reader: Reader) -> web.StreamResponse:
    """Show a job."""
    job = await find_job(call)
    if not may_see_job(job, call.caller):
        raise HttpProblem(404, NO_JOB)
    live = find_live(call.service, call.caller)

    def show() -> web.Response:
        view = view_one_job(call.service, job, call.caller)
        return show_job_page(view, live, zone_of(call.service), reader)

    return await work_in_thread(show)


async def show_one_run(call: Call, reader: Reader) -> web.StreamResponse:
    """Show a run."""
    run = await find_run_of_call(call)
    live = find_live(call.service, call.caller)

    def show() -> web.Response:
        shown = show_run(call.service, run, call.caller)
        return show_run_page(shown, live, zone_of(call.service), reader)

    return await work_in_thread(show)


def ask_by_form(command: JobCommand) -> Act:
    """Make what the button of a command does: it holds for the run as the reader saw it."""

    async def ask(call: Call, reader: Reader, form: Form) -> web.StreamResponse:
        run = await find_run_of_call(call)
        check_four_eyes(call, command, run)
        seen = form.get("seen", "").strip('"')
        if not seen:
            raise HttpProblem(400, NOT_SEEN)
        return await _carry_out(
            call, reader, run, call.service.ask(command, run.id, seen=seen, by=call.caller.name)
        )

    return ask


async def stop_by_form(call: Call, reader: Reader, _: Form) -> web.StreamResponse:
    """Stop a run that is at work."""
    run = await find_run_of_call(call)
    return await _carry_out(call, reader, run, call.service.stop(run.id, by=call.caller.name))


async def _carry_out(
    call: Call, reader: Reader, run: SeenRun, asked: Awaitable[QueuedJob]
) -> web.StreamResponse:
    """Lead to the page of the job that was made; where the run has moved, say what happened."""
    try:
        job = await get_job(asked)
    except HttpProblem as found:
        if found.status != CONFLICT:
            raise
        return await work_in_thread(_explain, call, reader, run.id, found.detail)
    return web.Response(status=303, headers={"Location": f"/jobs/{job.id}"})


def _explain(call: Call, reader: Reader, run_id: str, why: str) -> web.Response:
    """Return what happened to a run since the reader saw it. It blocks."""
    run = find_seen_run(call.service, run_id)
    asked = [job for job in call.service.queue.jobs() if run_id in (job.run_id, job.new.run_id)]
    body = fill(
        "conflict",
        words=as_sentence(why),
        last=_say_who_asked(asked[-1], call) if asked else NOTHING,
        state=as_sentence(run.listed.message or run.listed.state if run else "the run is deleted"),
        run=run_id,
    )
    return show_page(MOVED, body, reader, CONFLICT)


def _say_who_asked(job: QueuedJob, call: Call) -> Markup:
    moment = when(job.submitted_at, zone_of(call.service))
    by = clean(job.new.by or "The service", NAME)
    return fill("asked_last", by=by, command=job.new.command, moment=moment)
