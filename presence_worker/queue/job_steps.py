"""How a job changes at each step, and which steps it may take: the rules of every queue."""

from dataclasses import replace

from .job_queue import OPEN, OVER, JobState, KeyReused, NewJob, NotWaiting, QueuedJob


def begin_job(job: QueuedJob, run_id: str | None) -> QueuedJob:
    """Return a job at work; the run that is known stays."""
    _check(job, *OPEN)
    return replace(job, state=JobState.WORKING, run_id=run_id or job.run_id)


def count_death(job: QueuedJob, settled: int) -> QueuedJob:
    """Return a job whose run died once more with so many rows settled."""
    deaths = 1 if settled > job.settled else job.deaths + 1
    return replace(job, deaths=deaths, settled=max(settled, job.settled))


def give_back_job(job: QueuedJob) -> QueuedJob:
    """Return a job that waits again."""
    _check(job, *OPEN)
    return replace(job, state=JobState.WAITING)


def end_job(
    job: QueuedJob, run_id: str | None, exit_code: int | None, headline: str, *, has_failed: bool
) -> QueuedJob:
    """Return a job that is over; a later ending takes the place of an earlier one."""
    _check(job, *OPEN, JobState.ENDED, JobState.FAILED)
    state = JobState.FAILED if has_failed else JobState.ENDED
    known = replace(job, state=state, run_id=run_id or job.run_id)
    return replace(known, exit_code=exit_code, headline=headline)


def answer_job(job: QueuedJob, *, keep_content: bool) -> QueuedJob:
    """Return a job of which nothing is left to do."""
    return replace(job, is_answered=True, content=job.content if keep_content else None)


def cancel_job(job: QueuedJob) -> QueuedJob:
    """Return a job that will not be done; one that waits again may have sent something already."""
    _check(job, JobState.WAITING)
    if has_begun(job):
        raise NotWaiting(f"job {job.id} has begun its run {job.run_id} already")
    return replace(job, state=JobState.CANCELLED, content=None)


def has_begun(job: QueuedJob) -> bool:
    """Return whether a job has made a run."""
    return job.run_id != job.new.run_id


def check_over(job: QueuedJob) -> None:
    """Raise NotWaiting for a job that is not over."""
    _check(job, *OVER)


def check_same(known: QueuedJob, new: NewJob) -> None:
    """Raise KeyReused unless what came with a known key is the same again."""
    was = known.new
    if (was.sha256, was.target, was.command, was.run_id) != (new.sha256, new.target, new.command, new.run_id):
        raise KeyReused("this idempotency key came before, with another job")


def find_one(job: QueuedJob | None, job_id: str) -> QueuedJob:
    """Return the job that was found; raise NotWaiting for none."""
    if job is None:
        raise NotWaiting(f"job {job_id} does not exist")
    return job


def _check(job: QueuedJob, *states: JobState) -> None:
    if job.state not in states:
        raise NotWaiting(f"job {job.id} is {job.state}")
