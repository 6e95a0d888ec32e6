"""What follows when a job ends: that is the end of it, it waits, its run goes on, or a person must act."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from ..errors import ExitCode
from ..queue.job_queue import JobState, QueuedJob
from ..report.target_state import find_source
from ..run_states import State

US = "the service, because it ends"  # in the message of a run that we stopped


class Stopper(Enum):
    """Who stopped a run."""

    SERVICE = auto()  # which ends itself
    PERSON = auto()


class JobTrouble(StrEnum):
    """What keeps the jobs of a target waiting."""

    CONFIGURATION = "configuration"
    CREDENTIALS = "credentials"
    DISK = "disk"
    DATABASE = "database"  # that several machines share
    BUSY = "busy"  # another program works on the target


class Then(Enum):
    """What follows."""

    END = auto()
    END_AND_PAUSE = auto()  # and the next jobs of the target wait for other credentials
    WAIT = auto()  # the job waits again; it is not used up
    LEAVE = auto()  # as it is: after the next start it goes on, before the jobs that wait
    GO_ON = auto()  # its run is resumed now
    FAIL = auto()
    DROP = auto()  # another machine works on it by now: nothing is noted here, and nothing is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnding:
    """How a job ended, or why it could not begin."""

    exit_code: int
    headline: str
    run_id: str | None = None
    state: State | None = None  # of its run; None: there is none, or it stays as it was
    trouble: JobTrouble | None = None  # what has to be put right first
    is_lost: bool = False  # another machine works on the target by now


def what_follows(ending: JobEnding, *, stopped_by: Stopper | None, deaths: int, tries: int) -> Then:
    """Return what follows the ending of a job; *deaths* of its run came since a row was settled last."""
    if ending.is_lost:
        return Then.DROP
    if ending.trouble is JobTrouble.DATABASE and stopped_by is Stopper.SERVICE:
        return Then.LEAVE
    if ending.trouble is JobTrouble.CREDENTIALS:
        return Then.END_AND_PAUSE
    if ending.trouble or ending.exit_code == ExitCode.LOCKED:
        return Then.WAIT
    match ending.exit_code:
        case ExitCode.CRASHED:
            return Then.FAIL if deaths > tries else Then.GO_ON
        case ExitCode.INTERRUPTED | ExitCode.TERMINATED if stopped_by is Stopper.SERVICE:
            return Then.LEAVE if ending.state else Then.WAIT
        case _:
            return Then.END


def has_failed_without_run(job: QueuedJob) -> bool:
    """Return whether a job failed and nothing of it is in a run: only the queue knows of it."""
    return job.state is JobState.FAILED and job.run_id is None


def find_lost_jobs(jobs: Sequence[QueuedJob]) -> list[QueuedJob]:
    """Return those of *jobs*, oldest first, that failed without a run and wait for a person; newest first.

    One waits no more when a later job of the same target, with a file from the same source, has a run.
    """
    later, found = set[tuple[str, str, str]](), list[QueuedJob]()
    for job in reversed(jobs):
        new = job.new
        source = find_source(new.file_name, None) if new.file_name else new.sha256 or new.run_id or ""
        key = (new.target, new.command, source)
        if job.state is JobState.ENDED and job.run_id:
            later.add(key)
        elif has_failed_without_run(job) and key not in later:
            found.append(job)
    return found
