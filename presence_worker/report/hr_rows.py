"""The rows of a run, sorted by what HR has to know about them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from ..journal import Journal, RunRecord
from ..model import NOT_DONE, Reason, Result
from .headline import MOVED
from .hr_words import RowCorrection, correction_of
from .reason_texts import NOTHING_SENT, Owner, owner_of

PLACED = (
    "csv",
    "jsonl",
    "xlsx",
)  # formats in which a person finds a line, or a row of a sheet, by its number


class RowKind(Enum):
    """How a row ended that HR does not correct."""

    CHANGED = auto()
    RIGHT = auto()  # already
    REPEATED = auto()  # another row of the file says the same
    WAITS = auto()  # for its first day
    NOTHING = auto()  # to do
    PLANNED = auto()
    LEFT_ALONE = auto()  # because of a later change
    ADMINISTRATOR = auto()  # acts
    TRIED_AGAIN = auto()
    EARLIER = auto()  # done, and of an earlier file
    CORRECTED = auto()  # done by a later file
    SENT_AGAIN = auto()  # in a later file, and not done


KINDS: dict[str, RowKind] = {
    Result.UPDATED: RowKind.CHANGED,
    Result.UNCHANGED: RowKind.RIGHT,
    Reason.NOT_YET_DUE: RowKind.WAITS,
}
DONE = (
    RowKind.CHANGED,
    RowKind.RIGHT,
    RowKind.REPEATED,
    RowKind.WAITS,
    RowKind.NOTHING,
    RowKind.CORRECTED,
)


class _Row(NamedTuple):
    row: int
    line: int | None
    result: str
    reason: str | None
    duplicate_of: int | None
    scheduled_by: str | None


@dataclass(slots=True)
class SortedRows:
    """Rows by what HR has to know; it grows while rows are read."""

    kinds: Counter[RowKind] = field(default_factory=Counter)
    corrections: dict[RowCorrection, list[int]] = field(default_factory=dict)  # lines, or rows
    repeating: int = 0  # rows that say the same as one that is not done
    of_file: int = 0

    @property
    def to_correct(self) -> int:
        """Count the rows that HR corrects."""
        return sum(map(len, self.corrections.values()))

    @property
    def done(self) -> int:
        """Count the rows of the file that are done."""
        return sum(self.kinds[kind] for kind in DONE)


def sort_rows(journal: Journal, handed_on: Mapping[int, RowKind]) -> SortedRows:
    """Return the rows of a run, sorted; how it stands with those *handed_on* to later runs is known."""
    run, found = journal.run(), SortedRows()
    not_done, repeats = set[int](), list[int]()
    for page in journal.results.pages(_Row._fields):
        for row in map(_Row._make, page):
            found.of_file += row.scheduled_by is None
            if row.row in handed_on:
                found.kinds[handed_on[row.row]] += 1
                continue
            if row.result in NOT_DONE:
                not_done.add(row.row)
            if row.result == Result.DUPLICATE and row.duplicate_of is not None:
                repeats.append(row.duplicate_of)
            else:
                _add(found, row, run)
    found.repeating = sum(row in not_done for row in repeats)
    found.kinds[RowKind.REPEATED] = len(repeats) - found.repeating
    return found


def _add(found: SortedRows, row: _Row, run: RunRecord) -> None:
    correction = _correction(row, run)
    if correction:
        has_line = run.input.format in PLACED and row.line is not None
        place = row.line if has_line and row.line is not None else row.row
        found.corrections.setdefault(correction, []).append(place)
    else:
        found.kinds[_kind(row, run)] += 1


def _correction(row: _Row, run: RunRecord) -> RowCorrection | None:
    """Return how HR corrects a row; None where HR cannot, and for a row of an earlier file."""
    if row.result not in (Result.INVALID, Result.REJECTED) or row.scheduled_by:
        return None
    return correction_of(row.reason, run.input.identity)


def _kind(row: _Row, run: RunRecord) -> RowKind:
    if row.result not in NOT_DONE:
        done = KINDS.get(row.reason or "") or KINDS.get(row.result, RowKind.NOTHING)
        return RowKind.EARLIER if row.scheduled_by else done
    if row.result == Result.NOT_SENT and run.state in NOTHING_SENT:
        return RowKind.PLANNED
    if row.reason in MOVED:
        return RowKind.LEFT_ALONE
    is_ours = owner_of(row.reason, row.result) is Owner.OPERATIONS
    return RowKind.TRIED_AGAIN if is_ours else RowKind.ADMINISTRATOR
