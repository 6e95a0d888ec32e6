"""What a run's summary says of days to come, as people read it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ..journal import DroppedEntry
from ..report.reason_texts import WHY_DROPPED
from ..report.summary import DaysToCome, UpcomingLeave

SHOWN = 10  # rows of a kind; summary.json has more
Leave = UpcomingLeave | DroppedEntry
WAITING, ARE_IN_SCHEDULE = "Waiting for their first day", "`schedule` names"
DROPPED, ARE_IN_SUMMARY = "Planned absences that will not begin", "summary.json names"


class Somebody(Protocol):
    """A person, as the service and the file call them."""

    @property
    def associate_id(self) -> int | str | None:
        """Their number; None where it is not known."""

    @property
    def identity(self) -> str | None:
        """Their name in the file; None where it has numbers."""


def lines_to_come(coming: DaysToCome) -> Iterator[str]:
    """Yield who waits for their first day, and who no longer does, with why."""
    yield from _lines(WAITING, coming.upcoming, coming.upcoming_left_out, ARE_IN_SCHEDULE)
    yield from _lines(DROPPED, coming.dropped, coming.dropped_left_out, ARE_IN_SUMMARY)


def _lines(words: str, rows: Sequence[Leave], left_out: int, place: str) -> Iterator[str]:
    number = len(rows) + left_out
    if rows:
        yield ""
        yield f"{words}: {number}"
    for row in rows[:SHOWN]:
        yield f"  {row.starts or '':<10}  {who(row):<24} {row.status}{_until(row)}{_why(row)}"
    if number > SHOWN:
        yield f"  and {number - SHOWN} more, which {place}"


def who(person: Somebody) -> str:
    """Return somebody's associate's id, and the name that the file has for them."""
    number, name = str(person.associate_id), person.identity
    if person.associate_id is None:
        return str(name)
    return f"{number} {name}" if name else number


def _why(row: Leave) -> str:
    why = WHY_DROPPED.get(row.why or "") if isinstance(row, DroppedEntry) else None
    return f" ({why})" if why else ""


def _until(row: Leave) -> str:
    return f" until {row.ends}" if row.ends else ""
