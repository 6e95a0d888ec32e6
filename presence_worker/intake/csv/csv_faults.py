"""Where a broken CSV goes wrong: line and column, which the csv module does not tell."""

import csv
import re
from dataclasses import dataclass
from functools import partial
from typing import NoReturn, TextIO

from ...errors import InputRefused

PIECE = 1 << 20  # characters looked at together
NUL = "a NUL character; the file is damaged, or not a text; correct the export"
ENDLESS = f"a line that goes on for more than {PIECE} characters; is this CSV?"
UNCLOSED = "the quote that opens here is never closed; close it"
TEXT_AFTER = (
    "the quote that opens here is closed before {place}, where text follows; "
    "is it not closed where it should be, or is a quote inside the field not written twice?"
)
TOO_LONG = "a field of more than {longest} characters begins here; is a quote missing?"
_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(slots=True)
class Survey:
    """What there is in a text; it grows while that is looked over."""

    crlf: int = 0  # line ends of each kind
    lf: int = 0
    cr: int = 0
    is_ascii: bool = True

    @property
    def mixed(self) -> bool:
        """Whether lines end in different ways."""
        return (self.crlf > 0) + (self.lf > 0) + (self.cr > 0) > 1

    def add(self, piece: str, *, after_return: bool) -> None:
        """Count a piece in; *after_return*: a line feed at its start ends no line of its own."""
        self.is_ascii = self.is_ascii and piece.isascii()
        returns = piece.count("\r")
        pairs = (piece.count("\r\n") if returns else 0) + (after_return and piece.startswith("\n"))
        self.crlf += pairs
        self.lf += piece.count("\n") - pairs
        self.cr += returns - pairs


def look_over(text: TextIO, name: str, *, nul_refused: bool) -> Survey:
    """Refuse a text with a line that does not end, so that it can be read line by line, or with a NUL."""
    text.seek(0)
    offset, after_return, survey = 0, False, Survey()
    for piece in iter(partial(text.read, PIECE), ""):
        if nul_refused and "\0" in piece:
            _refuse(name, *_place_in(text, offset + piece.index("\0")), NUL)
        if len(piece) == PIECE and "\n" not in piece and "\r" not in piece:
            _refuse(name, *_place_in(text, offset), ENDLESS)
        survey.add(piece, after_return=after_return)
        offset, after_return = offset + len(piece), piece.endswith("\r")
    return survey


def refuse_record(record: str, line: int, name: str, delimiter: str) -> NoReturn:
    """Raise InputRefused for a *record* that the csv module could not read, and that begins on *line*."""
    fault = _fault(record, delimiter)
    if fault is None:
        raise InputRefused(f"{name}, line {line}: not valid CSV")
    start, end, words = fault
    place = "line {}, column {}".format(*_place(record, end, line))
    _refuse(name, *_place(record, start, line), words.format(place=place, longest=csv.field_size_limit()))


def _refuse(name: str, line: int, column: int, words: str) -> NoReturn:
    raise InputRefused(f"{name}, line {line}, column {column}: {words}")


def _fault(record: str, delimiter: str) -> tuple[int, int, str] | None:
    """Go through a record as the csv module does, up to the field that stops it; give its span, and why."""
    field = re.compile(rf'"(?P<quoted>(?:[^"]++|"")*+)(?P<closed>"?)|[^{re.escape(delimiter)}\r\n]*+')
    at = 0
    while found := field.match(record, at):
        start, at = found.span()
        quoted = found["quoted"]
        if len(found[0] if quoted is None else quoted.replace('""', '"')) > csv.field_size_limit():
            return start, at, TOO_LONG
        if quoted is not None and not found["closed"]:
            return start, at, UNCLOSED
        if record[at : at + 1] != delimiter:
            ended = record[at : at + 1] in ("", "\r", "\n")
            return None if ended else (start, at, TEXT_AFTER)
        at += 1
    return None


def _place_in(text: TextIO, offset: int) -> tuple[int, int]:
    """Give the line and the column of a character of a file, 1-based."""
    text.seek(0)
    line, column = 1, 1
    for piece in iter(partial(text.readline, PIECE), ""):
        if offset < len(piece):
            break
        offset -= len(piece)
        line, column = (line + 1, 1) if piece.endswith(("\n", "\r")) else (line, column + len(piece))
    return line, column + offset


def _place(record: str, offset: int, line: int) -> tuple[int, int]:
    """Give the same of a character of a record that begins on *line*."""
    ends = [end.end() for end in _LINE_END.finditer(record, 0, offset)]
    return line + len(ends), offset - (ends[-1] if ends else 0) + 1
