"""How a CSV is cut: what stands above its header, and the delimiter that the header shows."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from ...failed_csv import RESULT_COLUMNS
from ...settings import Input
from ..columns import ALIASES, candidates
from ..wrong_header import NEAR, Below
from .csv_records import BrokenRecord, records_of

DELIMITERS = ",;\t|"
HEAD = 1 << 18  # characters in which the header is looked for
ENOUGH = 1 << 16  # characters of a line that is broken: fewer than a field may have
MARK = "\ufeff"  # one that decoding has left, as there were two
_SEP = re.compile(r'"?sep=([^"\r\n\0])"?\1*', re.IGNORECASE)  # Excel's own line, perhaps filled up
_OURS = re.compile(r'_result"?([^"\r\n\0])"?_reason')


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How to read a CSV."""

    delimiter: str
    above: int  # lines before those in which the header is
    comment: str | None
    ours: bool  # it is a failed.csv or unprocessed.csv


def rewind(text: TextIO) -> TextIO:
    """Go back to the start, and past a second byte-order mark."""
    text.seek(0)
    doubled = text.read(1) == MARK
    text.seek(0)
    text.read(doubled)
    return text


def head_of(text: TextIO) -> list[str]:
    """Give the first lines, however long they are."""
    return list(io.StringIO(rewind(text).read(HEAD), newline=""))


def recognise(head: Sequence[str], config: Input) -> Dialect:
    """Tell how the file that begins with the lines *head* is cut.

    A file of ours is read as we wrote it: what the configuration says is meant for the job it came from.
    Else the delimiter is the configured one, or that of a line "sep=;", which is Excel's, or the one with
    which the header shows most of the columns we need.
    """
    sep = _SEP.fullmatch(head[0].rstrip("\r\n")) if head else None
    above = 1 if sep else 0
    told = config.delimiter or (sep[1] if sep else None)
    mine = _delimiter_of_ours(head[above:], told)
    if mine:
        return Dialect(delimiter=mine, above=above, comment=None, ours=True)
    above = max(above, config.skip_lines)
    delimiter = told or _delimiter(head[above:], config)
    return Dialect(delimiter=delimiter, above=above, comment=config.comment, ours=False)


def lines_below(head: Sequence[str], config: Input, above: int) -> Iterator[Below]:
    """Yield the next lines of a CSV whose first *above* lines are passed, cut in each way there is."""
    for line, text in enumerate(head[above : above + NEAR], above + 1):
        for delimiter in config.delimiter or DELIMITERS:
            yield Below(line, names_in([text], delimiter), delimiter)


def _delimiter_of_ours(lines: Sequence[str], told: str | None) -> str | None:
    """Give the delimiter with which the header has the columns that we add, None where none has.

    It need not be the one we wrote, nor the one we were *told*: a spreadsheet saves with its own.
    """
    odd = _OURS.findall("".join(lines[:NEAR]))[:1]
    shown = {d: names_in(lines, d) for d in dict.fromkeys([told or ",", *DELIMITERS, *odd])}
    ours = [delimiter for delimiter, names in shown.items() if RESULT_COLUMNS[0] in names]
    return max(ours, key=lambda d: (sum(map(shown[d].count, RESULT_COLUMNS)), len(shown[d])), default=None)


def _delimiter(lines: Sequence[str], config: Input) -> str:
    """Give the delimiter that shows most of the columns we need, else the one that cuts most."""
    return max(DELIMITERS, key=lambda d: _rank(names_in(lines, d, config.comment), config))


def _rank(names: Sequence[str], config: Input) -> tuple[int, int, int]:
    named = sum(bool(candidates(names, key, config)) for key in ALIASES)
    filled = sum(bool(name.strip(DELIMITERS)) for name in names)
    return named, filled, len(names) if filled else 0


def names_in(lines: Sequence[str], delimiter: str, comment: str | None = None) -> list[str]:
    """Give the names in the first record; where it is broken, those on its first line, whatever follows."""
    try:
        header = next(records_of(lines, delimiter, comment=comment), None)
        cells = header.cells if header else []
    except BrokenRecord as broken:
        cells = next(csv.reader([lines[broken.first - 1][:ENOUGH]], delimiter=delimiter))
    return [name.strip() for name in cells]
