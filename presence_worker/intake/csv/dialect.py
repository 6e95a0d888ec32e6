"""How a CSV is cut: by the delimiter with which its header names what we need."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NoReturn, TextIO

from ...errors import InputRefused, JobFacts
from ...failed_csv import RESULT_COLUMNS
from ...sanitize import clean
from ...settings import Input
from ..columns import ALIASES, EXPECTED, candidates, names_what_we_need
from ..header import NEAR, Below
from ..table import Source
from .csv_records import BrokenRecord, Dialect, read_records, rewind

GUESSED = ("utf-8", "cp1252")  # encodings of a file without a mark and without a setting
PIECE = 1 << 20  # characters read together
NUL = "a NUL character. The file is damaged, or it is not a text. Correct the export"
ENDLESS = f"a line of more than {PIECE} characters. Is this file CSV?"
DELIMITERS = ",;\t|"
HEAD = 1 << 18  # characters in which the header is looked for
ENOUGH = 1 << 16  # characters of a line that is broken: fewer than a field may have
_SEP = re.compile(r'"?sep=([^"\r\n\0])"?\1*', re.IGNORECASE)  # Excel's own line, perhaps filled up
_OURS = re.compile(r'_result"?([^"\r\n\0])"?_reason')
FIXED = (
    "no column for people. The columns have a fixed width, or only spaces between them. Export the list as "
    'CSV (SQL*Plus: SET MARKUP CSV ON, sqlcmd: -s ";" -W, psql: --csv)'
)
_UNDERLINED = re.compile(r"\s*-{2,}(?:\s+-{2,})+\s*")
_MARKS = re.compile(r"[^\w\s\"'.()\[\]-]+|\x1f|\x1e|\x01")  # what may stand between two names
NAMES = {"\t": "tab"}  # of delimiters, as settings have them


def head_of(text: TextIO) -> str:
    """Return the first lines, however long they are."""
    return rewind(text).read(HEAD)


def _lines_of(head: str, above: int = 0) -> Iterator[str]:
    """Yield the lines behind the first *above* of them."""
    return islice(io.StringIO(head, newline=""), above, None)


def read_dialect(source: Source, head: str, config: Input) -> Dialect:
    """Return how a file is cut that begins with *head*; raise InputRefused for what is not CSV.

    Of ours nothing is refused, for it may be of JSON that had NULs, and is UTF-8.
    """
    dialect = _recognise(head, config)
    survey = _look_over(source.text, source.name, nul_refused=not dialect.is_ours)
    if dialect.is_ours:
        return dialect
    is_mac = survey.cr and not survey.crlf and next(_lines_of(head)).endswith("\r")  # LF may be in cells
    if is_mac and not survey.is_ascii and not config.encoding and source.encoding in GUESSED:
        _refuse_mac(source)
    return dialect._replace(is_mixed=survey.is_mixed)


def _recognise(head: str, config: Input) -> Dialect:
    """Return how a file is cut, by its first lines.

    A file of ours is read as we wrote it: what the configuration says is meant for the job it came from.
    Else the delimiter is the configured one, or that of Excel's line "sep=;". Without both, it is the one
    with which the header shows most of the columns we need.
    """
    sep = _SEP.fullmatch(next(_lines_of(head), "").rstrip("\r\n"))
    above = 1 if sep else 0
    declared = config.delimiter or (sep[1] if sep else None)
    mine = _delimiter_of_ours(head, above, declared)
    if mine:
        return Dialect(delimiter=mine, above=above, is_ours=True)
    dialect = Dialect(delimiter=declared or ",", above=max(above, config.skip_lines), comment=config.comment)
    return dialect if declared else dialect._replace(delimiter=_delimiter(head, dialect, config))


def _delimiter_of_ours(head: str, above: int, declared: str | None) -> str | None:
    """Return the delimiter with which the header has the columns that we add, None where none has.

    It need not be the one we wrote, nor the *declared* one: a spreadsheet saves with its own.
    """
    odd = _OURS.findall("".join(islice(_lines_of(head, above), NEAR)))[:1]
    delimiters = dict.fromkeys([declared or ",", *DELIMITERS, *odd])
    shown = {mark: names_in(head, Dialect(delimiter=mark, above=above)) for mark in delimiters}
    ours = [mark for mark, names in shown.items() if RESULT_COLUMNS[0] in names]
    return max(ours, key=lambda d: (sum(map(shown[d].count, RESULT_COLUMNS)), len(shown[d])), default=None)


def _delimiter(head: str, dialect: Dialect, config: Input) -> str:
    """Return the delimiter that shows most of the columns we need, else the one that cuts most."""
    return max(DELIMITERS, key=lambda mark: _rank(names_in(head, dialect._replace(delimiter=mark)), config))


def _rank(names: Sequence[str], config: Input) -> tuple[int, int, int]:
    named = sum(bool(candidates(names, key, config)) for key in ALIASES)
    filled = sum(bool(name.strip(DELIMITERS)) for name in names)
    return named, filled, len(names) if filled else 0


def names_in(head: str, dialect: Dialect) -> list[str]:
    """Return the names in the first record; where it is broken, those on its first line, whatever follows."""
    try:
        header = next(read_records(_lines_of(head, dialect.above), dialect, []), None)
        cells = header.cells if header else []
    except BrokenRecord as broken:
        line = next(_lines_of(head, broken.first - 1))
        cells = next(csv.reader([line[:ENOUGH]], delimiter=dialect.delimiter))
    return [name.strip() for name in cells]


# -- the whole text is read once -----------------------------------------------------------------------------


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
        f"{source.name}: the lines end with CR alone, as on an old Mac, so the encoding of letters is "
        'not certain. Set it, usually input.encoding = "mac-roman" (--encoding mac-roman)',
        *({"encoding": encoding} for encoding in likely),
    )


# -- a header that names what we need only if it is cut in another way --------------------------------------


def refuse_another_cut(head: str, above: int, dialect: Dialect, config: Input, where: str) -> None:
    """Raise InputRefused where the header, below so many lines, names what we need if it is cut otherwise."""
    lines = (line.rstrip("\r\n") for line in _lines_of(head, above))
    line = next(lines, "")
    if config.delimiter is None and _is_of_fixed_width(line, next(lines, ""), config):
        raise InputRefused(f"{where}: {FIXED}")
    marks = dict.fromkeys([*DELIMITERS, *_MARKS.findall(line)])
    fitting = (mark for mark in marks if mark != dialect.delimiter and _fits(line, mark, config))
    mark = next(fitting, None)
    if mark is None:
        return
    if len(mark) > 1:
        words = f"the columns are separated by {_mark_in_words(mark)}, which is more than one character."
        raise InputRefused(f'{where}: {words} Export the list with one, such as ";"')
    raise InputRefused(
        f"{where}: {_words(line, mark, dialect, config)}",
        {"delimiter": NAMES.get(mark, mark)},
        facts=JobFacts(columns=names_in(line, Dialect(delimiter=mark)), delimiter=mark),
    )


def _is_of_fixed_width(line: str, below: str, config: Input) -> bool:
    return bool(_UNDERLINED.fullmatch(below)) or names_what_we_need(re.split(" +", line.strip()), config)


def _fits(line: str, mark: str, config: Input) -> bool:
    names = names_in(line, Dialect(delimiter=mark)) if len(mark) == 1 else [*map(str.strip, line.split(mark))]
    return names_what_we_need([name.strip('"') for name in names], config)


def _words(line: str, mark: str, dialect: Dialect, config: Input) -> str:
    ours = _mark_in_words(dialect.delimiter)
    found = ", ".join(clean(name, 60) for name in names_in(line, Dialect(delimiter=dialect.delimiter))[:10])
    separated = f"the columns are separated by {_mark_in_words(mark)}"
    if config.delimiter:
        remedy = f"Remove that setting, or set it to {_mark_in_words(mark)}"
        return f"{separated}, not by {ours} as input.delimiter or --delimiter says. Found: {found}. {remedy}"
    if dialect.above:
        remedy = f"Correct that line, or set input.delimiter = {_mark_in_words(mark)}"
        return f"{separated}, not by {ours} as the first line says. Found: {found}. {remedy}"
    remedy = f"Set input.delimiter = {_mark_in_words(mark)} (--delimiter)"
    return f"no column for people. It seems that {separated}. {remedy}"


def _mark_in_words(mark: str) -> str:
    if mark in NAMES:
        return f'"{NAMES[mark]}"'
    return f'"{mark}"' if mark.isprintable() else " ".join(f"U+{ord(character):04X}" for character in mark)


def lines_below(head: str, above: int, config: Input) -> Iterator[Below]:
    """Yield the next lines of a CSV whose first *above* lines are passed, cut in each way there is."""
    for line, text in enumerate(islice(_lines_of(head, above), NEAR), above + 1):
        for mark in config.delimiter or DELIMITERS:
            yield Below(line, names_in(text, Dialect(delimiter=mark)), mark)


@contextmanager
def refusals_with_delimiter(delimiter: str) -> Iterator[None]:
    """Raise refusals of columns again, with how they were cut."""
    try:
        yield
    except InputRefused as refused:
        words, mark, expected = str(refused).rpartition(f". {EXPECTED}")
        if mark and "looks like a row" not in words:
            refused.args = (
                f"{words} (separated by {_mark_in_words(delimiter)}){mark}{expected}",
                *refused.args[1:],
            )
        raise
