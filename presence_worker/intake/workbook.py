"""A workbook, looked over before it is opened, and its sheets as texts."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineSheet, SheetTypeEnum, SheetVisibleEnum, load_workbook

from ..errors import InputRefused
from ..text import clean
from .cell_texts import texts_of
from .cells import Cells, Errors, cells_of, elements_of, lengths_of, local
from .containers import CHUNK, Bounds, intact, refuse_unreadable
from .table import Record

BOUNDS = Bounds(most=1 << 30)  # of all parts of a workbook together
AREA = 20_000_000  # cells of a sheet from the first to the last; a million takes 32 MB of memory
CHARACTERS = 1 << 28  # of a sheet's texts that stand in many cells
MOST_ERRORS = 100_000  # cells
MOST_SHEETS = 10_000
BOOK, LINKS, SHARED = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedstrings.xml"
KIND = "an XLSX workbook"


class Workbook:
    """Owns an XLSX file; raise InputRefused for one that is damaged, or made to fill the memory."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        with self._whole():
            self._archive = zipfile.ZipFile(file)
            self._parts = {_plain(part.filename): part for part in self._archive.infolist()}
            self._look_over(file)
            self._paths = self._find_sheets()
            self._lengths = self._read(SHARED, lengths_of) if SHARED in self._parts else []
            file.seek(0)
            self._book = load_workbook(file)
        sheets = [sheet for sheet in self._book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        self.titles = [sheet.name for sheet in sheets]
        self.visible = [sheet.name for sheet in sheets if sheet.visible is SheetVisibleEnum.Visible]

    def rows(self, title: str) -> Iterator[Record]:
        """Yield the rows of a sheet that are not blank, each as long as the longest; its line is the row."""
        with self._whole():
            cells = self._read(self._paths[title], lambda sheet: cells_of(sheet, self._lengths))
            self._refuse_too_large(title, cells)
            sheet = self._book.get_sheet_by_name(title)
        return self._records(sheet, cells.errors)

    def _records(self, sheet: CalamineSheet, errors: Errors) -> Iterator[Record]:
        left = sheet.start[1] + 1 if sheet.start else 0
        with self._whole():
            for line, cells in enumerate(sheet.iter_rows(), 1):
                texts = texts_of(cells)
                for column, error in errors.get(line, {}).items():
                    texts[column - left] = error
                if any(map(str.strip, texts)):
                    yield Record(line, texts)

    def _look_over(self, file: IO[bytes]) -> None:
        """Unpack every part once, and count what comes out."""
        parts = self._archive.infolist()
        if len(parts) != len(self._parts):
            raise ValueError("two parts with one name")
        refuse_unreadable(self._name, KIND, parts)
        left = BOUNDS.of(file)
        for part in parts:
            with self._archive.open(part) as inside:
                while chunk := inside.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        words = "that unpacks to far more than a table; save it as CSV (UTF-8)"
                        raise InputRefused(f"{self._name}: {KIND} {words}")

    def _find_sheets(self) -> dict[str, str]:
        """Give the path of each sheet, by its title, as python-calamine finds it."""
        sheets = self._read(BOOK, lambda part: elements_of(part, "sheet", MOST_SHEETS))
        links = self._read(LINKS, lambda part: elements_of(part, "Relationship", MOST_SHEETS))
        targets = {link["Id"]: _plain(link["Target"]) for link in links}
        paths = {sheet["name"]: _absolute(targets[_link_of(sheet)]) for sheet in sheets}
        if len(targets) != len(links) or len(paths) != len(sheets):
            raise ValueError("two sheets with one name")
        return paths

    def _read(self, path: str, look: Callable[[IO[bytes]], Any]) -> Any:
        with self._archive.open(self._parts[path]) as part:
            return look(part)

    def _refuse_too_large(self, title: str, cells: Cells) -> None:
        where = f"{self._name}, sheet {clean(title, 60)!r}"
        if cells.area > AREA or cells.characters > CHARACTERS:
            raise InputRefused(
                f"{where}: its cells reach from row {cells.top} to row {cells.bottom} and over "
                f"{cells.right - cells.left + 1} columns, which is too much; delete what stands far away "
                "from the table, or save it as CSV (UTF-8)"
            )
        if sum(map(len, cells.errors.values())) > MOST_ERRORS:
            raise InputRefused(f"{where}: more than {MOST_ERRORS} cells with errors such as #REF!; mend it")

    @contextmanager
    def _whole(self) -> Iterator[None]:
        try:
            with intact(self._name, KIND):
                yield
        except (CalamineError, ExpatError, LookupError, StopIteration):
            raise self._damaged() from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # a bug of the library: it cannot be imported
                raise
            raise self._damaged() from None

    def _damaged(self) -> InputRefused:
        return InputRefused(f"{self._name}: {KIND} that cannot be read; save it as XLSX or CSV (UTF-8)")


def _plain(path: str) -> str:
    return path.replace("\\", "/").lower()


def _link_of(sheet: dict[str, str]) -> str:
    return next(value for name, value in sheet.items() if local(name) == "id" and name != "id")


def _absolute(target: str) -> str:
    path = target.removeprefix("/")
    return path if path.startswith("xl/") else f"xl/{path}"
