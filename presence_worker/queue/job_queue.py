"""What a queue of jobs is: its data, and the contract that every implementation keeps.

One suite, tests/queue/queue_suite.py, has a test for each sentence of the contract. All methods block; call
them in a thread. Any process and any thread may call them at the same time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from ..errors import PresenceWorkerError, UsageFault
from ..run_states import JobCommand, JobWay


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    WORKING = "working"  # a run of it was begun, or is about to be
    ENDED = "ended"  # people see the state of its run
    CANCELLED = "cancelled"  # before it was at work
    FAILED = "failed"  # its run died again and again


OPEN = (JobState.WAITING, JobState.WORKING)
OVER = (JobState.ENDED, JobState.CANCELLED, JobState.FAILED)


class QueueFull(PresenceWorkerError):
    """As many jobs wait as may wait."""


class KeyReused(PresenceWorkerError):
    """An idempotency key came again, with another body."""


class NotWaiting(UsageFault):
    """The job is at work already, or over; it cannot be cancelled any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is asked for. It never changes."""

    target: str  # its name in the configuration, else its address
    command: JobCommand
    way: JobWay
    by: str | None = None  # the token's name, the folder, or the system's user; None: not known
    label: str | None = None  # the caller's reference
    file_name: str | None = None  # as the sender called it, without a folder; None: a job without a file
    sha256: str | None = None  # of the content
    run_id: str | None = None  # of the run it works on; None: it makes one
    seen: str | None = None  # the fingerprint of that run, as the person saw it who asked
    key: str | None = None  # idempotency key, unique for each *by*
    origin: Mapping[str, str] = field(default_factory=dict)  # where it comes from, as its way needs it, such
    # as folder, name, size, changed of a file in a folder, or the moment of the schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """A job in the queue."""

    id: str
    order: int  # a counter's, never a clock's; a smaller one goes first
    new: NewJob
    submitted_at: str  # UTC, ISO 8601
    state: JobState
    content: Path | None  # None: a job without a file, or it is over and the content is deleted
    run_id: str | None = None  # of the run that it made or works on, as soon as that is known
    exit_code: int | None = None
    headline: str | None = None  # how it ended, in one sentence
    is_answered: bool = False  # what follows its first ending (the answer in its folder) is done
    deaths: int = 0  # how often its run died, or we with it, since a row was settled last
    settled: int = 0  # rows that had a result when it died last


def places_of(jobs: Iterable[QueuedJob]) -> dict[str, int]:
    """Return the place of each waiting job among those of its target, 1 is next; *jobs* are oldest first."""
    places: Counter[str] = Counter()
    found = {}
    for job in jobs:
        if job.state == JobState.WAITING:
            places[job.new.target] += 1
            found[job.id] = places[job.new.target]
    return found


class JobQueue(Protocol):
    """Where jobs wait."""

    def receive(self) -> AbstractContextManager[Path]:
        """Yield a folder in which the content of a job can be written; `put` takes files only from there.

        What was not put is deleted at the end, and, after a crash, at the next start.
        """

    def put(self, new: NewJob, content: Path | None, *, most: int | None = None) -> tuple[QueuedJob, bool]:
        """Take a job in; when this returns, the job survives a power cut. Return it, and whether it is new.

        With a key that is known, return the job that came first. Raise KeyReused if its content, target
        or command was another, or it cannot be read. Raise QueueFull where *most* jobs wait already; not
        for a key that is known.
        Nothing of a job is kept if this raises.
        """

    def find(self, job_id: str) -> QueuedJob | None:
        """Return a job."""

    def find_key(self, by: str | None, key: str) -> QueuedJob | None:
        """Return the job that came with an idempotency key."""

    def jobs(self) -> Sequence[QueuedJob]:
        """Return all jobs, oldest first."""

    def unreadable(self) -> Sequence[str]:
        """Return the ids of jobs that cannot be read: damaged, or of a newer version."""

    def begin(self, job_id: str, run_id: str | None = None) -> QueuedJob:
        """Note that a job is at work, and on which run; raise NotWaiting where it is over or cancelled."""

    def note_death(self, job_id: str, settled: int) -> QueuedJob:
        """Count that the run of a job died with so many rows settled: from 1 again where these are more."""

    def give_back(self, job_id: str) -> QueuedJob:
        """Let a job that is at work wait again, at its old place."""

    def end(
        self,
        job_id: str,
        *,
        run_id: str | None,
        exit_code: int | None,
        headline: str,
        has_failed: bool = False,
    ) -> QueuedJob:
        """Note how a job ended. A later ending of its run may be noted as well."""

    def note_answered(self, job_id: str, *, keep_content: bool) -> QueuedJob:
        """Note that what follows its ending is done; its content is deleted unless it must be kept."""

    def cancel(self, job_id: str) -> QueuedJob:
        """Cancel a job that waits; raise NotWaiting for any other, and where it has made a run already."""

    def remember(self, name: str, value: str) -> None:
        """Keep a text of the service under a name, such as the last moment of a schedule, durably."""

    def remember_first(self, name: str, value: str) -> bool:
        """Keep a text under a name that has none, durably; return whether it had none.

        Two who ask for the same name have different texts.
        """

    def recall(self, name: str) -> str | None:
        """Return that text."""

    def recall_all(self, beginning: str) -> Mapping[str, str]:
        """Return the texts whose names begin so, by name."""

    def forget(self, name: str) -> None:
        """Forget the text of a name, durably."""

    def delete(self, job_id: str) -> None:
        """Delete a job that is over, with its idempotency key."""
