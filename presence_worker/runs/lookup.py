"""Runs of earlier nights: finding the right one, and the reasons to leave it alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Protocol

import structlog

from ..clock import is_from_the_future
from ..errors import ExitCode, PresenceWorkerError, RunFault, StateFault
from ..journal import LAST, Ending, Journal, KnownRun, RunRecord, run_lock
from ..model import Presence
from ..report import may_begin_again
from ..report.headline import message_of
from ..run_context import RunContext
from ..run_states import Intent, State, Step
from ..wording import plain_duration
from .corrected_rows import CorrectedRuns

DIED = "the program ended before the run did (killed, crashed, or the machine went down)"
CAN_BE_CONTINUED = (State.STOPPED, State.FINISHED, State.RUNNING)  # running: its process died
PAGE = 500  # rows
GLANCE = 1.0  # seconds for a process that lists or reports runs to release one
log = structlog.get_logger()


@contextmanager
def earlier_run(folder: Path, context: RunContext, *, patience: float = 0.0) -> Iterator[Journal]:
    """Hold and open a run; one whose program died becomes stopped.

    Raise Locked where it is still at work after *patience* seconds.
    """
    with run_lock(folder, patience=patience):
        journal = context.archive.open_journal(folder.name, is_held=True)
        try:
            if journal.run().state == State.RUNNING:
                journal.check()
                _note_death(journal, folder, context)
            yield journal
        finally:
            journal.close()


def _note_death(journal: Journal, folder: Path, context: RunContext) -> None:
    known = journal.run().next  # with the options of the command that died
    with journal.transaction():
        words = message_of(journal, State.STOPPED, DIED)
        way_on = known or context.command("resume", folder.name)
        journal.save_ending(Ending(State.STOPPED, ExitCode.CRASHED, words, way_on))


def choose(name: str | None, context: RunContext) -> Path:
    """Return the folder of the run called *name*, for a command that works on the target.

    `last` is the newest run of the target. Without a name it is the newest that can be continued, else the
    newest. A run cannot if all its rows to send came back in a later run. Raise UsageFault for none.
    """
    if name:
        return find_run(name, context)
    every = context.archive.index.runs(context.target)
    runs, later = list(runs_of_target(every, context)), CorrectedRuns(every)
    if not runs:
        raise _no_run(context)
    left = (run.folder for run in runs if can_be_continued(run) and later.leaves_to_resume(run))
    return next(left, runs[0].folder)


def can_be_continued(run: KnownRun) -> bool:
    """Return whether `resume` has something to send of a run that no process works on."""
    return run.to_send > 0 and run.record.state in CAN_BE_CONTINUED


def find_run(name: str, context: RunContext) -> Path:
    """Return the folder of the run called *name*, whatever its target; raise UsageFault unless it is one.

    `last` is the newest run of the configured target; where none is configured, the newest of all.
    """
    if name == LAST and context.target:
        return _last(context)
    try:
        return context.archive.find(name)
    except RunFault as fault:
        raise RunFault(str(fault), next=context.command("runs")) from None


def _last(context: RunContext) -> Path:
    """Return the target's newest run; one that cannot be read may be it, and raises its fault."""
    runs = context.archive.index.runs(context.target)
    last = next((run for run in runs if is_of_target(run.record, context)), None)
    if last is None:
        raise _no_run(context)
    return last.folder


def _no_run(context: RunContext) -> RunFault:
    words = f"{context.target_name or context.target} has no run yet in {context.archive.runs}"
    return RunFault(words, next=context.command("runs"))


def last_finished(runs: Iterable[KnownRun], context: RunContext) -> RunRecord | None:
    """Return the target's newest finished run of a whole job; None where there is none."""
    return next(list_finished_jobs(runs, context), None)


def last_credible(runs: Iterable[KnownRun], context: RunContext) -> RunRecord | None:
    """Return the newest such run that does not begin later than now: its clock says how long ago it began."""
    now, jobs = datetime.now(UTC), list_finished_jobs(runs, context)
    return next((job for job in jobs if not is_from_the_future(job.created_at, now)), None)


def list_finished_jobs(runs: Iterable[KnownRun], context: RunContext) -> Iterator[RunRecord]:
    """Yield the target's finished runs of whole jobs, newest first: no undo, no failed.csv sent again."""
    for run in runs_of_target(runs, context):
        record = run.record
        if record.state == State.FINISHED and is_job(record):
            yield record


def is_job(record: RunRecord) -> bool:
    """Return whether a run has a file of its own: it undoes nothing, and is not a failed.csv sent again."""
    return record.intent != Intent.UNDO and bool(record.input.name) and not record.input.came_back


