"""Whose turn it is: the next job of each target, or what keeps it waiting."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from ..queue.job_queue import OPEN, JobState, QueuedJob
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
    tries: int = 0
    run_id: str | None = None  # that found the trouble
    resume_at: float = 0.0  # with refused credentials: when a resume that met other trouble is tried again
    is_reported: bool = False


def find_next(jobs: Sequence[QueuedJob], pause: TargetPause | None, now: float) -> QueuedJob | None:
    """Return the next of the *jobs* of a target, oldest first, if it is its turn.

    A job that was at work when the service ended goes first. While credentials are refused, only `resume`
    goes, which a person has asked for.
    """
    in_order = sorted(jobs, key=lambda job: (job.state is not JobState.WORKING, job.order))
    if pause and pause.trouble is JobTrouble.CREDENTIALS:
        resumes = (job for job in in_order if job.new.command is JobCommand.RESUME)
        return next(resumes, None) if pause.resume_at <= now else None
    if pause and pause.until > now:
        return None
    return next(iter(in_order), None)


def by_target(jobs: Iterable[QueuedJob]) -> dict[str, list[QueuedJob]]:
    """Return the jobs that wait or are at work, by target, oldest first."""
    found: dict[str, list[QueuedJob]] = {}
    for job in jobs:
        if job.state in OPEN:
            found.setdefault(job.new.target, []).append(job)
    return found


class Turns(Protocol):
    """Which targets may have a job at work here. The methods belong to the loop of the service."""

    def work(self, wake: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Let turns come inside; *wake* is called when one has. What was given back by the end is free."""

    def here(self) -> Collection[str] | None:
        """Return the targets whose turn is here now, by name; None: any."""

    def give_back(self, target: str, again: float | None = None) -> None:
        """Note that no job of a target is at work here; its next turn comes in *again* seconds.

        None: it has no work. Where the turn of the target is not here, nothing happens.
        """

    def stop(self) -> None:
        """Take no more turns; those that are here stay."""


class AllTurns:
    """The turn of each target is always here: no other machine shares the work."""

    @asynccontextmanager
    async def work(self, wake: Callable[[], None]) -> AsyncIterator[None]:
        """Do nothing."""
        del wake  # for others
        yield

    def here(self) -> None:
        """Return None: any target."""

    def give_back(self, target: str, again: float | None = None) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""
