"""Lines of CSV become records, cut strictly; what is blank or a comment is left out."""

import csv
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from typing import NamedTuple, TextIO

from ...errors import InputRefused
from ..table import Record, Source
from .strange_lines import RowLines, fault_in

MARK = "\ufeff"  # one that decoding has left, as there were two


class Dialect(NamedTuple):
    """How to read a CSV."""

    delimiter: str
    above: int = 0  # lines before those in which the header is
    comment: str | None = None
    is_ours: bool = False  # a failed.csv or unprocessed.csv
    is_mixed: bool = False  # its lines end in several ways


class BrokenRecord(Exception):
    """A record that is not CSV: the lines on which it begins, and on which reading it has stopped."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"lines {first} to {last}")
        self.first = first
        self.last = last


def read_records(lines: Iterable[str], dialect: Dialect, notes: list[str]) -> Iterator[Record]:
    """Yield the records that are not blank, each with the line it starts on; raise BrokenRecord.

    The lines above the header are not among *lines*. When all are read, *notes* have the number of rows whose
    cells are all empty.
    """
    watched = _watch(lines, dialect)
    reader = csv.reader(watched or lines, delimiter=dialect.delimiter, strict=True)
    counter = watched or reader
    make = partial(tuple.__new__, Record)  # half of what a call of the class takes
    above, line, empty = dialect.above, dialect.above + 1, 0
    try:
        for cells in reader:
            if watched:
                watched.end_record(cells)
            if (cells and cells[0].strip()) or any(map(str.strip, cells)):  # the first nearly always decides
                yield make((line, cells, False, "", None))
            elif cells:
                empty += 1
            line = above + counter.line_num + 1  # a record may span several
    except csv.Error:
        raise BrokenRecord(line, above + counter.line_num) from None
    if empty:
        notes.append(f"empty rows skipped: {empty}")


def _watch(lines: Iterable[str], dialect: Dialect) -> RowLines | None:
    """Return what checks each line, where one may be a comment or half a row."""
    if not (dialect.comment or dialect.is_mixed):
        return None
    return RowLines(lines, dialect.delimiter, dialect.comment, is_mixed=dialect.is_mixed)


def rewind(text: TextIO) -> TextIO:
    """Return the text at its start, past a second byte-order mark."""
    text.seek(0)
    doubled = text.read(1) == MARK
    text.seek(0)
    text.read(doubled)
    return text


def records_of(source: Source, dialect: Dialect, notes: list[str]) -> Iterator[Record]:
    """Yield the records of a file, the header first; the one that is broken is refused."""
    text = rewind(source.text)
    for _ in range(dialect.above):
        text.readline()
    try:
        yield from read_records(text, dialect, notes)
    except BrokenRecord as broken:
        record = "".join(islice(rewind(text), broken.first - 1, broken.last))
        raise InputRefused(f"{source.name}, {fault_in(record, broken.first, dialect.delimiter)}") from None
