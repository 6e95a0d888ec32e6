"""The cells of a sheet as its XML has them: how far they reach, and which are errors.

python-calamine makes room for everything between the first cell and the last one, which no memory has where
one cell strays far away, and it reads errors as empty.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, NoReturn
from xml.parsers import expat

LAST_ROW, LAST_COLUMN = 1 << 20, 1 << 14  # of any sheet
MOST_SHARED = 20_000_000  # texts
MOST_NAMED = 10_000  # sheets, or links to other parts
_COLUMN = re.compile("[A-Z]{1,3}")

Errors = dict[int, dict[int, str]]  # row: column: such as "#N/A"


@dataclass(slots=True, kw_only=True)
class Cells:
    """What there is in a sheet; rows and columns count from 1."""

    top: int = LAST_ROW
    bottom: int = 0
    left: int = LAST_COLUMN
    right: int = 0
    characters: int = 0  # of texts that stand in one place of the file, and in many cells
    errors: Errors = field(default_factory=dict)

    @property
    def area(self) -> int:
        """The number of cells from the first to the last, empty ones included."""
        return max(0, self.bottom - self.top + 1) * max(0, self.right - self.left + 1)


def cells_of(sheet: IO[bytes], lengths: list[int]) -> Cells:
    """Look through the XML of a sheet; *lengths* are those of the texts that cells share.

    Raise ValueError or ExpatError for what is no sheet; numbers that do not rise are none.
    """
    parser = _parser()
    scan = _Scan(parser, lengths)
    parser.ParseFile(sheet)
    return scan.cells


def lengths_of(shared: IO[bytes]) -> list[int]:
    """Give the lengths of the texts that cells share, in the order of the file."""
    lengths: list[int] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "si":
            lengths.append(0)
        elif int(attributes.get("uniqueCount", 0)) > MOST_SHARED:  # for which room would be made
            raise ValueError("more texts than there can be")

    def add(text: str) -> None:
        if lengths:
            lengths[-1] += len(text)

    parser = _parser()
    parser.StartElementHandler, parser.CharacterDataHandler = begin, add
    parser.ParseFile(shared)
    return lengths


def attributes_of(part: IO[bytes], name: str) -> list[dict[str, str]]:
    """Give the attributes of all elements called *name*; raise ValueError for more than anybody has."""
    found: list[dict[str, str]] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == name:
            found.append(attributes)
            if len(found) > MOST_NAMED:
                raise ValueError(name)

    parser = _parser()
    parser.StartElementHandler = begin
    parser.ParseFile(part)
    return found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    return parser


def _refuse_document_type(*_: object) -> NoReturn:
    raise ValueError("a document type")


@lru_cache(maxsize=1000)
def local(name: str) -> str:
    """Give a name without its namespace."""
    return name.rpartition(":")[2]


class _Scan:
    """Takes in what a parser tells of a sheet, one element after the other."""

    def __init__(self, parser: expat.XMLParserType, lengths: list[int]) -> None:
        self.cells = Cells()
        self._parser = parser
        self._lengths = lengths
        self._row = self._column = 0
        self._is_open = False  # a row
        self._kind: str | None = None  # of the cell
        self._text = ""
        self._begin = {"row": self._begin_row, "c": self._begin_cell, "v": self._begin_value, "is": self._use}
        parser.StartElementHandler = self._before

    def _before(self, tag: str, _: dict[str, str]) -> None:
        if local(tag) == "sheetData":
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        begin = self._begin.get(local(tag))
        if begin:
            begin(attributes)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        row = int(attributes.get("r", self._row + 1))
        if self._is_open or not self._row < row <= LAST_ROW:
            raise ValueError("rows out of order")
        self._row, self._column, self._is_open = row, 0, True

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        column = self._column + 1 if place is None else _column(place.removesuffix(str(self._row)))
        if not (self._is_open and self._column < column <= LAST_COLUMN):
            raise ValueError("cells out of order")
        self._column, self._kind = column, attributes.get("t")

    def _begin_value(self, attributes: dict[str, str]) -> None:
        self._use(attributes)
        self._text = ""
        if self._kind in ("s", "e"):
            self._parser.CharacterDataHandler = self._add

    def _use(self, _: dict[str, str]) -> None:
        cells = self.cells
        cells.top, cells.bottom = min(cells.top, self._row), self._row
        cells.left, cells.right = min(cells.left, self._column), max(cells.right, self._column)

    def _add(self, text: str) -> None:
        self._text += text

    def _end(self, tag: str) -> None:
        element = local(tag)
        if element == "v":
            self._end_value()
        elif element == "row":
            self._is_open = False
        elif element == "sheetData":  # what follows has names that are alike
            self._parser.StartElementHandler = self._parser.EndElementHandler = None

    def _end_value(self) -> None:
        self._parser.CharacterDataHandler = None
        if self._kind == "s":
            self.cells.characters += self._lengths[int(self._text)]
        elif self._kind == "e" and self._text:
            self.cells.errors.setdefault(self._row, {})[self._column] = self._text.strip()


@lru_cache(maxsize=LAST_COLUMN)
def _column(letters: str) -> int:
    if not _COLUMN.fullmatch(letters):
        raise ValueError("no cell")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
