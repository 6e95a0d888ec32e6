"""CSV as spreadsheets and databases write it, read strictly and never guessed at."""

import csv
from collections.abc import Iterator

from ..errors import InputRefused
from ..roundtrip import FATE_COLUMNS, as_refused, unescape_formula
from ..settings import Input
from .columns import ALIASES, candidates, understand
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
    own = [unescape_formula(name) for name in names if name not in FATE_COLUMNS]
    ours = FATE_COLUMNS[0] in names  # a failed.csv
    columns = understand(own if ours else names, config, f"{source.name}, line {header.line}")
    if ours:
        records = _taken_back(records, names, columns.texts)
    return Table(
        format="csv",
        columns=own if ours else names,
        records=records,
        delimiter=delimiter,
        came_back=ours,
    )


def _delimiter(header: str, config: Input) -> str:
    """Give the delimiter that shows most of the columns we need, else the one that cuts most."""

    def shown(delimiter: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
        except csv.Error:  # a field without end
            return 0, 0
        return sum(bool(candidates(names, key, config)) for key in ALIASES), len(names)

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


def _taken_back(records: Iterator[Record], names: list[str], texts: dict[str, int]) -> Iterator[Record]:
    """Take off what our failed.csv added: its columns, the escapes in the others, and what filled them up."""
    own = [i for i, name in enumerate(names) if name not in FATE_COLUMNS]
    detail = names.index("_detail") if "_detail" in names else len(names)
    for line, cells in records:
        kept = [unescape_formula(cells[i]) for i in own if i < len(cells)]
        beyond = [unescape_formula(cell) for cell in cells[len(names) :]]
        yield Record(line, as_refused([*kept, *beyond], texts, "".join(cells[detail : detail + 1])))
