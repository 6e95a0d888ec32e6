"""Line breaks inside comments without quotes: known by their kind, where rows end in another one.

In a file whose header ends with CRLF, a row that ends with a lone LF goes on, if only that gives it as many
cells as the header has. Where rows and breaks end alike, nothing tells them apart.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator

MOST_LINES = 100  # of one row
_HIDDEN = {"\r\n": "\0w", "\n": "\0u", "\r": "\0m"}  # no file that is read so has a NUL


class Rejoined:
    """Owns lines; those that are one row come as one line, with hidden breaks."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self._lines = iter(lines)
        self._ahead = deque[str]()
        self._delimiter = delimiter
        self._end = ""
        self._width = 0  # of the header; 0: it was not read yet
        self.taken = 0  # lines, as editors count them
        self.between = True  # two records

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        end = _end_of(line)
        self.taken += 1
        if not self._width:
            self._end = end  # in the end, that of the last line of the header
        elif self.between and end not in (self._end, "") and line.strip():
            line = self._whole(line)
        self.between = False
        return line

    def ended(self, cells: list[str]) -> None:
        """Take note that a record has ended; the first one is the header."""
        self._width = self._width or len(cells)
        self.between = True
        for place, cell in enumerate(cells):
            if "\0" in cell:
                cells[place] = _shown(cell)

    def _whole(self, line: str) -> str:
        """Give a line with those that follow up to the end of a row, if so it has the cells of one."""
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
                return self._joined(pieces) if number == self._width else line
        return line

    def _joined(self, pieces: list[str]) -> str:
        for _ in pieces[1:]:
            self._ahead.popleft()
        self.taken += len(pieces) - 1
        return "".join([*map(_hidden, pieces[:-1]), pieces[-1]])

    def _cells(self, line: str) -> int:
        """Count the cells of a line that is a record by itself; 0: it is not one."""
        try:
            return max(len(next(csv.reader([line], delimiter=self._delimiter, strict=True))), 1)
        except csv.Error:
            return 0


def _end_of(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else line[-1:] if line.endswith(("\r", "\n")) else ""


def _hidden(line: str) -> str:
    end = _end_of(line)
    return f"{line.removesuffix(end)}{_HIDDEN[end]}"


def _shown(cell: str) -> str:
    for end, hidden in _HIDDEN.items():
        cell = cell.replace(hidden, end)
    return cell
