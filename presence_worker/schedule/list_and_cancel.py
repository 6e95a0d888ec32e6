"""The planned absences of a target's earlier jobs: listed, and cancelled."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..errors import RunFault
from ..journal import Lease, ScheduledResult
from ..json_form import FLAT
from ..manual_pages import ManualPage
from ..model import Result
from ..run_context import RunContext
from ..run_states import Kind
from .due_rows import due_on
from .entries import Entry, Schedule
from .history import read_schedule
from .replay import carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledLeave:
    """A row with something still planned, without its message."""

    id: str
    associate_id: int
    identity: str | None
    status: str
    starts: date | None
    ends: date | None

    @classmethod
    def of(cls, entry: Entry) -> "ScheduledLeave":
        """Return what is listed of an entry."""
        return cls(
            id=entry.id,
            associate_id=entry.associate_id,
            identity=entry.identity,
            status=entry.wanted.status,
            starts=entry.starts,
            ends=entry.ends,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledStep:
    """What comes next of it."""

    leave: ScheduledLeave = field(metadata=FLAT)
    next: Kind
    on: date  # on which the next run does it


def list_schedule(context: RunContext) -> list[ScheduledStep]:
    """Return what is still planned, soonest first."""
    to_come = read_schedule(context.archive.index.runs(context.target), context)
    found = [step for entries in to_come.values() for step in _steps(entries, context.day)]
    return sorted(found, key=lambda step: (step.on, step.leave.associate_id, step.leave.id))


def cancel_schedule(ids: Sequence[str], context: RunContext) -> list[ScheduledLeave]:
    """Cancel what is still planned of the rows called so; return them. All of them, or none.

    Raise RunFault for an id that names nothing to come.
    """
    context.archive.prepare()
    with context.hold_target() as lease:
        to_come = read_schedule(context.archive.index.runs(context.target), context)
        entries = {entry.id: entry for each in to_come.values() for entry in each}
        strangers = [each for each in ids if each not in entries]
        if strangers:
            raise RunFault(
                f"{', '.join(strangers)}: no planned absence has this ID; nothing was cancelled",
                next=context.command("schedule"),
                page=ManualPage.LEAVE_AND_DATES,
            )
        named = [entries[each] for each in dict.fromkeys(ids)]
        closed = {each.id: each for entry in named for each in _together(entry, to_come)}.values()
        for run_id in {entry.run_id for entry in closed}:
            _close(run_id, [e.row for e in closed if e.run_id == run_id], lease, context)
        return [ScheduledLeave.of(entry) for entry in named]


def _together(entry: Entry, to_come: Schedule) -> Iterable[Entry]:
    """Return what ends with an entry: a return is made after the last of the leaves that have begun."""
    if entry.is_open or not entry.may_hold:
        return [entry]
    return [each for each in to_come[entry.associate_id] if each.has_begun]


def _close(run_id: str, rows: Sequence[int], lease: Lease, context: RunContext) -> None:
    with closing(context.archive.open_journal(run_id)) as journal:
        with journal.transaction():
            journal.dated.close_rows(rows)
        lease.save(journal)


def _steps(entries: Sequence[Entry], today: date) -> Iterator[ScheduledStep]:
    """Yield what is planned for an associate, and when, as long as nothing else happens.

    The return from a leave is listed once it has begun.
    """
    has_begun = any(entry.has_begun and entry.is_away for entry in entries)
    doubles = [entry for entry in entries if entry.is_open]
    for day in _days(entries, today):
        for due in due_on({0: entries}, day):
            entry = due.entry
            if due.kind is Kind.START or has_begun:
                yield _step(entry, due.kind, day)
            if due.kind is Kind.START:
                alike = [each for each in doubles if each != entry and each.period == entry.period]
                yield from (_step(each, due.kind, day) for each in alike)
                doubles = [each for each in doubles if each not in [entry, *alike]]
            done = ScheduledResult(
                entry.associate_id, entry.run_id, entry.row, due.kind, Result.UPDATED, None
            )
            entries = list(carry_out(entries, done, day))


def _step(entry: Entry, kind: Kind, day: date) -> ScheduledStep:
    return ScheduledStep(leave=ScheduledLeave.of(entry), next=kind, on=day)


def _days(entries: Iterable[Entry], today: date) -> list[date]:
    """Return the days on which something can be due, from *today* on."""
    starts = {entry.starts for entry in entries if entry.starts}
    returns = {entry.ends + timedelta(days=1) for entry in entries if entry.ends}
    return sorted({today, *(day for day in starts | returns if day > today)})
