"""The earlier runs of a target, as far as something of them is still planned."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import structlog

from ..errors import PresenceWorkerError, StateFault
from ..journal import UNSETTLED, Journal, KnownRun, RunRecord
from ..model import Period, Reason, Result, Verdict
from ..run_context import RunContext
from ..run_states import Intent, State, Step
from .entries import Entry, Past, Schedule
from .replay import find_taken_back, follow, take_back

log = structlog.get_logger()
NEVER_SENT = (State.PLANNED, State.HELD, State.REFUSED)


class History(NamedTuple):
    """What is planned, and the runs that it follows from."""

    pasts: Sequence[Past]  # oldest first; those that nothing follows from any more may be missing
    to_come: Schedule
    taken_back: Sequence[tuple[Entry, str]]  # what files have taken back, and the run that did it


def read_schedule(runs: Iterable[KnownRun], context: RunContext) -> Schedule:
    """Return what is planned after those of the *runs*, newest first, that are the target's.

    Raise StateFault where something is planned, and a run cannot be read that may have changed it.
    """
    return history_of(runs, context).to_come


def history_of(runs: Iterable[KnownRun], context: RunContext) -> History:
    """Return what is planned with the runs it follows from; raise StateFault as `read_schedule` does."""
    faults: list[StateFault] = []
    pasts = list(_pasts(runs, context, faults))[::-1]
    to_come: Schedule = {}
    places = {past.run_id: place for place, past in enumerate(pasts)}
    earlier: list[Schedule] = []  # what was to come before each of them
    taken: list[tuple[Entry, str]] = []
    for place, past in enumerate(pasts):
        earlier.append(to_come)
        undone = places.get(past.undoes or "")
        if undone is None:
            taken += ((entry, past.run_id) for entry in find_taken_back(to_come, past))
            to_come = follow(to_come, past)
        else:
            to_come = take_back(to_come, pasts[undone], earlier[undone], pasts[undone + 1 : place])
    if to_come and faults:
        raise faults[0]
    return History(pasts, to_come, taken)


def forget(history: History, context: RunContext) -> None:
    """Note in each run what nothing follows from any more, so that no later run has to find that out again.

    Later runs may then be deleted, and a run that has nothing to say any more is not read again. What was
    taken back is not forgotten before its last day: an undo may still bring it back.
    """
    may_return = to_be_brought_back(history, context.day)
    entries = [entry for entries in history.to_come.values() for entry in entries]
    entries += (entry for entry, _ in may_return)
    needed = {run_id for _, run_id in may_return}
    all_noted = True  # in the older ones
    for past in history.pasts:
        alive = {entry.row for entry in entries if entry.run_id == past.run_id}
        waits = {row.row for row in past.dated if row.result in UNSETTLED}  # `resume` may still send it
        over = [row.row for row in past.dated if row.row not in alive | waits]
        is_over = not (alive or waits or past.run_id in needed or has_touched(past, history))
        if over or (is_over and all_noted):
            is_noted = _note(past.run_id, over, context, is_over=is_over and all_noted)
            all_noted = all_noted and is_noted


def to_be_brought_back(history: History, day: date) -> list[tuple[Entry, str]]:
    """Return what an undo may still bring back, with the run that has taken it back."""
    return [(entry, run_id) for entry, run_id in history.taken_back if entry.ends and entry.ends >= day]


def has_touched(past: Past, history: History) -> bool:
    """Return whether a run has changed something still planned that an older one had asked for."""
    older = set(takewhile(lambda run_id: run_id != past.run_id, (each.run_id for each in history.pasts)))
    return any(entry.run_id in older for person in past.persons for entry in history.to_come.get(person, ()))


def _note(run_id: str, over: Sequence[int], context: RunContext, *, is_over: bool) -> bool:
    """Note what is over in a run; return whether that worked.

    Where it did not, no later run is over either: it may have ended what the older one still asks for.
    """
    try:
        journal = context.archive.open_journal(run_id)
        with closing(journal):
            with journal.transaction():
                journal.dated.close_rows(over)
                journal.save_input(replace(journal.run().input, over=is_over))
            return context.archive.keep(journal)
    except PresenceWorkerError as error:  # such as a run that has been made read-only: it is read again
        log.warning("run.not_noted", earlier=run_id, detail=str(error))
        return False


def find_withdrawn(journal: Journal, later: Sequence[KnownRun], context: RunContext) -> list[Verdict]:
    """Return a verdict for each row of a run whose days a *later* run of the same target has withdrawn.

    Raise StateFault where a later run cannot be read.
    """
    run, asked = journal.run(), list(journal.dated.days_asked())
    known = [each for each in later if not each.fault] if asked else []
    undone = {each.record.undoes for each in known}
    withdrawn = {
        days
        for each in known
        if each.record.target == run.target and each.record.run_id not in undone and has_sent(each.record)
        for days in _read_withdrawn(each, context)
    }
    found = [row for row, person, period in asked if (person, period) in withdrawn]
    words = "a later run has withdrawn these days"
    return [Verdict(row, Result.SKIPPED, Reason.WITHDRAWN, words) for row in found]


def _read_withdrawn(known: KnownRun, context: RunContext) -> list[tuple[int, Period]]:
    if not known.record.input.dated:
        return []
    try:
        with closing(known.open_journal()) as journal:
            return [
                (person, each) for person, days in journal.dated.days_withdrawn().items() for each in days
            ]
    except PresenceWorkerError as fault:
        raise _unreadable(known.folder, fault, context) from None


def past_of(journal: Journal) -> Past:
    """Return what a run has asked for, as the journal knows it at the moment."""
    run = journal.run()
    return Past(
        run_id=run.run_id,
        day=run.input.day or date.min,  # older ones ask for nothing: see `has_sent`
        target_name=run.target_name,
        covers_everyone=covers_everyone(run),
        came_back=run.input.came_back,
        named=dict(journal.dated.mentions()),
        dated=list(journal.dated.all()),
        scheduled=list(journal.dated.follow_ups()),
        withdrawn=journal.dated.days_withdrawn(),
        undoes=run.undoes,
    )


def covers_everyone(run: RunRecord) -> bool:
    """Return whether a run's file lists the absences of everyone; one without days lists none."""
    return run.settings.covers_everyone and run.input.dated and not run.input.came_back


