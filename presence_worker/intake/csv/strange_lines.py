"""Lines that are not plain rows of CSV: comments, ends of several kinds, quotes that are not closed."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator

MOST_LINES = 100  # of one row
_HIDDEN = {"\r\n": "\0w", "\n": "\0u", "\r": "\0m"}  # no file that is read so has a NUL
UNCLOSED = "the quote that opens here is never closed. Close it"
TEXT_AFTER = (
    "the quote that opens here closes before {place}, but more text follows. "
    "Close it behind that text, or write a quote inside the field twice"
)
TOO_LONG = "a field of more than {longest} characters begins here. Is a quote missing?"
_LINE_END = re.compile(r"\r\n?|\n")


class RowLines:
    """Owns lines; comments come as blank ones, and where ends are mixed, those of one row as one line.

    In a file whose header ends with CRLF, a row that ends with a lone LF may go on. Then the break is inside
    a comment without quotes. It goes on if only that gives it as many cells as the header has. Where rows and
    breaks end alike, they cannot be distinguished.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, comment: str | None, *, is_mixed: bool) -> None:
        self._lines = iter(lines)
        self._ahead = deque[str]()
        self._delimiter = delimiter
        self._comment = comment
        self._is_mixed = is_mixed
        self._end = ""
        self._width = 0  # of the header; 0: it was not read yet
        self._is_between = True  # two records
        self.line_num = 0  # lines read, as editors count them; csv.reader calls it so

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        self.line_num += 1
        if self._is_mixed:
            line = self._rejoin(line)
        if self._is_between and self._comment and line.startswith(self._comment):
            return "\n"  # it stays a line: lines are counted
        self._is_between = False
        return line

    def end_record(self, cells: list[str]) -> None:
        """Note that a record has ended; the first one is the header."""
        self._width = self._width or len(cells)
        self._is_between = True
        for place, cell in enumerate(cells):
            if "\0" in cell:
                cells[place] = _show_ends(cell)

    def _rejoin(self, line: str) -> str:
        end = _end_of(line)
        if not self._width:
            self._end = end  # in the end, that of the last line of the header
        elif self._is_between and end not in (self._end, "") and line.strip():
            return self._whole(line)
        return line

    def _whole(self, line: str) -> str:
        """Return a line with those that follow up to the end of a row, if so it has the cells of one."""
        pieces, number = [line], self._cells(line)
        while 0 < number <= self._width and len(pieces) < MOST_LINES:
            following = (
                next(self._lines, None) if len(self._ahead) < len(pieces) else self._ahead[len(pieces) - 1]
            )
            if following is None:
                break
            if len(self._ahead) < len(pieces):
                self._ahead.append(following)
            more = self._cells(following)
            if not 0 < more < self._width:
                break
            pieces.append(following)
            number += more - 1
            if _end_of(following) in (self._end, ""):
                return self._take(pieces) if number == self._width else line
        return line

    def _take(self, pieces: list[str]) -> str:
        for _ in pieces[1:]:
            self._ahead.popleft()
        self.line_num += len(pieces) - 1
        return "".join([*map(_hide_end, pieces[:-1]), pieces[-1]])

    def _cells(self, line: str) -> int:
        """Return the number of cells of a line that is a record by itself; 0: it is not one."""
        try:
            return max(len(next(csv.reader([line], delimiter=self._delimiter, strict=True))), 1)
        except csv.Error:
            return 0


def _end_of(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else line[-1:] if line.endswith(("\r", "\n")) else ""


def _hide_end(line: str) -> str:
    end = _end_of(line)
    return f"{line.removesuffix(end)}{_HIDDEN[end]}"


def _show_ends(cell: str) -> str:
    for end, hidden in _HIDDEN.items():
        cell = cell.replace(hidden, end)
    return cell


# -- where a broken record goes wrong, which the csv module does not say -------------------------------------


def fault_in(record: str, line: int, delimiter: str) -> str:
    """Return the place of what is wrong with a *record* that begins on *line*, and what it is."""
    fault = _fault(record, delimiter)
    if fault is None:
        return f"line {line}: not valid CSV. Correct that line"
    start, end, words = fault
    place = "line {}, column {}".format
    words = words.format(place=place(*_place(record, end, line)), longest=csv.field_size_limit())
    return f"{place(*_place(record, start, line))}: {words}"


def _fault(record: str, delimiter: str) -> tuple[int, int, str] | None:
    """Return the span of the field that stops the csv module, and why; None where that is not clear."""
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


def _place(record: str, offset: int, line: int) -> tuple[int, int]:
    """Return the line and the column of a character of a record that begins on *line*."""
    ends = [end.end() for end in _LINE_END.finditer(record, 0, offset)]
    return line + len(ends), offset - (ends[-1] if ends else 0) + 1