def is_plan(record: RunRecord) -> bool:
    """Return whether a run is a plan of which nothing has been applied."""
    is_waiting = record.state in (State.PLANNED, State.HELD, State.REFUSED)
    return record.intent == Intent.PLAN and (is_waiting or record.step == Step.READ)


def runs_of_target(runs: Iterable[KnownRun], context: RunContext) -> Iterator[KnownRun]:
    """Yield those of the *runs* that are the target's; log and pass over those that cannot be read."""
    for run in runs:
        if run.fault:
            log.warning("run.unreadable", earlier=run.name, detail=str(run.fault))
        elif is_of_target(run.record, context):
            yield run


class OfTarget(Protocol):
    """What is for a target: a run as its journal has it, or its summary."""

    @property
    def target(self) -> str | None:
        """The root of the service."""

    @property
    def target_name(self) -> str | None:
        """The name of the target in the configuration."""


def is_of_target(record: OfTarget, context: RunContext) -> bool:
    """Return whether a run is of the configured target; one from before targets had names goes by address.

    Several targets may lead to one SuperOffice, each with its own file.
    """
    names = (None, context.target_name)
    same_name = context.target_name is None or record.target_name in names
    return record.target == context.target and same_name


def check_target(journal: Journal, context: RunContext) -> None:
    """Raise UsageFault for a run of another target: what was meant for one must not reach the other."""
    run = journal.run()
    if is_of_target(run, context):
        return
    if run.target == context.target:
        words = f"run {run.run_id} is for the target {run.target_name}, not for {context.target_name}"
        raise RunFault(words, next=context.command("runs"))
    words = f"run {run.run_id} is for {run.target}, but the configured target is {context.target}"
    if run.state == State.STOPPED and may_begin_again(journal):
        words += ". No row was changed there. If that address was wrong, run the file again"
    raise RunFault(words, next=context.command("runs"))


def check_age(run: RunRecord, command: str, context: RunContext) -> None:
    """Raise UsageFault for a run so old that people have come and gone since."""
    age = (datetime.now(UTC) - datetime.fromisoformat(run.created_at)).total_seconds()
    oldest = context.settings.safety.max_resume_age
    if age > oldest:
        raise RunFault(
            f"run {run.run_id} is {plain_duration(age)} old, more than safety.max_resume_age "
            f"({plain_duration(oldest)}). Its rows may be out of date. "
            "If they are still right, add --any-age",
            next=context.command(command, run.run_id, "--any-age"),
        )


def find_overtaken(journal: Journal, later: Iterable[KnownRun], context: RunContext) -> frozenset[int]:
    """Return the associates of a run for whom a *later* run of the same target speaks.

    It has written them, or found what it wanted there, and that is something else than this run wants.
    Raise UsageFault where a later run cannot be read: what it has written is not known.
    """
    run = journal.run()
    found = [each for each in later if _is_of(run.target, each, context)]
    wanted = {wish.associate_id: wish.wanted for wish in journal.rows.each_pending(PAGE)} if found else {}
    return frozenset(person for each in found for person in _associates_of(each, wanted, context))


def earlier_than(run_id: str, runs: Sequence[KnownRun]) -> Sequence[KnownRun]:
    """Return those of all *runs*, newest first, that began before the one called *run_id*."""
    places = (place for place, run in enumerate(runs, 1) if run.name == run_id)
    return runs[next(places, 0) :]  # one that is not staged yet is the newest


def later_than(run_id: str, runs: Sequence[KnownRun]) -> Sequence[KnownRun]:
    """Return those of all *runs*, newest first, that began later than the one called *run_id*."""
    return list(takewhile(lambda run: run.name != run_id, runs))


def _is_of(target: str, later: KnownRun, context: RunContext) -> bool:
    try:
        return later.record.target == target
    except PresenceWorkerError as fault:
        raise _unreadable(later, fault, context) from None


def _associates_of(later: KnownRun, wanted: Mapping[int, Presence], context: RunContext) -> list[int]:
    try:
        with closing(later.open_journal()) as journal:
            found = [
                person
                for person, has in journal.results.associates_unchanged()
                if has != wanted.get(person, has)
            ]
            return [*journal.results.associates_written(), *found]
    except PresenceWorkerError as fault:
        raise _unreadable(later, fault, context) from None


def _unreadable(later: KnownRun, fault: PresenceWorkerError, context: RunContext) -> StateFault:
    return StateFault(
        f"run {later.name} came later and may have set the same users, but {fault}. "
        f"If you know that it did not, move {later.folder} away and run this again",
        next=context.command("runs"),
    )
