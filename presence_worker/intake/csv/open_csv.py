"""CSV as spreadsheets and databases write it, read strictly and never guessed at."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NoReturn

from ...errors import InputRefused
from ...settings import Input
from ..columns import names_what_we_need
from ..header import columns_of_failed_csv, columns_of_job
from ..knowing import knowing
from ..table import Record, Source, Table
from ..wrong_header import refuse_brackets, refuse_preamble
from .csv_faults import Survey, look_over, refuse_record
from .csv_records import records_of
from .dialect import Dialect, head_of, lines_below, recognise, rewind
from .wrong_delimiter import refuse_another_cut, separated_by

GUESSED = ("utf-8", "cp1252")  # encodings of a file that no mark and no setting tells


def open_csv(source: Source, config: Input) -> Table:
    """Read the header and be ready for the records; raise InputRefused naming the line."""
    head = head_of(source.text)
    dialect = recognise(head, config)
    survey = _surveyed(source, head, dialect, config)
    notes: list[str] = []
    records = _records(source, dialect, notes, mixed=survey.mixed and not dialect.ours)
    header = next(records, None)
    if header is None:
        raise InputRefused(f"{source.name}: {_nothing(dialect)}")
    where = f"{source.name}, line {header.line}"
    with knowing(format="csv", encoding=source.encoding, delimiter=dialect.delimiter, header=header.line):
        if not dialect.ours:
            _refuse_other_headers(header, head, dialect, config, where)
        with separated_by(dialect.delimiter):
            columns, records = (columns_of_failed_csv if dialect.ours else columns_of_job)(
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


def _records(source: Source, dialect: Dialect, notes: list[str], *, mixed: bool) -> Iterator[Record]:
    """Give the records, the header first; the one that is broken is refused."""
    text = rewind(source.text)
    for _ in range(dialect.above):
        text.readline()

    def refuse(first: int, last: int) -> NoReturn:
        lines = islice(rewind(text), first - 1, last)
        refuse_record("".join(lines), first, source.name, dialect.delimiter)

    return records_of(  # no loop of ours around it: it would cost each row
        text,
        dialect.delimiter,
        comment=dialect.comment,
        above=dialect.above,
        mixed=mixed,
        notes=notes,
        refuse=refuse,
    )


def _refuse_other_headers(
    header: Record, head: Sequence[str], dialect: Dialect, config: Input, where: str
) -> None:
    """Refuse a header that does not name what we need, where one below it or cut otherwise does."""
    names, first = [name.strip() for name in header.cells], header.line or 1
    doubled = len(names) > 1 and not any(names[1::2])  # a delimiter of two characters, such as "||"
    if doubled or not names_what_we_need(names, config):
        refuse_another_cut(head[first - 1 :], dialect, config, where)
        refuse_brackets(names, config, where)
        refuse_preamble(header, lines_below(head, config, first), config, where)


def _surveyed(source: Source, head: Sequence[str], dialect: Dialect, config: Input) -> Survey:
    """Look over a text; of ours nothing is refused, for it may be of JSON that had NULs, and is UTF-8."""
    survey = look_over(source.text, source.name, nul_refused=not dialect.ours)
    if not dialect.ours:
        _refuse_mac(source, survey, head, config)
    return survey


def _refuse_mac(source: Source, survey: Survey, head: Sequence[str], config: Input) -> None:
    """Refuse letters beyond ASCII where CR ends the lines: programs that do so have their own encodings."""
    is_mac = survey.cr and not survey.crlf and head[0].endswith("\r")  # LF may be in cells
    if not is_mac or survey.is_ascii or config.encoding or source.encoding not in GUESSED:
        return
    likely = dict.fromkeys(("utf-8" if source.encoding == "utf-8" else "mac-roman", "mac-roman", "cp1252"))
    raise InputRefused(
        f"{source.name}: its lines end with CR alone, as those of Mac programs do, and it has letters beyond "
        "ASCII, which depend on its encoding; say which it is, as a rule with --encoding mac-roman "
        '(or input.encoding = "mac-roman")',
        *({"encoding": encoding} for encoding in likely),
    )


def _nothing(dialect: Dialect) -> str:
    if dialect.above > 1:
        return f"nothing below the {dialect.above} lines that input.skip_lines leaves out"
    return "only blank lines; an empty export is usually a broken export"
