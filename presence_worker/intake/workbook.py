"""A workbook and its sheets as texts; nothing of it is opened before it was looked over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineSheet, SheetTypeEnum, SheetVisibleEnum, load_workbook

from ..errors import InputRefused
from ..text import clean
from .cell_texts import texts_of
from .cells import Cells, Errors
from .containers import intact
from .parts import KIND, Parts
from .table import Record

AREA = 20_000_000  # cells of a sheet from the first to the last; a million takes 32 MB of memory
CHARACTERS = 1 << 28  # of a sheet's texts that stand in many cells
MOST_ERRORS = 100_000  # cells


class Workbook:
    """Owns an XLSX file; raise InputRefused for one that is damaged, or made to fill the memory."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        with whole(name):
            self._parts = Parts(name, file)
            file.seek(0)
            self._book = load_workbook(file)
        sheets = [sheet for sheet in self._book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        self.titles = [sheet.name for sheet in sheets]
        self.visible = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]

    def rows(self, title: str) -> Iterator[Record]:
        """Give the rows of a sheet that are not blank, each as long as the longest; its line is the row."""
        with whole(self._name):
            cells = self._parts.cells(title)
            _refuse_too_large(cells, f"{self._name}, sheet {clean(title, 60)!r}")
            return _records(self._book.get_sheet_by_name(title), cells.errors, self._name)


@contextmanager
def whole(name: str) -> Iterator[None]:
    """Refuse a workbook that cannot be read with one sentence, whatever comes of that."""
    damaged = InputRefused(f"{name}: {KIND} that cannot be read; save it as XLSX or CSV (UTF-8)")
    try:
        with intact(name, KIND):
            yield
    except (CalamineError, ExpatError, LookupError):
        raise damaged from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # python-calamine's, which cannot be imported
            raise
        raise damaged from None


def _refuse_too_large(cells: Cells, where: str) -> None:
    if cells.area > AREA or cells.characters > CHARACTERS:
        raise InputRefused(
            f"{where}: its cells reach from row {cells.top} to row {cells.bottom} and over "
            f"{cells.right - cells.left + 1} columns, which is too much; delete what stands far away "
            "from the table, or save it as CSV (UTF-8)"
        )
    if sum(map(len, cells.errors.values())) > MOST_ERRORS:
        raise InputRefused(f"{where}: more than {MOST_ERRORS} cells with errors such as #REF!; mend it")


def _records(sheet: CalamineSheet, errors: Errors, name: str) -> Iterator[Record]:
    left = sheet.start[1] + 1 if sheet.start else 0
    with whole(name):
        for line, cells in enumerate(sheet.iter_rows(), 1):
            texts = texts_of(cells)
            for column, error in errors.get(line, {}).items():
                texts[column - left] = error
            if any(map(str.strip, texts)):
                yield Record(line, texts)
