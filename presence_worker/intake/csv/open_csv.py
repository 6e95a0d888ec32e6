"""CSV as spreadsheets and databases write it, read strictly and never guessed at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import NamedTuple, NoReturn, TextIO

from ...errors import InputRefused, JobFacts, refusals_with
from ...settings import Input
from ..columns import names_what_we_need
from ..header import Part, columns_of_failed_csv, columns_of_job
from ..table import Record, Source, Table
from ..wrong_header import refuse_brackets, refuse_preamble
from .csv_records import BrokenRecord, Dialect, fault_in, records_of
from .dialect import head_of, lines_below, recognise, refusals_with_delimiter, refuse_another_cut, rewind

GUESSED = ("utf-8", "cp1252")  # encodings of a file that no mark and no setting tells
PIECE = 1 << 20  # characters looked at together
NUL = "a NUL character; the file is damaged, or not a text; correct the export"
ENDLESS = f"a line that goes on for more than {PIECE} characters; is this CSV?"


class _CsvFile(NamedTuple):
    """A source, and how to understand it."""

    source: Source
    config: Input
    head: Sequence[str]  # its first lines
    dialect: Dialect


def open_csv(source: Source, config: Input) -> Table:
    """Read the header, and be ready for the records; raise InputRefused naming the line."""
    head = head_of(source.text)
    dialect = _survey(source, config, head, recognise(head, config))
    opened, notes = _CsvFile(source, config, head, dialect), list[str]()
    records = _records(opened, notes)
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


def _records(opened: _CsvFile, notes: list[str]) -> Iterator[Record]:
    """Yield the records, the header first; the one that is broken is refused."""
    source, _, _, dialect = opened
    text = rewind(source.text)
    for _ in range(dialect.above):
        text.readline()
    try:
        yield from records_of(text, dialect, notes)
    except BrokenRecord as broken:
        record = "".join(islice(rewind(text), broken.first - 1, broken.last))
        raise InputRefused(f"{source.name}, {fault_in(record, broken.first, dialect.delimiter)}") from None


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
        refuse_another_cut(head[first - 1 :], dialect, config, where)
        refuse_brackets(names, config, where)
        refuse_preamble(header, lines_below(head, config, first), config, where)


def _nothing(dialect: Dialect) -> str:
    if dialect.above > 1:
        return f"nothing below the {dialect.above} lines that input.skip_lines leaves out"
    return "only blank lines; an empty export is usually a broken export"


# -- a first look at the whole text --------------------------------------------------------------------------


@dataclass(slots=True)
class _Survey:
    """What there is in a text; it grows while that is looked over."""

    crlf: int = 0  # line ends of each kind
    lf: int = 0
    cr: int = 0
    is_ascii: bool = True

    @property
    def is_mixed(self) -> bool:
        """Return whether lines end in different ways."""
        return (self.crlf > 0) + (self.lf > 0) + (self.cr > 0) > 1

    def add(self, piece: str, *, after_return: bool) -> None:
        """Count a piece in; *after_return*: a line feed at its start ends no line of its own."""
        self.is_ascii = self.is_ascii and piece.isascii()
        returns = piece.count("\r")
        pairs = (piece.count("\r\n") if returns else 0) + (after_return and piece.startswith("\n"))
        self.crlf += pairs
        self.lf += piece.count("\n") - pairs
        self.cr += returns - pairs


def _survey(source: Source, config: Input, head: Sequence[str], dialect: Dialect) -> Dialect:
    """Return the dialect with what a look at the whole text tells; raise InputRefused for what is no CSV.

    Of ours nothing is refused, for it may be of JSON that had NULs, and is UTF-8.
    """
    survey = _look_over(source.text, source.name, nul_refused=not dialect.is_ours)
    if dialect.is_ours:
        return dialect
    is_mac = survey.cr and not survey.crlf and head[0].endswith("\r")  # LF may be in cells
    if is_mac and not survey.is_ascii and not config.encoding and source.encoding in GUESSED:
        _refuse_mac(source)
    return replace(dialect, is_mixed=survey.is_mixed)


def _look_over(text: TextIO, name: str, *, nul_refused: bool) -> _Survey:
    """Refuse a text with a line that does not end, so that it can be read line by line, or with a NUL."""
    text.seek(0)
    offset, after_return, survey = 0, False, _Survey()
    for piece in iter(partial(text.read, PIECE), ""):
        if nul_refused and "\0" in piece:
            place = _place_in(text, offset + piece.index("\0"))
            raise InputRefused(f"{name}, {place}: {NUL}")
        if len(piece) == PIECE and "\n" not in piece and "\r" not in piece:
            raise InputRefused(f"{name}, {_place_in(text, offset)}: {ENDLESS}")
        survey.add(piece, after_return=after_return)
        offset, after_return = offset + len(piece), piece.endswith("\r")
    return survey


def _place_in(text: TextIO, offset: int) -> str:
    """Return the line and the column of a character of a file."""
    text.seek(0)
    line, column = 1, 1
    for piece in iter(partial(text.readline, PIECE), ""):
        if offset < len(piece):
            break
        offset -= len(piece)
        line, column = (line + 1, 1) if piece.endswith(("\n", "\r")) else (line, column + len(piece))
    return f"line {line}, column {column + offset}"


def _refuse_mac(source: Source) -> NoReturn:
    """Refuse letters beyond ASCII where CR ends the lines: programs that do so have their own encodings."""
    likely = dict.fromkeys(("utf-8" if source.encoding == "utf-8" else "mac-roman", "mac-roman", "cp1252"))
    raise InputRefused(
        f"{source.name}: its lines end with CR alone, as those of Mac programs do, and it has letters beyond "
        "ASCII, which depend on its encoding; say which it is, as a rule with --encoding mac-roman "
        '(or input.encoding = "mac-roman")',
        *({"encoding": encoding} for encoding in likely),
    )
