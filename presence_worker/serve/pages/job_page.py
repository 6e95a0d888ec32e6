"""The page of a job, with the way to its run, and that of the jobs of those who only hand jobs in."""

from collections.abc import Iterable, Iterator, Sequence

from aiohttp import web

from ...queue.job_queue import JobState
from ...report.page_sections import show_sentences
from ...report.pieces import NOTHING, Value
from ...sanitize import clean
from ...wording import figure
from ..job_views import JobView
from ..live_run import LiveRun
from .first_page import NAME, name_job, origin_words, show_live, split_message, when
from .frame import Reader, fill, show_page

MOST_JOBS = 100
SAID = {
    JobState.WORKING: "This job is at work.",
    JobState.CANCELLED: "This job was cancelled.",
    JobState.FAILED: "This job failed: its run died several times. Resume the run when the cause is clear.",
}


def show_job_page(job: JobView, live: Iterable[LiveRun], zone: str | None, reader: Reader) -> web.Response:
    """Return the page."""
    said, more = split_message(_say(job))
    names = dict.fromkeys(
        (name_job(job), clean(job.label or "", NAME))
    )  # a folder's label is its file's name
    body = fill(
        "job_page",
        name=job.target,
        about=NOTHING.join(fill("part", words=each) for each in (f"job to {job.command}", *names) if each),
        verdict=show_sentences(said),
        more=fill("message", words=show_sentences(more)) if more else NOTHING,
        live=show_live([each for each in live if each.job_id == job.job], zone, reader),
        run=fill("run_of_job", run=job.run_id) if job.run_id else NOTHING,
        facts=fill("facts", facts=NOTHING.join(fill("fact", name=n, value=v) for n, v in _facts(job, zone))),
    )
    return show_page(f"{said} {job.target}", body, reader)


def _say(job: JobView) -> str:
    if job.position is not None:
        before = job.position - 1
        return (
            f"This job waits. {figure(before)} before it."
            if before
            else "This job waits. It is the next one."
        )
    state = next((each for each in JobState if each == job.state), None)
    if state is JobState.FAILED and job.run_id is None:
        return job.headline or ""
    return SAID.get(state, "") if state in SAID else job.headline or f"The run is {job.state}."


def _facts(job: JobView, zone: str | None) -> Iterator[tuple[str, Value]]:
    yield "Job", fill("code", words=job.job)
    yield "State", job.state if job.exit_code is None else f"{job.state}, exit code {job.exit_code}"
    yield "It came", origin_words(job.way, job.by)
    yield "Since", when(job.submitted_at, zone)


def show_own_jobs_page(jobs: Sequence[JobView], zone: str | None, reader: Reader) -> web.Response:
    """Return the page of *jobs*, the newest first."""
    rows = [
        fill(
            "own_job",
            job=job.job,
            command=job.command,
            name=name_job(job),
            label=fill("small", words=clean(job.label, NAME)) if job.label else NOTHING,
            target=job.target,
            state=job.state,
            since=when(job.submitted_at, zone),
        )
        for job in jobs[:MOST_JOBS]
    ]
    left = len(jobs) - len(rows)
    more = fill("more_jobs", number=figure(left)) if left else NOTHING
    table = fill("own_jobs_table", rows=NOTHING.join(rows), more=more) if rows else fill("no_own_jobs")
    return show_page("Your jobs. presence-worker", fill("own_jobs", table=table), reader)
