"""The rows of a sheet as its XML has them, each as the texts that a person reads in it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element

from ..table import FORMULA, Record
from .cell_format import CellReader
from .package import at_most, local_name, read_elements

LAST_ROW, LAST_COLUMN = 1 << 20, 1 << 14  # of any sheet
MOST = 100_000  # merged places of a sheet; more are an attack
MOST_AT_ONCE = 1000  # that reach into one row
_COLUMN = re.compile("[A-Z]{1,3}")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?", re.ASCII)
TRUE = ("1", "true")


class Area(NamedTuple):
    """A rectangle of cells; rows and columns count from 1."""

    top: int
    left: int
    bottom: int
    right: int


def parse_area(reference: str) -> Area:
    """Read a reference such as "C2:C4"; raise ValueError for what is none."""
    found = _AREA.fullmatch(reference)
    if not found:
        raise ValueError(reference)
    left, top, right, bottom = found.groups()
    right, bottom = right or left, bottom or top
    area = Area(int(top), column_number(left), int(bottom), column_number(right))
    if not (0 < area.top <= area.bottom <= LAST_ROW and area.left <= area.right):
        raise ValueError(reference)
    return area


@lru_cache(maxsize=LAST_COLUMN)
def column_number(letters: str) -> int:
    """Return the number of a column; raise ValueError for what is none."""
    number = 0
    for letter in letters if _COLUMN.fullmatch(letters) else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    if not 0 < number <= LAST_COLUMN:
        raise ValueError(letters)
    return number


def read_merges(sheet: IO[bytes]) -> list[Area]:
    """Return the merged places of a sheet, from top to bottom; raise ValueError for too many."""
    found = read_elements(sheet, {"sheetData": "row", "mergeCells": "mergeCell"})
    references = (element.get("ref", "") for element in found if local_name(element.tag) == "mergeCell")
    return sorted(map(parse_area, at_most(references, MOST)))


class CoveredCells:
    """Owns what reaches into the rows below; rows are given to it from top to bottom."""

    def __init__(self, merges: Iterable[Area]) -> None:
        self._merges = [*merges][::-1]
        self._shown: dict[int, tuple[Area, str]] = {}  # by its column on the left
        self._formulas: list[Area] = []

    def add_formula(self, area: Area) -> None:
        """Cover the cells of a formula whose values were not kept."""
        self._formulas.append(area)

    def fill(self, row: int, cells: list[str]) -> bool:
        """Write into the *cells* of a row what a person sees, and return whether it has anything of its own.

        A row that has not is left as it is.
        """
        if not (self._merges or self._shown or self._formulas):
            return any(map(str.strip, cells))
        self._begin(row, cells)
        self._shown = {left: shown for left, shown in self._shown.items() if shown[0].bottom >= row}
        self._formulas = [area for area in self._formulas if area.bottom >= row]
        self._refuse_too_many()
        for area, _ in self._shown.values():
            _blank(cells, area, keep_first=area.top == row)
        if not any(map(str.strip, cells)):
            return False
        for area, text in self._shown.values():
            _write(cells, area.left, text)
        for area in self._formulas:
            for column in range(area.left, area.right + 1):
                if column > len(cells) or not cells[column - 1]:
                    _write(cells, column, FORMULA)
        return True

    def _begin(self, row: int, cells: list[str]) -> None:
        while self._merges and self._merges[-1].top <= row:
            area = self._merges.pop()
            has_text = area.top == row and area.left <= len(cells)
            self._shown[area.left] = area, cells[area.left - 1] if has_text else ""

    def _refuse_too_many(self) -> None:
        areas = [*(area for area, _ in self._shown.values()), *self._formulas]
        if len(areas) > MOST_AT_ONCE or sum(area.right - area.left for area in areas) > 2 * LAST_COLUMN:
            raise ValueError("cells that are covered again and again")


def _blank(cells: list[str], area: Area, *, keep_first: bool) -> None:
    """Remove what stands under the cell that is seen."""
    for column in range(area.left + keep_first, min(area.right, len(cells)) + 1):
        cells[column - 1] = ""


def _write(cells: list[str], column: int, text: str) -> None:
    if text:
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that is being read."""

    title: str
    rows: Iterator[Record]  # those that are not blank; "hidden" is what the workbook says
    merges: list[Area]  # from top to bottom
    hidden_columns: set[int] = field(default_factory=set)  # from 1; whole when the first row was read


def read_rows(part: IO[bytes], reader: CellReader, merges: list[Area], hidden: set[int]) -> Iterator[Record]:
    """Yield the rows of a sheet that have something in them; the *hidden* columns are added to those given.

    Raise one of `DAMAGE`, ParseError, ExpatError or LookupError for what is not a sheet.
    """
    covers = CoveredCells(merges)
    line = 0
    for element in read_elements(part, {"cols": "col", "sheetData": "row"}):
        if local_name(element.tag) == "col":
            hidden.update(_places_hidden(element))
            continue
        row = int(element.get("r", line + 1))
        if not line < row <= LAST_ROW:
            raise ValueError("rows out of order")
        line = row
        cells = _cells(element, line, reader, covers)
        if covers.fill(line, cells):
            yield Record(line, cells, _is_hidden(element))


def _cells(row: Element, line: int, reader: CellReader, covers: CoveredCells) -> list[str]:
    found: list[str] = []
    column, number = 0, str(line)
    for cell in row:
        if local_name(cell.tag) != "c":
            continue
        place, before = cell.get("r"), column
        column = column + 1 if place is None else column_number(place.removesuffix(number))
        if column <= before:
            raise ValueError("cells out of order")
        text = reader.read(cell)
        if text:
            if column > len(found) + 1:
                found.extend([""] * (column - len(found) - 1))
            found.append(text)
            if text is FORMULA:
                _cover_formula(cell, covers)
    return found


def _cover_formula(cell: Element, covers: CoveredCells) -> None:
    """Cover the other cells of a formula that gives values to several."""
    for formula in cell:
        is_array = local_name(formula.tag) == "f" and formula.get("t") != "shared"
        if is_array and (reference := formula.get("ref")):
            covers.add_formula(parse_area(reference))


def _is_hidden(row: Element) -> bool:
    """Return whether a row cannot be seen: hidden by a filter, by hand, in a closed group, or without height.

    The default of a sheet, zeroHeight, is for the rows that it does not have.
    """
    return row.get("hidden") in TRUE or float(row.get("ht", "1")) == 0


def _places_hidden(columns: Element) -> range:
    if columns.get("hidden") not in TRUE:
        return range(0)
    return range(max(int(columns.attrib["min"]), 1), min(int(columns.attrib["max"]), LAST_COLUMN) + 1)
