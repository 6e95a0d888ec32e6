"""CSV as spreadsheets and databases write it, read strictly and never guessed at."""

from collections.abc import Iterator
from itertools import islice

from ..errors import InputRefused
from ..settings import Input
from .csv_faults import look_over, refuse_record
from .csv_records import BrokenRecord, records_of
from .dialect import Dialect, head_of, names_what_we_need, recognise, rewind
from .header import as_they_came, taken_back
from .knowing import knowing
from .source import Source
from .table import Record, Table
from .title import lines_below, refuse_a_title


def open_csv(source: Source, config: Input) -> Table:
    """Read the header and be ready for the records; raise InputRefused naming the line."""
    head = head_of(source.text)
    dialect = recognise(head, config)
    look_over(source.text, source.name, nul_refused=not dialect.ours)  # ours may be of JSON that had some
    notes: list[str] = []
    records = _records(source, dialect, notes)
    header = next(records, None)
    if header is None:
        raise InputRefused(f"{source.name}: {_nothing(dialect)}")
    where = f"{source.name}, line {header.line}"
    with knowing(format="csv", encoding=source.encoding, delimiter=dialect.delimiter, header=header.line):
        if not (dialect.ours or names_what_we_need([name.strip() for name in header.cells], config)):
            refuse_a_title(header, lines_below(head, config, header.line or 0), config, where)
        columns, records = (taken_back if dialect.ours else as_they_came)(
            header, records, config, where, notes=notes
        )
    return Table(
        format="csv",
        columns=columns,
        records=records,
        delimiter=dialect.delimiter,
        header=header.line,
        came_back=dialect.ours,
        notes=notes,
    )


def _records(source: Source, dialect: Dialect, notes: list[str]) -> Iterator[Record]:
    """Yield the records, the header first; refuse the one that is broken."""
    text = rewind(source.text)
    for _ in range(dialect.above):
        text.readline()
    try:
        yield from records_of(
            text, dialect.delimiter, comment=dialect.comment, above=dialect.above, notes=notes
        )
    except BrokenRecord as broken:
        lines = islice(rewind(text), broken.first - 1, broken.last)
        refuse_record("".join(lines), broken.first, source.name, dialect.delimiter)


def _nothing(dialect: Dialect) -> str:
    if dialect.above > 1:
        return f"nothing below the {dialect.above} lines that input.skip_lines leaves out"
    return "only blank lines; an empty export is usually a broken export"
