"""CSV as spreadsheets and databases write it, read strictly and never guessed at."""

from collections.abc import Iterator
from typing import NamedTuple

from ...errors import InputRefused, JobFacts, refusals_with
from ...settings import Input
from ..columns import names_what_we_need
from ..header import Part, columns_of_failed_csv, columns_of_job, refuse_brackets, refuse_preamble
from ..table import NO_EXPORT, Record, Source, Table
from .csv_records import Dialect, records_of
from .dialect import head_of, lines_below, read_dialect, refusals_with_delimiter, refuse_another_cut


class _CsvFile(NamedTuple):
    """A source, and how to understand it."""

    source: Source
    config: Input
    head: str  # its first lines
    dialect: Dialect


def open_csv(source: Source, config: Input) -> Table:
    """Read the header, and be ready for the records; raise InputRefused naming the line."""
    head = head_of(source.text)
    dialect, notes = read_dialect(source, head, config), list[str]()
    opened = _CsvFile(source, config, head, dialect)
    records = records_of(source, dialect, notes)
    header = next(records, None)
    if header is None:
        raise InputRefused(f"{source.name}: {_nothing(dialect)}")
    facts = JobFacts(format="csv", encoding=source.encoding, delimiter=dialect.delimiter, header=header.line)
    with refusals_with(facts):
        columns, records = _below(header, records, opened, notes)
    return Table(
        format="csv",
        columns=columns,
        records=records,
        delimiter=dialect.delimiter,
        header=header.line,
        came_back=dialect.is_ours,
        notes=notes,
    )


def _below(header: Record, records: Iterator[Record], opened: _CsvFile, notes: list[str]) -> Part:
    """Return the columns that the header names, and the records below it."""
    source, config, _, dialect = opened
    where = f"{source.name}, line {header.line}"
    if not dialect.is_ours:
        _refuse_other_headers(header, opened, where)
    columns_of = columns_of_failed_csv if dialect.is_ours else columns_of_job
    with refusals_with_delimiter(dialect.delimiter):
        return columns_of(header, records, config, where, notes=notes)


def _refuse_other_headers(header: Record, opened: _CsvFile, where: str) -> None:
    """Refuse a header that does not name what we need, where one below it or cut otherwise does."""
    _, config, head, dialect = opened
    names, first = [name.strip() for name in header.cells], header.line or 1
    doubled = len(names) > 1 and not any(names[1::2])  # a delimiter of two characters, such as "||"
    if doubled or not names_what_we_need(names, config):
        refuse_another_cut(head, first - 1, dialect, config, where)
        refuse_brackets(names, config, where)
        refuse_preamble(header, lines_below(head, first, config), config, where)


def _nothing(dialect: Dialect) -> str:
    if dialect.above > 1:
        return f"nothing below the {dialect.above} lines that input.skip_lines skips. Set a lower number"
    return f"only empty lines. {NO_EXPORT}"
