"""Old jobs of the queue: deleted when their runs are."""

from collections.abc import Callable, Collection
from datetime import datetime

import structlog

from ..errors import PresenceWorkerError
from ..journal import moment_ago
from ..queue.job_queue import OVER, JobQueue, QueuedJob
from ..run_states import JobWay

KeepOf = Callable[[str], float | None]  # of a target's name: seconds; None: its jobs are not ours to judge
log = structlog.get_logger()


def prune_jobs(queue: JobQueue, runs: Collection[str], keep_of: KeepOf) -> list[str]:
    """Delete the jobs that are over and old, and whose run is not among the *runs*; return their ids.

    Until then, the idempotency key of a job is known, and its file is not taken again.
    """
    deleted = []
    for job in queue.jobs():
        keep = keep_of(job.new.target)
        if keep is not None and _is_done_with(job, runs) and _is_older(job, keep):
            try:
                queue.delete(job.id)
                deleted.append(job.id)
            except PresenceWorkerError as error:
                log.warning("job.not_deleted", job=job.id, detail=str(error))
    return deleted


def _is_older(job: QueuedJob, seconds: float) -> bool:
    return datetime.fromisoformat(job.submitted_at) < moment_ago(seconds)


def _is_done_with(job: QueuedJob, runs: Collection[str]) -> bool:
    may_lie_there = job.new.way == JobWay.INBOX and not job.is_answered  # the file, in its folder
    return job.state in OVER and job.run_id not in runs and not may_lie_there
