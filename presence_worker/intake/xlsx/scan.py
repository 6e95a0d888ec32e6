"""The rows of a sheet as its XML has them, each as the texts that a person reads in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element

from ..table import FORMULA, Record
from .cell_format import Texts
from .elements import elements, local
from .merged_cells import LAST_COLUMN, LAST_ROW, Area, Covers, area_of, column_of

TRUE = ("1", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet that is being read."""

    title: str
    rows: Iterator[Record]  # those that are not blank; "hidden" is what the workbook says
    merges: list[Area]  # from top to bottom
    hidden_columns: set[int] = field(default_factory=set)  # from 1; whole when the first row was read


def rows_of(part: IO[bytes], texts: Texts, merges: list[Area], hidden: set[int]) -> Iterator[Record]:
    """Yield the rows of a sheet that have something in them; the *hidden* columns are added to those given.

    Raise one of `DAMAGE`, ParseError, ExpatError or LookupError for what is not a sheet.
    """
    covers = Covers(merges)
    line = 0
    for element in elements(part, {"cols": "col", "sheetData": "row"}):
        if local(element.tag) == "col":
            hidden.update(_hidden(element))
            continue
        row = int(element.get("r", line + 1))
        if not line < row <= LAST_ROW:
            raise ValueError("rows out of order")
        line = row
        cells = _cells(element, line, texts, covers)
        if covers.fill(line, cells):
            yield Record(line, cells, _is_hidden(element))


def _cells(row: Element, line: int, texts: Texts, covers: Covers) -> list[str]:
    found: list[str] = []
    column, number = 0, str(line)
    for cell in row:
        if local(cell.tag) != "c":
            continue
        place, before = cell.get("r"), column
        column = column + 1 if place is None else column_of(place.removesuffix(number))
        if column <= before:
            raise ValueError("cells out of order")
        text = texts.of(cell)
        if text:
            if column > len(found) + 1:
                found.extend([""] * (column - len(found) - 1))
            found.append(text)
            if text is FORMULA:
                _take_in(cell, covers)
    return found


def _take_in(cell: Element, covers: Covers) -> None:
    """Remember the other cells of a formula that gives values to several."""
    for formula in cell:
        if local(formula.tag) == "f" and (reference := formula.get("ref")) and formula.get("t") != "shared":
            covers.add_formula(area_of(reference))


def _is_hidden(row: Element) -> bool:
    """Whether a row cannot be seen: hidden by a filter, by hand, in a closed group, or without height.

    The default of a sheet, zeroHeight, is for the rows that it does not have.
    """
    return row.get("hidden") in TRUE or float(row.get("ht", "1")) == 0


def _hidden(columns: Element) -> range:
    if columns.get("hidden") not in TRUE:
        return range(0)
    return range(max(int(columns.attrib["min"]), 1), min(int(columns.attrib["max"]), LAST_COLUMN) + 1)
