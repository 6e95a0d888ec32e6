"""What runs have asked for on days, and what of it is still planned."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ..journal import Dated, Named, ScheduledResult
from ..model import PRESENT, Period, Presence


class Entry(NamedTuple):
    """A row of an earlier run with something still planned.

    It waits (`is_open`), then stands (`may_hold`). Where it is neither, a leave that began later stands over
    it, and it counts again after that.
    """

    run_id: str  # of the run that read it
    row: int
    associate_id: int
    identity: str | None
    wanted: Presence
    starts: date | None  # its first day; None: since ever
    ends: date | None  # its last one; None: for ever
    is_open: bool  # its first day is in the future, or was missed
    may_hold: bool  # the associate may hold it by now
    is_withdrawn: bool = False  # it is over, whatever its last day is
    target_name: str | None = None  # of the run that read it

    def is_due(self, day: date) -> bool:
        """Return whether *day* is one of its days."""
        return not self.is_withdrawn and (self.starts or day) <= day <= (self.ends or day)

    def is_over(self, day: date) -> bool:
        """Return whether it has no day from *day* on."""
        return self.is_withdrawn or (self.ends or day) < day

    @property
    def id(self) -> str:
        """What `schedule` calls it."""
        return f"{self.run_id}.{self.row}"

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.starts, self.ends)

    @property
    def has_begun(self) -> bool:
        """Return whether it stands, or a later leave stands over it."""
        return self.may_hold or not self.is_open

    @property
    def is_away(self) -> bool:
        """Return whether the person is away while it stands."""
        return self.wanted.status != PRESENT


Schedule = Mapping[int, Sequence[Entry]]  # by associate; only those with something planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a run has asked for, and how it ended, as far as something may follow from it."""

    run_id: str
    day: date
    target_name: str | None = None
    covers_everyone: bool  # who is not named in its file has nothing to come any more: see `covers`
    came_back: bool = False  # its file is a failed.csv: rows of an earlier one, beside which the others stand
    named: Mapping[int, Named]  # by associate
    dated: Sequence[Dated]
    scheduled: Sequence[ScheduledResult]
    withdrawn: Mapping[int, AbstractSet[Period]] = field(default_factory=dict)  # by associate
    undoes: str | None = None

    def covers(self, entry: Entry) -> bool:
        """Return whether an entry is over when its person is not named: it is of the same target.

        Several targets may lead to one SuperOffice. The file of each lists its own people.
        """
        same = entry.target_name in (None, self.target_name) or self.target_name is None
        return self.covers_everyone and same

    @property
    def did(self) -> AbstractSet[int]:
        """Whom it has set without being asked to by its file."""
        return {fate.person for fate in self.scheduled}

    @property
    def persons(self) -> AbstractSet[int]:
        """All it was about."""
        return self.named.keys() | self.did | self.withdrawn.keys()

    @property
    def own(self) -> Mapping[int, Sequence[Dated]]:
        """Its rows that are due on days, by associate."""
        found: dict[int, list[Dated]] = {}
        for row in self.dated:
            found.setdefault(row.associate_id, []).append(row)
        return found


def latest(entries: Iterable[Entry]) -> Entry | None:
    """Return the one that begins last; of several, the longest, and of those the newest."""
    found = list(entries)
    return max(reversed(found), key=lambda each: (first_day(each), each.ends or date.max), default=None)


def first_day(entry: Entry) -> date:
    """Return the first day of an entry; a very early one where it has none."""
    return entry.starts or date.min
