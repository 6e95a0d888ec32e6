"""What is still to come of rows that are due on days: pure decisions, one run after the other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date

from ..journal import Dated, Named, ScheduledFate
from ..model import PRESENT, Kind, Presence, Reason, Result

WAITS = (Result.NOT_SENT, Result.FAILED, Result.INVALID)  # nothing was applied; another night may do it
MAY_HOLD = (
    Result.UPDATED,
    Result.UNCHANGED,
    Result.UNKNOWN,
)  # after it, an associate may hold what was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of an earlier run of which something is still to come."""

    run_id: str  # of the run that read it
    row: int
    associate_id: int
    identity: str | None
    wanted: Presence
    starts: date | None  # its first day; None: since ever
    ends: date | None  # its last one; None: for ever
    is_open: bool  # its first day is to come, or to be caught up with
    may_hold: bool  # the associate may hold it by now

    def is_due(self, day: date) -> bool:
        """Whether *day* is one of its days."""
        return (self.starts or day) <= day <= (self.ends or day)

    @property
    def id(self) -> str:
        """What `schedule` calls it."""
        return f"{self.run_id}.{self.row}"


Schedule = Mapping[int, Sequence[Entry]]  # by associate; only of whom something is to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a run has asked for, and what became of it, as far as something may follow from it."""

    run_id: str
    day: date
    covers_everyone: bool  # who is not named in its file has nothing to come any more
    named: Mapping[int, Named]  # by associate
    dated: Sequence[Dated]
    scheduled: Sequence[ScheduledFate]
    undoes: str | None = None

    @property
    def did(self) -> AbstractSet[int]:
        """Whom it has set without being asked to by its file."""
        return {fate.person for fate in self.scheduled}

    @property
    def persons(self) -> AbstractSet[int]:
        """All it was about."""
        return self.named.keys() | self.did


def follow(schedule: Schedule, past: Past) -> Schedule:
    """Give what is to come after a run, where *schedule* was to come before it.

    The newest valid rows about an associate replace all there were: a leave that is extended must not end
    early. But a leave that has begun still ends, on its own day or on the one that the new rows name.
    """
    before = {person: list(entries) for person, entries in schedule.items()}
    for fate in past.scheduled:
        before[fate.person] = list(_carried_out(before.get(fate.person, ()), fate, past.day))
    own: dict[int, list[Dated]] = {}
    for dated in past.dated:
        own.setdefault(dated.associate_id, []).append(dated)
    after: dict[int, list[Entry]] = {}
    for person in before.keys() | own.keys():
        earlier = _left(before.get(person, ()), own.get(person, ()), past.named.get(person), past)
        after[person] = [*earlier, *_entries(own.get(person, ()), past.run_id)]
    return _followed(after, past.day)


def take_back(schedule: Schedule, undone: Past, before: Schedule, since: Iterable[Past]) -> Schedule:
    """Give what is to come after *undone* was undone: what was to come *before* it, for those it named.

    Who was named by a run *since* then keeps what that asked for; what *undone* had begun or ended of earlier
    rows is neither begun nor ended once more.
    """
    later = {person for past in since for person in past.persons}
    after = dict(schedule)
    for person in undone.persons - later:
        after[person] = () if person in undone.did else before.get(person, ())
    return _followed(after, undone.day)


def _followed(schedule: Schedule, day: date) -> Schedule:
    """Leave out whom nothing follows for any more."""
    alive = {
        person: [entry for entry in entries if entry.may_hold or (entry.ends or day) >= day]
        for person, entries in schedule.items()
    }
    return {person: entries for person, entries in alive.items() if any(map(_is_followed, entries))}


def _is_followed(entry: Entry) -> bool:
    return entry.is_open or (entry.may_hold and entry.ends is not None)


def _carried_out(entries: Iterable[Entry], fate: ScheduledFate, day: date) -> Iterator[Entry]:
    """Yield what is left after a row that no file had brought."""
    waits = fate.result in WAITS or fate.reason == Reason.BEFORE_UNKNOWN
    for entry in entries:
        if fate.kind == Kind.RETURN:
            if waits or fate.result == Result.UNKNOWN or entry.is_open or entry.is_due(day):
                yield entry
        elif waits or (entry.run_id, entry.row) != (fate.run_id, fate.of_row):
            yield entry
        elif fate.result in MAY_HOLD:
            holds = entry.wanted.status != PRESENT
            yield replace(entry, may_hold=holds, is_open=fate.result == Result.UNKNOWN)


def _left(entries: Iterable[Entry], own: Sequence[Dated], named: Named | None, past: Past) -> Iterator[Entry]:
    """Yield what a run's file leaves of the entries there were for an associate."""
    due = [row for row in own if row.reason not in (Reason.NOT_YET_DUE, Reason.NO_LONGER_DUE)]
    if named is None and past.covers_everyone:
        yield from (entry for entry in entries if entry.may_hold)
    elif named is None or not named.valid:
        yield from entries
    elif not (named.undated or any(row.result in MAY_HOLD for row in due)):
        newest = due or [row for row in own if row.reason == Reason.NO_LONGER_DUE]
        for entry in entries:
            if entry.may_hold:
                yield replace(entry, is_open=False, ends=_end(entry, newest))


def _end(entry: Entry, rows: Sequence[Dated]) -> date | None:
    """Give the day on which a leave that has begun ends, where *rows* are the newest about it."""
    if not rows:
        return entry.ends
    ends = [row.ends for row in rows]
    return None if None in ends else max(end for end in ends if end)


def _entries(rows: Iterable[Dated], run_id: str) -> Iterator[Entry]:
    """Yield what follows from the rows of a run itself; who is present by one has nothing to return to."""
    for row in rows:
        waits = row.reason == Reason.NOT_YET_DUE
        holds = row.result in MAY_HOLD and row.wanted.status != PRESENT
        if (waits or holds) and row.reason != Reason.CONFLICT:
            yield Entry(
                run_id=run_id,
                row=row.row,
                associate_id=row.associate_id,
                identity=row.identity,
                wanted=row.wanted,
                starts=row.starts,
                ends=row.ends,
                is_open=waits,
                may_hold=holds,
            )
