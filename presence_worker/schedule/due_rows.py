"""Rows that no file brought: what is due today of what earlier runs have read."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from typing import NamedTuple

from ..journal import DroppedEntry, Journal, Scheduled
from ..model import PRESENT, Period, Presence, Reason, Result, Row
from ..run_states import Kind, Step
from ..settings import Settings
from .entries import Entry, Past, Schedule, first_day, latest
from .history import past_of
from .replay import find_dropped, follow

TAKE_BACK = "cancel it with `schedule cancel` if it is not wanted any more"
MOST_DROPPED = 1000  # listed; their number is of all


class Due(NamedTuple):
    """Something to do on a day."""

    entry: Entry
    kind: Kind
    expected: Presence | None  # what must still be there; None: whatever is there


def due_after(schedule: Schedule, past: Past) -> Iterator[Due]:
    """Yield what to do on the day of a run that is staged, where *schedule* was planned before it.

    Nothing is due for those whom its own file asks to be set.
    """
    asked = {row.associate_id for row in past.dated if row.result == Result.NOT_SENT}
    yield from (
        due for due in due_on(follow(schedule, past), past.day) if due.entry.associate_id not in asked
    )


def due_on(schedule: Schedule, day: date) -> Iterator[Due]:
    """Yield what to do on *day*, by associate: at most one thing for each.

    Of leaves that overlap the one with the later first day counts, as long as it lasts. Then the other one
    counts again, but only while the associate still has what was set last. No user returns on whose schedule
    anything is due that day.
    """
    for person in sorted(schedule):
        entries = schedule[person]
        newest = latest(entry for entry in entries if entry.is_due(day))
        held = [entry for entry in entries if entry.may_hold and entry is not newest]
        if newest and (newest.is_open or not newest.may_hold):
            last = latest(held)
            comes_again = last is not None and first_day(last) >= first_day(newest)
            yield Due(newest, Kind.START, last.wanted if last and comes_again else None)
        elif not newest and (last := latest(entry for entry in held if entry.is_away)):
            alike = [entry for entry in held if entry.wanted.same_as(last.wanted)]
            yield Due(last_of(alike), Kind.RETURN, last.wanted)


def last_of(entries: Iterable[Entry]) -> Entry:
    """Return the one that ends last."""
    return max(entries, key=lambda entry: entry.ends or date.max)


def add_due(journal: Journal, earlier: Schedule, settings: Settings) -> int:
    """Add what is due today, where *earlier* was to come before this run; give the number of rows.

    Call it inside a transaction.

    Whom the file names must be known by now. What is made only while the associate still has what was set,
    such as a return, needs to be read first.
    """
    run = journal.run()
    due, gone = _find_due(journal, earlier) if earlier else ([], [])
    first = run.input.rows + 1
    journal.dated.add(_row(number, each, settings) for number, each in zip(count(first), due, strict=False))
    journal.save_input(
        replace(
            run.input,
            rows=run.input.rows + len(due),
            scheduled=len(due),
            pending=bool(earlier) or run.input.dated,
            dropped=tuple(_drop_entry(entry, why) for entry, why in gone[:MOST_DROPPED]),
            dropped_rows=len(gone),
        )
    )
    if any(each.expected for each in due):
        journal.save_step(Step.READ)
    return len(due)


def _find_due(journal: Journal, earlier: Schedule) -> tuple[list[Due], list[tuple[Entry, str]]]:
    past = past_of(journal)
    return list(due_after(earlier, past)), list(find_dropped(earlier, past))


def _drop_entry(entry: Entry, why: str) -> DroppedEntry:
    return DroppedEntry(
        id=entry.id,
        associate_id=entry.associate_id,
        identity=entry.identity,
        status=entry.wanted.status,
        starts=_iso(entry.starts),
        ends=_iso(entry.ends),
        why=why,
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _row(number: int, due: Due, settings: Settings) -> tuple[Row, Scheduled]:
    entry, returns = due.entry, due.kind is Kind.RETURN
    status = PRESENT if returns else entry.wanted.status
    fault = _fault(entry.associate_id, status, settings)
    row = Row(
        row=number,
        line=None,
        associate_id=entry.associate_id,
        identity=entry.identity,
        status=status,
        message="" if returns else entry.wanted.message,
        cells="[]",
        result=fault and Result.INVALID,
        reason=fault and fault[0],
        detail=fault[1] if fault else None,
        period=Period(entry.starts, entry.ends),
    )
    return row, Scheduled(number, entry.run_id, entry.row, due.kind, due.expected)


def _fault(associate_id: int, status: str, settings: Settings) -> tuple[Reason, str] | None:
    """Return why what is due must not be sent any more, or None."""
    if associate_id in settings.safety.protected_ids:
        return Reason.PROTECTED, f"user {associate_id} is in safety.protected_ids; {TAKE_BACK}"
    if status not in settings.input.allowed_statuses:
        return Reason.STATUS_NOT_ALLOWED, f"{status} is not in input.allowed_statuses; {TAKE_BACK}"
    return None


def find_unread_returns(journal: Journal) -> Iterator[int]:
    """Yield the rows that expect something of an associate of whom it is not known what they hold now."""
    for wish in journal.rows.each_pending(500):
        known = wish.before and (wish.knows_comment or wish.before.status == PRESENT)
        if wish.expected and not known:
            yield wish.row
