"""The records below a header that are rows: strange ones are checked, and torn ones are marked."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .columns import ALIASES, FOREIGN_NUMBERS, Columns
from .spelling import plain
from .table import Cell, Cells, Record

KNOWN_WORDS = 10_000  # that are remembered; a file with more is read too, but slower
USUAL = FOREIGN_NUMBERS.union(*ALIASES.values())
NO_COMMENT = ("#", "\x1a", "sep=")  # lines that are not the rest of one; \x1a ends files of DOS


class Strays(Protocol):
    """What stands among rows and is none."""

    def take(self, record: Record) -> bool:
        """Return whether a record that names no person is not a row, and count it then.

        Raise InputRefused for a header with other columns.
        """

    def notes(self) -> Iterable[str]:
        """Return what was left out, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first header, as the others are compared with it."""

    names: Sequence[str]
    line: int | None
    columns: Columns
    where: str  # the file, or its sheet
    came_back: bool = False  # of a failed.csv, whose cells need not be texts
    bare: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bare", [*map(plain, self.names)])

    def has(self, word: Cell) -> bool:
        """Return whether a word may be the name of a column."""
        bare = plain(str(word))
        return bare in USUAL or bare in self.bare

    def goes_on_in(self, record: Record) -> bool:
        """Return whether a record may be the rest of a comment that had a line break, and no quotes."""
        columns, last = self.columns, len(self.names) - 1
        if last not in {columns.message, *columns.gaps.values()} or len(record.cells) > last:
            return False
        if "".join(map(str, record.cells[:1])).lower().startswith(NO_COMMENT):
            return False
        return len(record.cells) == 1 or not self.names_a_person(record.cells)

    def names_a_person(self, cells: Cells) -> bool:
        """Return whether one stands in the column of persons; of logins, anything may be one."""
        found = str(cells[self.columns.person]).strip() if self.columns.person < len(cells) else ""
        if self.columns.named_by == "associate_id":
            return found.isdigit()
        return "@" in found if self.columns.named_by == "email" else False

    @property
    def pivot(self) -> int:
        """The position at which words repeat from row to row, so that a new one is worth a look."""
        columns = self.columns
        places = (columns.status, columns.starts, columns.ends, columns.person)
        return next(place for place in places if place is not None)


def rows_only(
    records: Iterator[Record], header: Header, strays: Strays, notes: list[str]
) -> Iterator[Record]:
    """Yield the records that are rows, refuse a header with other columns; *notes* say what was left out.

    Only a row with a word that is new is checked: more would cost too much.
    """
    watch = _Watch(header, strays)
    pivot, width, seen = header.pivot, len(header.names), watch.seen
    held: Record | None = None
    below: Record | None
    for record in records:
        cells = record[1]  # by position: a name would cost more than all else here
        above, below = held, record
        if len(cells) != width or cells[pivot] not in seen:
            above, below = watch.look(held, record)
        if above is not None:
            yield above
        held = below
    if held is not None:
        yield held
    notes.extend(strays.notes())


def _mark_torn(row: Record, rest: Record) -> tuple[Record, Record]:
    """Return both with a word that they may be one: a comment with a line break needs quotes."""
    return row._replace(
        torn=row.torn or f"the row may go on in the next row (line {rest.line})"
    ), rest._replace(torn=f"the row may be a part of the row before it (line {row.line})")


class _Watch:
    """Owns the words that rows have had: a record with another one is checked."""

    def __init__(self, header: Header, strays: Strays) -> None:
        self._header = header
        self._strays = strays
        self._words = set[str]()
        # In a job that came back each row is checked, and cells may be lists.
        self.seen: Collection[Cell] = () if header.came_back else self._words

    def look(self, held: Record | None, record: Record) -> tuple[Record | None, Record | None]:
        """Return the record *held* back and this one, None where it is not a row; they may be one row."""
        header, cells = self._header, record.cells
        if not header.names_a_person(cells) and self._strays.take(record):
            return held, None  # what was held is whole: below this, no comment goes on
        if len(cells) == len(header.names) and self._may_be_kept(cells[header.pivot]):
            if not header.came_back:
                self._words.add(cells[header.pivot])
        elif held and any(held.cells[-1:]) and header.goes_on_in(record):
            return _mark_torn(held, record)
        return held, record

    def _may_be_kept(self, word: Cell) -> bool:
        return len(self._words) < KNOWN_WORDS and not self._header.has(word)
