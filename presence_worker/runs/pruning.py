"""What is old: runs and their jobs are deleted, except those that may still be needed."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

import structlog

from ..errors import Locked, PresenceWorkerError
from ..journal import Archive, KnownRun, RunRecord, id_made_ago, moment_ago
from ..queue.job_queue import OVER, JobQueue, QueuedJob
from ..run_context import RunContext
from ..run_states import JobWay, State
from ..schedule.history import forget, has_touched, history_of, to_be_brought_back

CAN_GO_ON = (State.RUNNING, State.STOPPED, State.FINISHED, State.HELD, State.PLANNED)  # with rows to send
AT_WORK = "a process works on it"
CONTINUABLE = "resume or apply may still continue it"
LATER_ONE = "an earlier run that may still be continued must not overwrite what this one wrote"
PLANNED = "it has planned absences, which `schedule` lists"
CORRECTS = "it corrects or undoes an earlier run that is kept"
MAY_FOLLOW = "a leave of it has no last day yet, or an undo may still bring one back"
OwnerOf = Callable[[KnownRun], RunContext | None]  # None: the run is not ours to judge
KeepOf = Callable[[str], float | None]  # of a target's name: seconds; None: its jobs are not ours to judge
Verdicts = dict[str, str | None]  # why a run is kept, by its name; None: it is deleted
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """The runs that are deleted, and those that are kept."""

    deleted: list[str]  # run ids, oldest first
    kept: int
    kept_though_old: dict[str, str]  # run id: why


def prune_runs(context: RunContext, owner_of: OwnerOf | None = None) -> Pruning:
    """Delete the runs that are older than storage.keep, oldest first; give what was deleted and kept.

    With several targets *owner_of* says by whose settings a run is judged; without it, by those of *context*.
    """
    archive, owner_of = context.archive, owner_of or (lambda _: context)
    archive.prepare()
    runs = archive.index.runs()
    archive.sweep(runs, spare=context.settings.storage.keep)
    awaited: set[str] = set()  # addresses at which an earlier run may still be continued
    future, verdicts = Future(context), Verdicts()
    for run, no_younger_than in _with_age(runs, archive):
        owner = owner_of(run)
        if owner is None:
            _note_others(run, awaited)
        elif no_younger_than and no_younger_than < id_made_ago(owner.settings.storage.keep):
            verdicts[run.name] = _prune(run, awaited, verdicts, future, owner)
    deleted = [name for name, why in verdicts.items() if why is None]
    return Pruning(
        deleted=deleted,
        kept=sum(1 for run in runs if owner_of(run)) - len(deleted),
        kept_though_old={name: why for name, why in verdicts.items() if why is not None},
    )


def _with_age(runs: Sequence[KnownRun], archive: Archive) -> Iterator[tuple[KnownRun, str]]:
    """Yield the runs, oldest first, each with an id that it is as old as; "" where that is not known.

    No run is older than one that began before it, whatever the clock said. A run from the future is as old
    as the one before it.
    """
    now, newest = id_made_ago(0), ""
    for run in reversed(runs):
        if archive.is_ours(run.folder):
            newest = max(newest, run.name) if run.name < now else newest
            yield run, newest


def _note_others(run: KnownRun, awaited: set[str]) -> None:
    """Note in *awaited* a run of another target that may be continued, and overwrite what ours wrote."""
    if not run.fault and run.to_send and run.record.state in CAN_GO_ON:
        awaited.add(run.record.target)


class Future:
    """Owns the planned absences of each target, read when they are first needed."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self._needed: dict[str, dict[str, str]] = {}

    def needs(self, run: RunRecord) -> str | None:
        """Return why a run is needed: for its planned absences, or for those that it has changed; or None."""
        if run.target not in self._needed:
            self._needed[run.target] = self._find_out(replace(self.context, target=run.target))
        return self._needed[run.target].get(run.run_id)

    def _find_out(self, context: RunContext) -> dict[str, str]:
        """Return the runs that are needed, with why; note in the others that later ones replace them."""
        history = history_of(context.archive.index.runs(context.target), context)
        forget(history, context)
        entries = [entry for entries in history.to_come.values() for entry in entries]
        may_return = to_be_brought_back(history, context.day)
        undoable = [run_id for entry, taker in may_return for run_id in (entry.run_id, taker)]
        touched = [past.run_id for past in history.pasts if has_touched(past, history)]
        listed = [entry.run_id for entry in entries if entry.ends or not entry.may_hold]
        return dict.fromkeys([*undoable, *(entry.run_id for entry in entries)], MAY_FOLLOW) | dict.fromkeys(
            [*touched, *listed], PLANNED
        )


def _prune(
    run: KnownRun, awaited: set[str], verdicts: Verdicts, future: Future, owner: RunContext
) -> str | None:
    """Delete one old run, or return why it was kept."""
    try:
        why = _why_kept(run, awaited, verdicts, future, owner)
        if why is None:
            owner.archive.delete(run.folder)
    except Locked:
        return AT_WORK
    except (PresenceWorkerError, OSError, sqlite3.Error, ValueError) as error:  # of a damaged file
        why = f"it cannot be read or deleted: {error}"
        log.error("run.not_deleted", run_id=run.name, detail=why)  # noqa: TRY400 - the reason says all
    return why


def _why_kept(
    run: KnownRun, awaited: set[str], verdicts: Verdicts, future: Future, owner: RunContext
) -> str | None:
    """Return why an old run must stay, or None; note in *awaited* what that means for the runs after it."""
    record = run.record
    if _may_go_on(run, owner) and run.to_send and record.state in CAN_GO_ON:
        awaited.add(record.target)
        return CONTINUABLE
    if _has_days(record) and (why := future.needs(record)):
        return why
    if any(map(verdicts.get, run.follows)):  # else rows that it has done would be open again
        return CORRECTS
    return LATER_ONE if record.target in awaited and _has_a_say(run) else None


def _may_go_on(run: KnownRun, context: RunContext) -> bool:
    return run.name >= id_made_ago(context.settings.safety.max_resume_age)


def _has_days(record: RunRecord) -> bool:
    """Return whether something can be to come of a run; without, nothing is written to find out."""
    return bool(record.input.dated or record.input.scheduled)


def _has_a_say(run: KnownRun) -> bool:
    """Return whether a run has written, or withdrawn, what an earlier one may still ask for."""
    with closing(run.open_journal()) as journal:
        results, withdrawn = journal.results, journal.dated.days_withdrawn()
        return any(
            True for _ in chain(results.associates_written(), results.associates_unchanged(), withdrawn)
        )


# -- jobs of the queue ---------------------------------------------------------------------------------------


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
