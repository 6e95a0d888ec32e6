"""Jobs by HTTP: handed in, listed, and cancelled."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import MappingProxyType
from typing import NamedTuple

import anyio
from aiohttp import web

from ...errors import DatabaseAway, StateFault
from ...json_form import Json, json_object
from ...queue.job_queue import JobState, KeyReused, NewJob, NotWaiting, QueuedJob, QueueFull, places_of
from ...run_states import JobCommand, JobWay
from ...threads import work_in_thread
from ..caller import SIGNED, Caller
from ..job_views import is_own, may_see_job, view_jobs, view_one_job
from ..receiving import receiving
from ..service import Service, Unavailable
from .answers import give_json
from .form_data import decode_header
from .job_body import ReceivedJob, check_encoding, receive_job
from .problem import WAIT, HttpProblem
from .route import Call
from .signature import ID, WRONG, SignedBody, open_signature, read_keys

LONGEST_LABEL = 100  # characters
LONGEST_NAME = 255
LONGEST_KEY = 255
JOB_ID = re.compile(r"[\w-]{1,100}", re.ASCII)
KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
TRUE, FALSE = ("true", "1"), ("", "false", "0")
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
REPLAYED = {"Idempotency-Replayed": "true"}
CROWDED = "Too many signed jobs arrive at once. Send this one again"
NO_JOB = "This job does not exist, or this token may not see it"
WORDS = ("target", "plan", "label")


class Wanted(NamedTuple):
    """What the address and the headers of a job ask for."""

    target: str
    command: JobCommand
    label: str | None
    file_name: str | None
    key: str | None


async def submit_job(call: Call) -> web.Response:
    """Take a job in, and answer when it is safe on disk."""
    check_encoding(call.request)
    signed = await _open_signature(call)
    if not signed:  # a signature is checked first: errors here name targets
        read_wanted(call)
    settings = call.service.targets.loaded.serve
    try:
        async with _place_for(call, signed), receiving(call.service.queue) as folder:
            received = await receive_job(call.request, folder, settings, signed)
            _check_signature(call, signed)
            new = _make_job(call, received)
            job, is_new = await _submit(call.service, new, received.path)
    except ConnectionError:  # the sender has gone
        raise
    except OSError as error:
        call.service.note_disk(error)
        raise HttpProblem(503, f"The service cannot store the job: {error.strerror}", WAIT) from None
    return await acknowledge(call, job, headers=NO_HEADERS if is_new else REPLAYED)


@asynccontextmanager
async def _place_for(call: Call, signed: SignedBody | None) -> AsyncIterator[None]:
    """Let strangers fill the disk only so far; raise HttpProblem 503 where too many send at once."""
    places = call.access.unproven
    if signed:
        try:
            places.acquire_nowait()
        except anyio.WouldBlock:
            raise HttpProblem(503, CROWDED, WAIT) from None
    try:
        yield
    finally:
        if signed:
            places.release()


def _check_signature(call: Call, signed: SignedBody | None) -> None:
    if signed and not signed.is_right():
        call.access.note_wrong(call.access.address_of(call.request))
        raise HttpProblem(401, WRONG)


def _make_job(call: Call, received: ReceivedJob) -> NewJob:
    wanted = read_wanted(call)
    return NewJob(
        target=wanted.target,
        command=wanted.command,
        way=JobWay.HTTP,
        by=call.caller.name,
        label=wanted.label,
        file_name=_last_part(wanted.file_name or received.form_name),
        sha256=received.sha256,
        key=wanted.key,
    )


async def _open_signature(call: Call) -> SignedBody | None:
    """Return what checks the body; None: a token has shown who calls."""
    if call.caller.name != SIGNED:
        return None
    keys = await work_in_thread(read_keys, call.service.targets.loaded.serve)
    try:
        return open_signature(call.request.headers, keys)
    except HttpProblem:
        call.access.note_wrong(call.access.address_of(call.request))
        raise


def read_wanted(call: Call) -> Wanted:
    """Return what is asked for; raise HttpProblem 400."""
    query, headers = call.request.query, call.request.headers
    unknown = [name for name in query if name not in WORDS or len(query.getall(name)) > 1]
    if unknown:
        raise HttpProblem(400, "Use only these parameters, each once: target, plan, label")
    label = query.get("label") or None
    if label and (len(label) > LONGEST_LABEL or not label.isprintable()):
        raise HttpProblem(400, f"label must be printable and have at most {LONGEST_LABEL} characters")
    signed = call.caller.name == SIGNED
    key = headers.get(ID if signed else "Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise HttpProblem(400, f"The key must be 1 to {LONGEST_KEY} visible ASCII characters")
    return Wanted(
        target=choose_target(call.service, call.caller, query.get("target")),
        command=JobCommand.PLAN if _is_true(query.get("plan", "")) else JobCommand.RUN,
        label=label,
        file_name=_header_text(headers.get("X-Filename")),
        key=key,
    )


def choose_target(service: Service, caller: Caller, name: str | None) -> str:
    """Return the target of a job; raise HttpProblem 400, which names those that the caller may use."""
    names = service.targets.names
    allowed = [each for each in names if caller.may_use(each)]
    if name in allowed:
        return str(name)
    if name is None and len(allowed) == 1:
        return allowed[0]
    words = "target is missing" if name is None else "This target is not one of yours"
    raise HttpProblem(400, f"{words}. You may name: {', '.join(allowed) or 'none'}")


def _is_true(value: str) -> bool:
    if value.lower() not in (*TRUE, *FALSE):
        raise HttpProblem(400, "plan must be true or false")
    return value.lower() in TRUE


def _header_text(value: str | None) -> str | None:
    return value and decode_header(value.encode("utf-8", "surrogateescape"))


def _last_part(name: str | None) -> str | None:
    """Return the name of a file without its folder and without what does not print; None: there is none."""
    last = PurePosixPath(PureWindowsPath(name or "").name).name
    kept = "".join(each for each in last if each.isprintable()).strip()
    return kept[-LONGEST_NAME:] if kept.strip(".") else None


async def _submit(service: Service, new: NewJob, content: Path) -> tuple[QueuedJob, bool]:
    """Queue a job; raise HttpProblem 422 or 503."""
    try:
        return await service.submit(new, content)
    except KeyReused:
        words = (
            "This key came before, with another body, target or `plan`, or its job cannot be read now. "
            "Use a new key for a new job"
        )
        raise HttpProblem(422, words) from None
    except (QueueFull, Unavailable) as fault:
        raise HttpProblem(503, str(fault), WAIT) from None


async def acknowledge(
    call: Call, job: QueuedJob, state: str = JobState.WAITING, headers: Mapping[str, str] = NO_HEADERS
) -> web.Response:
    """Return the answer for a job that is on disk: the same one each time that it is asked for."""
    form: dict[str, Json] = {
        "job": job.id,
        "state": state,
        "position": await _find_place(call, job) if state == JobState.WAITING else None,
        "url": page_of_job(call, job.id),
    }
    return give_json(form, 202, {"Location": f"/api/v1/jobs/{job.id}", **headers})


async def _find_place(call: Call, job: QueuedJob) -> int | None:
    """Return the place that a job had at first; None: that cannot be read, but the job is taken."""
    try:
        jobs = await work_in_thread(call.service.queue.jobs)
    except (StateFault, DatabaseAway):
        return None
    before = [each for each in jobs if each.order < job.order and each.new.target == job.new.target]
    return 1 + len(places_of(before))


def page_of_job(call: Call, job_id: str) -> str:
    """Return the address of the page of a job, as people reach it."""
    request = call.request
    root = call.service.targets.loaded.serve.public_url or f"{request.scheme}://{request.host}"
    return f"{root}/jobs/{job_id}"


async def list_jobs(call: Call) -> web.Response:
    """Answer with the jobs that the caller may know of."""
    jobs = await work_in_thread(view_jobs, call.service, call.caller)
    return give_json({"jobs": [json_object(job) for job in jobs]})


async def show_job(call: Call) -> web.Response:
    """Answer with a job, and how its run is."""
    job = await find_job(call)
    if not may_see_job(job, call.caller):
        raise HttpProblem(404, NO_JOB)
    return give_json(json_object(await work_in_thread(view_one_job, call.service, job, call.caller)))


async def cancel_job(call: Call) -> web.Response:
    """Cancel a job that waits."""
    job = await find_job(call)
    if not (call.caller.may("approve") or is_own(job, call.caller)):
        if may_see_job(job, call.caller):
            raise HttpProblem(403, "Only its sender, or a token with the role approve, may cancel this job")
        raise HttpProblem(404, NO_JOB)
    try:
        await call.service.cancel(job.id)
    except NotWaiting:
        raise HttpProblem(409, "The job is at work already, or over") from None
    return web.Response(status=204)


async def find_job(call: Call) -> QueuedJob:
    """Return the job that the address names; raise HttpProblem 404, also for one of another target."""
    job_id = call.request.match_info["job"]
    job = await work_in_thread(call.service.queue.find, job_id) if JOB_ID.fullmatch(job_id) else None
    if job is None or not call.caller.may_use(job.new.target):
        raise HttpProblem(404, NO_JOB)
    return job
