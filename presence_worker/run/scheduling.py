"""What is still to come of a target's earlier jobs: told, and taken back."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import UsageFault
from ..journal import JOURNAL, Journal, target_lock
from ..model import Kind
from .following import told
from .history import pending
from .invocation import Invocation
from .schedule import Entry

Told = dict[str, Any]


def list_schedule(invocation: Invocation) -> list[Told]:
    """Give what is still to come, soonest first.

    Each has `id`, `associate_id`, `identity`, `status`, `from`, `until`, `next` (start or return) and `on`,
    the day on which the next run does it.
    """
    schedule = pending(invocation)
    found = [step for entries in schedule.values() for entry in entries for step in _steps(entry, invocation)]
    return sorted(found, key=lambda step: (step["on"], step["associate_id"], step["id"]))


def cancel_schedule(ids: Sequence[str], invocation: Invocation) -> list[Told]:
    """Take back what is still to come of the rows called so; give them. All of them, or none.

    Raise UsageFault for an id that names nothing to come.
    """
    invocation.archive.prepare()
    with target_lock(invocation.target, invocation.archive.state_dir):
        entries = {entry.id: entry for entry in chain.from_iterable(pending(invocation).values())}
        strangers = [each for each in ids if each not in entries]
        if strangers:
            raise UsageFault(
                f"{', '.join(strangers)}: nothing is to come by this id; nothing was cancelled",
                next=invocation.command("schedule"),
            )
        named = [entries[each] for each in dict.fromkeys(ids)]
        for run_id in dict.fromkeys(entry.run_id for entry in named):
            _close(invocation.archive.runs / run_id, [e.row for e in named if e.run_id == run_id])
        return [told(entry) for entry in named]


def _close(folder: Path, rows: Sequence[int]) -> None:
    with closing(Journal.open(folder / JOURNAL)) as journal, journal.transaction():
        journal.close_rows(rows)


def _steps(entry: Entry, invocation: Invocation) -> Iterator[Told]:
    """Yield what the next step with an entry is, and when."""
    if entry.is_open:
        yield {**told(entry), "next": str(Kind.START), "on": _later(entry.starts, invocation.day)}
    elif entry.ends:
        yield {
            **told(entry),
            "next": str(Kind.RETURN),
            "on": _later(entry.ends + timedelta(days=1), invocation.day),
        }


def _later(day: date | None, today: date) -> str:
    return max(day or today, today).isoformat()
