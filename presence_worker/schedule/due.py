"""What is to be done on a day although no file asks for it: pure decisions."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from ..journal import Dated
from ..model import Kind, Presence, Result
from .entries import Entry, Past, Schedule, first_day, latest
from .replay import follow


class Due(NamedTuple):
    """Something that is to be done on a day."""

    entry: Entry
    kind: Kind
    expected: Presence | None  # what must still be there; None: whatever is there


def due_after(schedule: Schedule, past: Past) -> Iterator[Due]:
    """Yield what is to be done on the day of a run that is staged, where *schedule* was to come before it.

    Nothing is due for those whom its own file asks to be set.
    """
    asked = {row.associate_id for row in past.dated if row.result == Result.NOT_SENT}
    yield from (
        due for due in due_on(follow(schedule, past), past.day) if due.entry.associate_id not in asked
    )


def due_on(schedule: Schedule, day: date) -> Iterator[Due]:
    """Yield what is to be done on *day*, by associate: at most one thing for each.

    Of leaves that overlap the one with the later first day counts, as long as it lasts. Then the other one
    counts again, but only while the associate still has what was set last. Nobody returns on whose schedule
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
    """Give the one that ends last."""
    return max(entries, key=lambda entry: entry.ends or date.max)


def dropped(schedule: Schedule, past: Past) -> Iterator[tuple[Entry, str]]:
    """Yield what was to come before a run, and does not because of its file, with why.

    What the file has other days for is not dropped, but replaced.
    """
    own = past.own
    for person, entries in schedule.items():
        named, withdrawn = past.named.get(person), past.withdrawn.get(person, ())
        is_silent = named is None and not past.covers_everyone
        for entry in entries:
            if entry.period in withdrawn and not entry.may_hold:
                yield entry, "withdrawn"
            elif not (entry.has_begun or is_silent or past.came_back or (named and not named.valid)):
                rows = own.get(person, ())
                if not any(_overlap(entry, row) for row in rows):
                    yield entry, "not_in_file"


def taken_back(schedule: Schedule, past: Past) -> Iterator[Entry]:
    """Yield what a run's file has dropped or withdrawn, also of what had begun: an undo brings it back."""
    yield from (entry for entry, _ in dropped(schedule, past))
    for person, days in past.withdrawn.items():
        yield from (entry for entry in schedule.get(person, ()) if entry.period in days and entry.may_hold)


def _overlap(entry: Entry, row: Dated) -> bool:
    starts_before_end = (row.starts or date.min) <= (entry.ends or date.max)
    return starts_before_end and first_day(entry) <= (row.ends or date.max)
