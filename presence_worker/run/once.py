"""A job of the queue gets one run, whatever is killed when: asked while the target is held."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import AlreadyBegun
from ..journal import JobInput, Journal, KnownRun
from ..run_context import RunContext
from ..run_states import JobOfRun
from .staging import storable


def check_not_begun(context: RunContext, runs: Sequence[KnownRun] | None = None) -> None:
    """Raise AlreadyBegun if one of the *runs* has the job already; None: list them. Hold the target."""
    job = context.job
    if job is None:
        return
    for run in context.archive.index.runs(context.target) if runs is None else runs:
        if run.text and job.id in run.text and has_job(run.record.input, job.id):
            raise AlreadyBegun(run.name)


def has_job(known: JobInput, job_id: str) -> bool:
    """Return whether a job of the queue made a run, or went on with it."""
    return any(job.id == job_id for job in known.jobs)


def name_job(known: JobInput, context: RunContext) -> JobInput:
    """Return what a new run knows of its job, with what the queue says of that."""
    if context.job is None:
        return known
    name = Path(known.name).name if context.file_name is None else storable(context.file_name)
    return replace(known, name=name, jobs=(context.job,))


def job_to_note(journal: Journal, context: RunContext) -> JobOfRun | None:
    """Return the job that goes on with a run, unless the run has it already."""
    job = context.job
    return job if job and not has_job(journal.run().input, job.id) else None