def _pasts(runs: Iterable[KnownRun], context: RunContext, faults: list[StateFault]) -> Iterator[Past]:
    """Yield what the target's runs have sent, newest first, down to one before which nothing was to come.

    Runs that cannot be read are passed over, and said in *faults*.
    """
    for known in runs:
        try:
            run = known.record
            if run.target != context.target:
                continue
            if has_sent(run) and not run.input.over:
                yield _read_past(known)
        except PresenceWorkerError as fault:
            faults.append(_unreadable(known.folder, fault, context))
        else:
            if _began_with_nothing(run):
                return


def _read_past(known: KnownRun) -> Past:
    with closing(known.open_journal()) as journal:
        return past_of(journal)


def _unreadable(folder: Path, fault: PresenceWorkerError, context: RunContext) -> StateFault:
    return StateFault(
        f"run {folder.name} may have changed planned absences, but {fault}. "
        f"If you know that it did not, move {folder} away and run this again",
        next=context.command("runs"),
    )


def has_sent(run: RunRecord) -> bool:
    """Return whether a run was to be sent; a plan, or what a limit held, is not before it is applied."""
    if run.input.day is None:
        return False  # written before rows had days
    return run.state not in NEVER_SENT and not (run.intent == Intent.PLAN and run.step != Step.SEND)


def _began_with_nothing(run: RunRecord) -> bool:
    """Return whether nothing of an older run, nor of this one, can be to come."""
    return run.input.day is None or run.input.pending is False
