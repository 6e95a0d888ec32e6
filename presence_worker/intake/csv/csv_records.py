"""Lines of CSV become records, cut strictly; what is blank or a comment is left out."""

import csv
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NoReturn

from ..table import Record
from .line_ends import Rejoined


class BrokenRecord(Exception):
    """A record that is no CSV: the lines on which it begins, and on which reading it has stopped."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"lines {first} to {last}")
        self.first = first
        self.last = last


def _break(first: int, last: int) -> NoReturn:
    raise BrokenRecord(first, last) from None


class _Uncommented:
    """Owns lines; those that begin with a mark are blank where a record may begin, and only there."""

    def __init__(self, lines: Iterable[str], mark: str) -> None:
        self._lines = iter(lines)
        self._mark = mark
        self.between = True  # two records

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        if self.between and line.startswith(self._mark):
            return "\n"  # a line all the same: lines are counted
        self.between = False
        return line


def records_of(
    lines: Iterable[str],
    delimiter: str,
    *,
    comment: str | None = None,
    above: int = 0,
    mixed: bool = False,
    notes: list[str] | None = None,
    refuse: Callable[[int, int], NoReturn] = _break,
) -> Iterator[Record]:
    """Yield the records that are not blank, each with the line it starts on; *refuse* the one that is broken.

    So many lines stand *above* the first of *lines*, which end in one way or are *mixed*. When all are read,
    *notes* tell of rows whose cells are all empty.
    """
    joined = Rejoined(lines, delimiter) if mixed else None
    kept = _Uncommented(joined or lines, comment) if comment else None
    reader = csv.reader(kept or joined or lines, delimiter=delimiter, strict=True)
    make = partial(tuple.__new__, Record)  # half of what a call of the class takes
    line, empty = above + 1, 0
    try:
        for cells in reader:
            if joined:
                joined.ended(cells)
            if (cells and cells[0].strip()) or any(map(str.strip, cells)):  # the first nearly always tells
                yield make((line, cells, False, ""))
            elif cells:
                empty += 1
            line = above + (joined.taken if joined else reader.line_num) + 1  # a record may span several
            if kept:
                kept.between = True
    except csv.Error:
        refuse(line, above + (joined.taken if joined else reader.line_num))
    if empty and notes is not None:
        notes.append(f"rows of empty cells left out: {empty}")
