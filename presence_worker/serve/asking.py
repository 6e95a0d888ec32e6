"""What a person asks of a run: whether it can be done now, to the run as the person saw it."""

from collections.abc import Iterable
from typing import NamedTuple

from ..errors import PresenceWorkerError, RunFault
from ..journal import KnownRun
from ..queue.job_queue import OPEN, JobQueue, NewJob, QueuedJob
from ..run_states import JobCommand, JobWay, State
from ..runs.fingerprint import fingerprint
from ..runs.lookup import CAN_BE_CONTINUED, is_of_target
from .served_targets import LoadedTargets

STATES = {
    JobCommand.APPLY: (State.HELD, State.PLANNED),
    JobCommand.RESUME: CAN_BE_CONTINUED,
    JobCommand.UNDO: (State.FINISHED, State.STOPPED),
}


class Conflict(PresenceWorkerError):
    """The run has moved since it was seen, or its state does not allow what is asked for."""


class RunRequest(NamedTuple):
    """What a person asks of a run."""

    command: JobCommand
    run_id: str
    seen: str  # the fingerprint of the run, as the person saw it
    by: str | None  # the token's name


def queue_request(asked: RunRequest, queue: JobQueue, loaded: LoadedTargets) -> QueuedJob:
    """Queue what is asked for. Raise Conflict where that cannot be done, RunFault for no such run."""
    runs = loaded.common.archive.index.runs()
    run = next((run for run in runs if run.name == asked.run_id), None)
    if run is None:
        raise RunFault(f"{asked.run_id}: no such run")
    if run.fault:
        raise Conflict(str(run.fault))
    check_request(asked, run, queue.jobs())
    new = NewJob(
        target=_find_target(run, loaded),
        command=asked.command,
        way=JobWay.HTTP,
        by=asked.by,
        label=run.record.input.label,
        run_id=run.name,
        seen=asked.seen,
    )
    return queue.put(new, None)[0]


def check_request(asked: RunRequest, run: KnownRun, jobs: Iterable[QueuedJob]) -> None:
    """Raise Conflict where the run has moved, its state does not allow it, or a job of it waits or works."""
    if fingerprint(run) != asked.seen:
        raise Conflict(f"run {run.name} has changed since you saw it; read it again, then decide")
    state = run.record.state
    has_rows = asked.command is JobCommand.UNDO or run.to_send > 0
    if state not in STATES.get(asked.command, ()) or not has_rows:
        raise Conflict(f"run {run.name} is {state}; `{asked.command}` is not possible now")
    for job in jobs:
        if job.state in OPEN and run.name in (job.run_id, job.new.run_id):
            raise Conflict(f"job {job.id} of run {run.name} waits or is at work already")


def _find_target(run: KnownRun, loaded: LoadedTargets) -> str:
    record = run.record
    for name, context in loaded.each.items():
        if is_of_target(record, context):
            return name
    raise Conflict(f"the target of run {run.name} is not in the configuration, or its file is broken")
