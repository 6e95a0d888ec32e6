"""A short digest of what decides what may be done with a run: it says whether the run has moved."""

import hashlib

import orjson

from ..errors import ExitCode, RunFault, RunMoved
from ..journal import Journal, KnownRun, RunRecord
from ..run_context import RunContext
from ..run_states import State

LENGTH = 16  # hex digits


def fingerprint_of(run_id: str, context: RunContext) -> str:
    """Return the fingerprint of a run; raise RunFault where there is none of this id."""
    for run in context.archive.index.runs():
        if run.name == run_id:
            return fingerprint(run)
    raise RunFault(f"{run_id}: no such run", next=context.command("runs"))


def fingerprint(run: KnownRun) -> str:
    """Return the fingerprint of a run that is listed; raise the fault where its journal cannot be read."""
    return _digest(run.record, run.to_send)


def check_unmoved(journal: Journal, context: RunContext) -> None:
    """Raise RunMoved where a run is no longer as it was seen; hold its target."""
    if context.seen is None:
        return
    record = journal.run()
    if _digest(record, journal.results.to_send()) != context.seen:
        raise RunMoved(
            f"run {record.run_id} has changed since you saw it; read it again, then decide",
            next=context.command("report", record.run_id),
        )


def _digest(record: RunRecord, to_send: int) -> str:
    """Return the digest. A run whose program died has the same one before and after that is noted."""
    state, exit_code, endings = record.state, record.exit_code, record.endings
    if state == State.RUNNING:
        state, exit_code, endings = State.STOPPED, ExitCode.CRASHED, endings + 1
    known = [record.run_id, str(state), record.step, endings, exit_code, to_send]
    return hashlib.sha256(orjson.dumps(known)).hexdigest()[:LENGTH]
