"""What is to be done on a day although no file asks for it: pure decisions."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from ..model import Kind
from .schedule import Entry, Past, Schedule


class Due(NamedTuple):
    """Something that is to be done on a day."""

    entry: Entry
    kind: Kind


def due_on(schedule: Schedule, day: date) -> Iterator[Due]:
    """Yield what is to be done on *day*, by associate: at most one thing for each.

    Of leaves that overlap the one with the later first day counts, as long as it lasts. Nobody returns on
    whose schedule anything is due that day.
    """
    for person in sorted(schedule):
        entries = schedule[person]
        held = [entry for entry in entries if entry.may_hold]
        now = [entry for entry in entries if entry.is_due(day) and (entry.is_open or entry.may_hold)]
        newest = max(now, key=lambda entry: (entry.starts or date.min, entry.row), default=None)
        if newest and newest.is_open:
            yield Due(newest, Kind.START)
        elif held and not newest:
            yield Due(last_of(held), Kind.RETURN)


def last_of(entries: Iterable[Entry]) -> Entry:
    """Give the one that ends last."""
    return max(entries, key=lambda entry: entry.ends or date.max)


def dropped(schedule: Schedule, past: Past) -> Iterator[Entry]:
    """Yield what was to come for those whom a file that covers everyone names no longer."""
    if past.covers_everyone:
        for person, entries in schedule.items():
            if person not in past.named:
                yield from (entry for entry in entries if entry.is_open)
