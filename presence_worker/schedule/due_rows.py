"""Rows that no file brought: what is due today of what earlier runs have read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

from ..journal import DroppedEntry, Journal, Scheduled
from ..model import PRESENT, Kind, Period, Reason, Result, Row, Step
from ..settings import Settings
from .due import Due, dropped, due_after
from .entries import Entry, Schedule
from .history import past_of

TAKE_BACK = "if it shall not come any more, take it back with `schedule cancel`"
MOST_DROPPED = 1000  # told; their number is of all


def add_due(journal: Journal, earlier: Schedule, settings: Settings) -> int:
    """Add what is due today, where *earlier* was to come before this run; give the number of rows.

    Call it inside a transaction.

    Whom the file names must be known by now. What is made only while the associate still has what was set,
    such as a return, needs to be read first.
    """
    run = journal.run()
    due, gone = _judged(journal, earlier) if earlier else ([], [])
    first = run.input.rows + 1
    journal.dated.add(_row(number, each, settings) for number, each in zip(count(first), due, strict=False))
    journal.save_input(
        replace(
            run.input,
            rows=run.input.rows + len(due),
            scheduled=len(due),
            pending=bool(earlier) or run.input.dated,
            dropped=tuple(_dropped_entry(entry, why) for entry, why in gone[:MOST_DROPPED]),
            dropped_rows=len(gone),
        )
    )
    if any(each.expected for each in due):
        journal.save_step(Step.READ)
    return len(due)


def _judged(journal: Journal, earlier: Schedule) -> tuple[list[Due], list[tuple[Entry, str]]]:
    past = past_of(journal)
    return list(due_after(earlier, past)), list(dropped(earlier, past))


def _dropped_entry(entry: Entry, why: str) -> DroppedEntry:
    return DroppedEntry(
        id=entry.id,
        associate_id=entry.associate_id,
        identity=entry.identity,
        status=entry.wanted.status,
        starts=_iso(entry.starts),
        ends=_iso(entry.ends),
        why=why,
    )


def told(entry: Entry) -> dict[str, Any]:
    """Give an entry as summaries and `schedule` tell it: never its message."""
    return {
        "id": entry.id,
        "associate_id": entry.associate_id,
        "identity": entry.identity,
        "status": entry.wanted.status,
        "from": _iso(entry.starts),
        "until": _iso(entry.ends),
    }


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
    """Give why what is due must not be sent any more, or None."""
    if associate_id in settings.safety.protected_ids:
        return Reason.PROTECTED, f"associate {associate_id} is in safety.protected_ids; {TAKE_BACK}"
    if status not in settings.input.allowed_statuses:
        return Reason.STATUS_NOT_ALLOWED, f"{status} is not in input.allowed_statuses; {TAKE_BACK}"
    return None


def unread_returns(journal: Journal) -> Iterator[int]:
    """Yield the rows that expect something of an associate of whom it is not known what they hold now."""
    for wish in journal.rows.pending_rows(500):
        known = wish.before and (wish.knows_comment or wish.before.status == PRESENT)
        if wish.expected and not known:
            yield wish.row
