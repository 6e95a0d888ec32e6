"""What is still to come of a target's earlier jobs: told, and taken back."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..errors import UsageFault
from ..journal import JOURNAL, Journal, target_lock
from ..model import Kind
from .due import last_of
from .following import told
from .history import pending
from .invocation import Invocation
from .schedule import Entry, Schedule

Told = dict[str, Any]


def list_schedule(invocation: Invocation) -> list[Told]:
    """Give what is still to come, soonest first.

    Each has `id`, `associate_id`, `identity`, `status`, `from`, `until`, `next` (start or return) and `on`,
    the day on which the next run does it.
    """
    found = [step for entries in pending(invocation).values() for step in _steps(entries, invocation.day)]
    return sorted(found, key=lambda step: (step["on"], step["associate_id"], step["id"]))


def cancel_schedule(ids: Sequence[str], invocation: Invocation) -> list[Told]:
    """Take back what is still to come of the rows called so; give them. All of them, or none.

    Raise UsageFault for an id that names nothing to come.
    """
    invocation.archive.prepare()
    with target_lock(invocation.target, invocation.archive.state_dir):
        to_come = pending(invocation)
        entries = {entry.id: entry for each in to_come.values() for entry in each}
        strangers = [each for each in ids if each not in entries]
        if strangers:
            raise UsageFault(
                f"{', '.join(strangers)}: nothing is to come by this id; nothing was cancelled",
                next=invocation.command("schedule"),
            )
        named = [entries[each] for each in dict.fromkeys(ids)]
        closed = {each.id: each for entry in named for each in _together(entry, to_come)}.values()
        for run_id in {entry.run_id for entry in closed}:
            _close(invocation.archive.runs / run_id, [e.row for e in closed if e.run_id == run_id])
        return [told(entry) for entry in named]


def _together(entry: Entry, to_come: Schedule) -> Iterable[Entry]:
    """Give what ends with an entry: a return is made after the last of the leaves that have begun."""
    return [entry] if entry.is_open else [each for each in to_come[entry.associate_id] if each.may_hold]


def _close(folder: Path, rows: Sequence[int]) -> None:
    with closing(Journal.open(folder / JOURNAL)) as journal, journal.transaction():
        journal.close_rows(rows)


def _steps(entries: Sequence[Entry], day: date) -> Iterator[Told]:
    """Yield what is to come for an associate, and when."""
    for entry in entries:
        if entry.is_open and (entry.ends or day) >= day:
            yield {**told(entry), "next": str(Kind.START), "on": _later(entry.starts or day, day)}
    held = [entry for entry in entries if entry.may_hold]
    if held and all(entry.ends for entry in held):
        last = last_of(held)
        end = last.ends or day
        yield {**told(last), "next": str(Kind.RETURN), "on": _later(end + timedelta(days=1), day)}


def _later(day: date, today: date) -> str:
    return max(day, today).isoformat()
