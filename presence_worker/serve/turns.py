"""Whose turn it is: the next job of each target, and what keeps the others waiting."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..queue.job_queue import JobState, QueuedJob
from ..run_states import JobCommand
from .what_follows import JobTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPause:
    """Why the jobs of a target wait."""

    trouble: JobTrouble
    words: str
    since: str  # UTC, ISO 8601
    began: float  # of the loop's clock, like the next one
    until: float  # when it is tried again
    run_id: str | None = None  # whose credentials were refused
    is_reported: bool = False


def find_next(jobs: Sequence[QueuedJob], pause: TargetPause | None, now: float) -> QueuedJob | None:
    """Return the next of the *jobs* of a target, oldest first, if it is its turn.

    A job that was at work when the service ended goes first. While credentials are refused, only a person's
    `resume` goes.
    """
    left_over = [job for job in jobs if job.state is JobState.WORKING]
    waiting = [job for job in jobs if job.state is JobState.WAITING]
    if pause is None or (pause.trouble is not JobTrouble.CREDENTIALS and pause.until <= now):
        return next(iter((*left_over, *waiting)), None)
    if pause.trouble is JobTrouble.CREDENTIALS:
        return next((job for job in (*left_over, *waiting) if job.new.command is JobCommand.RESUME), None)
    return None


def by_target(jobs: Iterable[QueuedJob]) -> dict[str, list[QueuedJob]]:
    """Return the jobs that wait or are at work, by target, oldest first."""
    found: dict[str, list[QueuedJob]] = {}
    for job in jobs:
        if job.state in (JobState.WAITING, JobState.WORKING):
            found.setdefault(job.new.target, []).append(job)
    return found
