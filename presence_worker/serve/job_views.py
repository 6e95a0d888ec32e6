"""Jobs as callers and pages see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ExitCode
from ..queue.job_queue import OPEN, JobState, QueuedJob, places_of
from ..queue.job_steps import has_begun
from ..run_states import JobWay, State
from .caller import Caller
from .live_run import LiveRun
from .run_views import SeenRun, actions_of_run, find_seen_run, find_seen_runs
from .service import Service

STATES = {  # of a run that is no longer there, by the exit code of its job
    ExitCode.DONE: State.FINISHED,
    ExitCode.INCOMPLETE: State.FINISHED,
    ExitCode.REFUSED: State.REFUSED,
    ExitCode.HELD: State.HELD,
}
FOR_SENDERS: Mapping[int | None, str] = {  # in place of words that may name paths and settings
    ExitCode.CRASHED: "The program failed. An administrator must act.",
    ExitCode.USAGE: "The configuration has an error. An administrator must correct it.",
    ExitCode.STOPPED: "The run stopped early. An administrator must resume it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job, by the keys of its JSON."""

    job: str
    target: str
    command: str
    state: str  # waiting, working, then the state of its run; or cancelled, failed
    position: int | None  # among the jobs of its target that wait; 1 is next
    by: str | None
    way: str
    label: str | None
    file_name: str | None
    submitted_at: str
    run_id: str | None
    exit_code: int | None
    counts: Mapping[str, int]
    headline: str | None
    actions: Sequence[str]  # what the caller may do: cancel, stop, apply, resume, undo


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSurroundings:
    """What is around jobs: the others that wait, their runs, and what is at work."""

    positions: Mapping[str, int] = field(default_factory=dict)  # by the id of the job
    runs: Mapping[str, SeenRun] = field(default_factory=dict)  # by the id of the run
    live: Mapping[str, LiveRun] = field(default_factory=dict)  # by the id of the job
    four_eyes: bool = True


def is_own(job: QueuedJob, caller: Caller) -> bool:
    """Return whether the caller handed a job in."""
    return (job.new.way, job.new.by) == (JobWay.HTTP, caller.name)


def may_see_job(job: QueuedJob, caller: Caller) -> bool:
    """Return whether a caller may know of a job."""
    is_theirs = caller.may("submit") and is_own(job, caller)
    return caller.may_use(job.new.target) and (is_theirs or caller.may("read"))


def view_jobs(service: Service, caller: Caller, *, only_open: bool = False) -> list[JobView]:
    """Return the jobs that a caller may know of, newest first; *only_open*: that are not over. It blocks."""
    jobs = service.queue.jobs()
    if only_open:
        jobs = [job for job in jobs if job.state in OPEN]
    runs = {} if only_open else {run.id: run for run in find_seen_runs(service)}
    around = _surroundings(service, jobs, runs)
    return [view_job(job, caller, around) for job in reversed(jobs) if may_see_job(job, caller)]


def view_one_job(service: Service, job: QueuedJob, caller: Caller) -> JobView:
    """Return a job as the caller may see it. It blocks."""
    run = find_seen_run(service, job.run_id) if job.run_id else None
    around = _surroundings(service, service.queue.jobs(), {run.id: run} if run else {})
    return view_job(job, caller, around)


def _surroundings(
    service: Service, jobs: Sequence[QueuedJob], runs: Mapping[str, SeenRun]
) -> JobSurroundings:
    return JobSurroundings(
        positions=places_of(jobs),
        runs=runs,
        live={run.job_id: run for run in service.live.current()},
        four_eyes=service.targets.loaded.serve.four_eyes,
    )


def view_job(job: QueuedJob, caller: Caller, around: JobSurroundings) -> JobView:
    """Return a job with what is known of its run; of one that has ended, all is as its run is now."""
    run, live, new = around.runs.get(job.run_id or ""), around.live.get(job.id), job.new
    now = run if run and job.state == JobState.ENDED and run.has_job(job) else None
    return JobView(
        job=job.id,
        target=new.target,
        command=new.command,
        state=_state_of(job, now),
        position=around.positions.get(job.id),
        by=new.by,
        way=new.way,
        label=new.label,
        file_name=new.file_name,
        submitted_at=job.submitted_at,
        run_id=job.run_id,
        exit_code=now.listed.exit_code if now else job.exit_code,
        counts=_counts_of(None if now else live, run),
        headline=_headline_of(job, now, caller),
        actions=_actions_of(job, run, caller, around),
    )


def _state_of(job: QueuedJob, run: SeenRun | None) -> str:
    if job.state != JobState.ENDED:
        return job.state
    if run:
        return run.listed.state
    return STATES.get(ExitCode(job.exit_code or 0), State.STOPPED)


def _headline_of(job: QueuedJob, run: SeenRun | None, caller: Caller) -> str | None:
    """Return how it ended; paths and settings of this machine are for those who may read runs."""
    words, code = (run.listed.message or None, run.listed.exit_code) if run else (job.headline, job.exit_code)
    return words if caller.may("read") else FOR_SENDERS.get(code, words)


def _counts_of(live: LiveRun | None, run: SeenRun | None) -> Mapping[str, int]:
    if live:
        return {str(result): rows for result, rows in live.results.items()}
    return run.listed.summary.counts if run and run.listed.summary else {}


def _actions_of(
    job: QueuedJob, run: SeenRun | None, caller: Caller, around: JobSurroundings
) -> tuple[str, ...]:
    if job.state == JobState.WAITING:
        may_cancel = caller.may("approve") or (caller.may("submit") and is_own(job, caller))
        return ("cancel",) if may_cancel and not has_begun(job) else ()
    if job.state == JobState.WORKING:
        return ("stop",) if caller.may("approve") and job.id in around.live else ()
    return actions_of_run(run, caller, four_eyes=around.four_eyes) if run else ()
