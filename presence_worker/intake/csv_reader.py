"""CSV as spreadsheets and databases write it, read strictly and never guessed at."""

import csv
from collections.abc import Iterator

from ..errors import InputRefused
from ..roundtrip import FATE_COLUMNS, unescape_formula
from ..settings import Input
from .columns import candidates, understand
from .source import Source
from .table import Record, Table

DELIMITERS = ",;\t|"


def open_csv(source: Source, config: Input) -> Table:
    """Read the header and be ready for the records; raise InputRefused naming the line.

    The delimiter is the one with which the header shows the columns we need.
    """
    first = next((line for line in source.text if line.strip()), "")
    if "\0" in first:
        raise InputRefused(
            f"{source.name}: has NUL characters, like UTF-16 without its mark; "
            "if it is that, run it with --encoding utf-16-le"
        )
    delimiter = config.delimiter or _delimiter(first, config)
    source.text.seek(0)
    records = _records(source, delimiter)
    line, names = next(records, Record(1, []))
    names = [name.strip() for name in names]
    if tuple(names[-len(FATE_COLUMNS) :]) == FATE_COLUMNS:  # a failed.csv of ours
        names = [unescape_formula(name) for name in names[: -len(FATE_COLUMNS)]]
        records = _unescaped(records, len(names))
    understand(names, config, f"{source.name}, line {line}")
    return Table(format="csv", columns=names, records=records, delimiter=delimiter)


def _delimiter(header: str, config: Input) -> str:
    """Give the delimiter that shows most of the columns we need, else the one that cuts most."""

    def shown(delimiter: str) -> tuple[int, int]:
        names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
        needed = ("associate_id", "status", "message")
        return sum(bool(candidates(names, key, config)) for key in needed), len(names)

    return max(DELIMITERS, key=shown)


def _records(source: Source, delimiter: str) -> Iterator[Record]:
    """Yield the records that are not blank; one may span several lines, so count before reading it."""
    reader = csv.reader(source.text, delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell and not cell.isspace() for cell in cells):
                yield Record(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputRefused(_explained(error, source.name, line)) from None


def _explained(error: csv.Error, name: str, line: int) -> str:
    words = str(error)
    if "unexpected end of data" in words:
        return f"{name}, line {line}: a quote is opened here and never closed; close it"
    if "expected after" in words:
        return f"{name}, line {line}: text after a closing quote; write a quote inside a field twice"
    if "field limit" in words:
        longest = csv.field_size_limit()
        return f"{name}, line {line}: a field of more than {longest} characters; is a quote missing?"
    return f"{name}, line {line}: not valid CSV: {words}"


def _unescaped(records: Iterator[Record], width: int) -> Iterator[Record]:
    """Take off what our failed.csv added: its last columns, and the escapes in the others."""
    for line, cells in records:
        own = cells[:width] + cells[width + len(FATE_COLUMNS) :]
        yield Record(line, [unescape_formula(cell) for cell in own])
