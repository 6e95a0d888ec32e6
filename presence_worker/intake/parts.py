"""The parts of an XLSX file, each unpacked once and counted before anything else reads them.

They are found just as python-calamine finds them: what it would read elsewhere, nobody has looked over.
"""

import zipfile
from collections.abc import Callable
from typing import IO, TypeVar

from ..errors import InputRefused
from .cells import Cells, attributes_of, cells_of, lengths_of, local
from .containers import CHUNK, Bounds, refuse_unreadable

KIND = "an XLSX workbook"
BOUNDS = Bounds(most=1 << 30)  # of all parts together
START, BOOK, LINKS = "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHARED = "xl/sharedstrings.xml"
Found = TypeVar("Found")


class Parts:
    """Owns the archive; whatever is damaged raises one of `DAMAGE`, LookupError or ExpatError."""

    def __init__(self, name: str, file: IO[bytes], bounds: Bounds = BOUNDS) -> None:
        self._name = name
        self._archive = zipfile.ZipFile(file)
        self._parts = {_plain(part.filename): part for part in self._archive.infolist()}
        self._look_over(bounds.of(file))
        self._sheets = self._find_sheets()
        self._lengths = self._read(SHARED, lengths_of) if SHARED in self._parts else []

    def cells(self, title: str) -> Cells:
        """Look through the sheet of that title."""
        return self._read(self._sheets[title], lambda sheet: cells_of(sheet, self._lengths))

    def _look_over(self, allowed: int) -> None:
        parts = self._archive.infolist()
        if len(parts) != len(self._parts) or any("&" in part for part in self._parts):
            raise ValueError("names that may mean two parts")
        refuse_unreadable(self._name, KIND, parts)
        for part in parts:
            with self._archive.open(part) as inside:
                while chunk := inside.read(CHUNK):
                    allowed -= len(chunk)
                    if allowed < 0:
                        words = "that unpacks to far more than a table; save it as CSV (UTF-8)"
                        raise InputRefused(f"{self._name}: {KIND} {words}")

    def _find_sheets(self) -> dict[str, str]:
        """Give the path of each sheet, by its title."""
        starts = [link["Target"] for link in self._elements(START, "Relationship") if _is_book(link)]
        sheets, links = self._elements(BOOK, "sheet"), self._elements(LINKS, "Relationship")
        targets = {link["Id"]: link["Target"] for link in links}
        paths = {sheet["name"]: _absolute(targets[_link_of(sheet)]) for sheet in sheets}
        if any(start.lower().rpartition("/")[0] not in ("xl", "/xl") for start in starts):
            raise ValueError("a workbook elsewhere")
        if len(targets) != len(links) or len(paths) != len(sheets):
            raise ValueError("two sheets with one name")
        return paths

    def _elements(self, path: str, name: str) -> list[dict[str, str]]:
        return self._read(path, lambda part: attributes_of(part, name))

    def _read(self, path: str, look: Callable[[IO[bytes]], Found]) -> Found:
        with self._archive.open(self._parts[path]) as part:
            return look(part)


def _plain(path: str) -> str:
    return path.replace("\\", "/").lower()


def _is_book(link: dict[str, str]) -> bool:
    return link.get("Type", "").endswith("/officeDocument")


def _link_of(sheet: dict[str, str]) -> str:
    """Give the mark of the link, whatever its namespace is called here; raise LookupError for none."""
    return {local(name): value for name, value in sheet.items()}["id"]


def _absolute(target: str) -> str:
    path = target.lower()
    return path.removeprefix("/") if path.startswith("/") else f"xl/{path}"
