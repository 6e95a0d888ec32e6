"""How a CSV is cut: by the delimiter with which its header names what we need."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from ...errors import InputRefused, JobFacts
from ...failed_csv import RESULT_COLUMNS
from ...sanitize import clean
from ...settings import Input
from ..columns import ALIASES, EXPECTED, candidates, names_what_we_need
from ..wrong_header import NEAR, Below
from .csv_records import BrokenRecord, Dialect, records_of

DELIMITERS = ",;\t|"
HEAD = 1 << 18  # characters in which the header is looked for
ENOUGH = 1 << 16  # characters of a line that is broken: fewer than a field may have
MARK = "\ufeff"  # one that decoding has left, as there were two
_SEP = re.compile(r'"?sep=([^"\r\n\0])"?\1*', re.IGNORECASE)  # Excel's own line, perhaps filled up
_OURS = re.compile(r'_result"?([^"\r\n\0])"?_reason')
FIXED = (
    "no column for people: the columns have a fixed width, or only spaces between them; export the list as "
    'CSV: in SQL*Plus with SET MARKUP CSV ON, in sqlcmd with -s ";" -W, in psql with --csv'
)
_UNDERLINED = re.compile(r"\s*-{2,}(?:\s+-{2,})+\s*")
_MARKS = re.compile(r"[^\w\s\"'.()\[\]-]+|\x1f|\x1e|\x01")  # what may stand between two names
NAMES = {"\t": "tab"}  # of delimiters, as settings have them


def rewind(text: TextIO) -> TextIO:
    """Return the text at its start, past a second byte-order mark."""
    text.seek(0)
    doubled = text.read(1) == MARK
    text.seek(0)
    text.read(doubled)
    return text


def head_of(text: TextIO) -> list[str]:
    """Return the first lines, however long they are."""
    return list(io.StringIO(rewind(text).read(HEAD), newline=""))


def recognise(head: Sequence[str], config: Input) -> Dialect:
    """Return how the file that begins with the lines *head* is cut.

    A file of ours is read as we wrote it: what the configuration says is meant for the job it came from.
    Else the delimiter is the configured one, or that of a line "sep=;", which is Excel's, or the one with
    which the header shows most of the columns we need.
    """
    sep = _SEP.fullmatch(head[0].rstrip("\r\n")) if head else None
    above = 1 if sep else 0
    told = config.delimiter or (sep[1] if sep else None)
    mine = _delimiter_of_ours(head[above:], told)
    if mine:
        return Dialect(delimiter=mine, above=above, is_ours=True)
    above = max(above, config.skip_lines)
    delimiter = told or _delimiter(head[above:], config)
    return Dialect(delimiter=delimiter, above=above, comment=config.comment)


def lines_below(head: Sequence[str], config: Input, above: int) -> Iterator[Below]:
    """Yield the next lines of a CSV whose first *above* lines are passed, cut in each way there is."""
    for line, text in enumerate(head[above : above + NEAR], above + 1):
        for delimiter in config.delimiter or DELIMITERS:
            yield Below(line, names_in([text], delimiter), delimiter)


def _delimiter_of_ours(lines: Sequence[str], told: str | None) -> str | None:
    """Return the delimiter with which the header has the columns that we add, None where none has.

    It need not be the one we wrote, nor the one we were *told*: a spreadsheet saves with its own.
    """
    odd = _OURS.findall("".join(lines[:NEAR]))[:1]
    shown = {d: names_in(lines, d) for d in dict.fromkeys([told or ",", *DELIMITERS, *odd])}
    ours = [delimiter for delimiter, names in shown.items() if RESULT_COLUMNS[0] in names]
    return max(ours, key=lambda d: (sum(map(shown[d].count, RESULT_COLUMNS)), len(shown[d])), default=None)


def _delimiter(lines: Sequence[str], config: Input) -> str:
    """Return the delimiter that shows most of the columns we need, else the one that cuts most."""
    return max(DELIMITERS, key=lambda d: _rank(names_in(lines, d, config.comment), config))


def _rank(names: Sequence[str], config: Input) -> tuple[int, int, int]:
    named = sum(bool(candidates(names, key, config)) for key in ALIASES)
    filled = sum(bool(name.strip(DELIMITERS)) for name in names)
    return named, filled, len(names) if filled else 0


def names_in(lines: Sequence[str], delimiter: str, comment: str | None = None) -> list[str]:
    """Return the names in the first record; where it is broken, those on its first line, whatever follows."""
    try:
        header = next(records_of(lines, Dialect(delimiter=delimiter, comment=comment), []), None)
        cells = header.cells if header else []
    except BrokenRecord as broken:
        cells = next(csv.reader([lines[broken.first - 1][:ENOUGH]], delimiter=delimiter))
    return [name.strip() for name in cells]


# -- a header that names what we need only if it is cut in another way --------------------------------------


def refuse_another_cut(lines: Sequence[str], dialect: Dialect, config: Input, where: str) -> None:
    """Raise InputRefused where the first of *lines*, a header, names what we need if it is cut otherwise."""
    line = lines[0].rstrip("\r\n")
    if config.delimiter is None and _is_of_fixed_width(lines, config):
        raise InputRefused(f"{where}: {FIXED}")
    marks = dict.fromkeys([*DELIMITERS, *_MARKS.findall(line)])
    fitting = (mark for mark in marks if mark != dialect.delimiter and _fits(line, mark, config))
    mark = next(fitting, None)
    if mark is None:
        return
    if len(mark) > 1:
        words = f"the columns are separated by {_mark_in_words(mark)}, which is more than one character"
        raise InputRefused(f'{where}: {words}; export the list with one, such as ";"')
    raise InputRefused(
        f"{where}: {_words(line, mark, dialect, config)}",
        {"delimiter": NAMES.get(mark, mark)},
        facts=JobFacts(columns=names_in([line], mark), delimiter=mark),
    )


def _is_of_fixed_width(lines: Sequence[str], config: Input) -> bool:
    underlined = len(lines) > 1 and _UNDERLINED.fullmatch(lines[1].rstrip("\r\n"))
    return bool(underlined) or names_what_we_need(re.split(" +", lines[0].strip()), config)


def _fits(line: str, mark: str, config: Input) -> bool:
    names = names_in([line], mark) if len(mark) == 1 else [*map(str.strip, line.split(mark))]
    return names_what_we_need([name.strip('"') for name in names], config)


def _words(line: str, mark: str, dialect: Dialect, config: Input) -> str:
    ours = _mark_in_words(dialect.delimiter)
    found = ", ".join(clean(name, 60) for name in names_in([line], dialect.delimiter)[:10])
    separated = f"the columns are separated by {_mark_in_words(mark)}"
    if config.delimiter:
        remedy = f"leave that out, or set it to {_mark_in_words(mark)}"
        return f"{separated}, not by {ours} as input.delimiter or --delimiter says (found: {found}); {remedy}"
    if dialect.above:
        remedy = f"correct that line, or set input.delimiter = {_mark_in_words(mark)}"
        return f"{separated}, not by {ours} as the first line says (found: {found}); {remedy}"
    remedy = f"set input.delimiter = {_mark_in_words(mark)} (or run it with --delimiter)"
    return f"no column for people: {separated}; {remedy}"


def _mark_in_words(mark: str) -> str:
    if mark in NAMES:
        return f'"{NAMES[mark]}"'
    return f'"{mark}"' if mark.isprintable() else " ".join(f"U+{ord(character):04X}" for character in mark)


@contextmanager
def refusals_with_delimiter(delimiter: str) -> Iterator[None]:
    """Raise refusals of columns again, with how they were cut."""
    try:
        yield
    except InputRefused as refused:
        words, mark, expected = str(refused).rpartition(f"; {EXPECTED}")
        if mark and "looks like a row" not in words:
            refused.args = (
                f"{words} (separated by {_mark_in_words(delimiter)}){mark}{expected}",
                *refused.args[1:],
            )
        raise
