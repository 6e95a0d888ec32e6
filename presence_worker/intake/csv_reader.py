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
    delimiter = config.delimiter or _delimiter(first, config)
    source.text.seek(0)
    records = _records(source, delimiter)
    header = next(records, None)
    if header is None:
        raise InputRefused(f"{source.name}: only blank lines; an empty export is usually a broken export")
    names = [name.strip() for name in header.cells]
    if FATE_COLUMNS[0] in names:  # a failed.csv of ours
        own = [i for i, name in enumerate(names) if name not in FATE_COLUMNS]
        records = _unescaped(records, own, len(names))
        names = [unescape_formula(names[i]) for i in own]
    understand(names, config, f"{source.name}, line {header.line}")
    return Table(format="csv", columns=names, records=records, delimiter=delimiter)


def _delimiter(header: str, config: Input) -> str:
    """Give the delimiter that shows most of the columns we need, else the one that cuts most."""

    def shown(delimiter: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
        except csv.Error:  # a field without end
            return 0, 0
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
        return f"{name}, line {line}: the row that starts here has a quote that is never closed; close it"
    if "expected after" in words:
        return (
            f"{name}, line {line}: the row that starts here has text after a closing quote; "
            "is a quote not closed, or one inside a field not written twice?"
        )
    if "field limit" in words:
        longest = csv.field_size_limit()
        return f"{name}, line {line}: a field of more than {longest} characters; is a quote missing?"
    return f"{name}, line {line}: not valid CSV: {words}"


def _unescaped(records: Iterator[Record], own: list[int], width: int) -> Iterator[Record]:
    """Take off what our failed.csv added: all but the columns at *own*, and the escapes in those."""
    for line, cells in records:
        kept = [cells[i] for i in own if i < len(cells)] + cells[width:]
        yield Record(line, [unescape_formula(cell) for cell in kept])
