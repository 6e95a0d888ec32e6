"""A workbook and its sheets as texts; nothing of it is read before it was looked over."""

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple, TypeVar
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from ...errors import InputRefused
from ..containers import intact
from ..table import Record
from .cell_format import SINCE_1900, SINCE_1904, Texts, shared_texts
from .elements import elements, few, local
from .merged_cells import Area, merges_of
from .number_formats import formats_of
from .package import KIND, MOST_NAMED, Link, Parts
from .scan import TRUE, Sheet, rows_of

BOOK, SHEET, VISIBLE = "officeDocument", "worksheet", "visible"
Made = TypeVar("Made")


class _Entry(NamedTuple):
    path: str
    is_visible: bool


class Workbook:
    """Owns an XLSX file; raise InputRefused for one that is damaged, or made to fill the memory."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        with whole(name):
            self._parts = Parts(name, file)
            (self._book,) = (link.path for link in self._parts.links_of("") if link.kind == BOOK)
            links = self._parts.links_of(self._book)
            self._entries = self._entries_of({link.mark: link for link in links})
            self._texts = self._texts_of({link.kind: link.path for link in links})
        self.titles = [*self._entries]
        self.visible = [title for title, entry in self._entries.items() if entry.is_visible]

    def sheet(self, title: str) -> Sheet:
        """Open a sheet, whose rows are read when they are asked for."""
        path, merges, hidden = self._entries[title].path, list[Area](), set[int]()
        if self._parts.may_have_merges(path):
            with whole(self._name):
                merges = self._made(path, merges_of, merges)
        rows = self._rows(path, merges, hidden)
        return Sheet(title=title, rows=rows, merges=merges, hidden_columns=hidden)

    def _rows(self, path: str, merges: list[Area], hidden: set[int]) -> Iterator[Record]:
        with whole(self._name), self._parts.open(path) as part:
            yield from rows_of(part, self._texts, merges, hidden)

    def _entries_of(self, links: dict[str, Link]) -> dict[str, _Entry]:
        """Give the sheets by their titles; those of charts and macros are none."""
        with self._parts.open(self._book) as part:
            found = few(elements(part, {"sheets": "sheet"}), MOST_NAMED)
        sheets = [{local(name): value for name, value in sheet.items()} for sheet in found]
        if len({sheet["name"] for sheet in sheets}) != len(sheets):
            raise ValueError("two sheets with one name")
        return {
            sheet["name"]: _Entry(links[sheet["id"]].path, sheet.get("state", VISIBLE) == VISIBLE)
            for sheet in sheets
            if links[sheet["id"]].kind == SHEET
        }

    def _texts_of(self, paths: dict[str, str]) -> Texts:
        with self._parts.open(self._book) as part:
            properties = next(elements(part, {"workbook": "workbookPr"}), None)
        is_old_mac = properties is not None and properties.get("date1904") in TRUE
        beside = posixpath.dirname(self._book)  # where they are, if no link says so
        return Texts(
            shared=self._made(paths.get("sharedStrings", f"{beside}/sharedstrings.xml"), shared_texts, []),
            formats=self._made(paths.get("styles", f"{beside}/styles.xml"), formats_of, []),
            since=SINCE_1904 if is_old_mac else SINCE_1900,
        )

    def _made(self, path: str, make: Callable[[IO[bytes]], Made], otherwise: Made) -> Made:
        """Make something of a part; of one that is not there, something else."""
        if path not in self._parts:
            return otherwise
        with self._parts.open(path) as part:
            return make(part)


@contextmanager
def whole(name: str) -> Iterator[None]:
    """Refuse a workbook that cannot be read with one sentence, whatever comes of that."""
    try:
        with intact(name, KIND):
            yield
    except (ParseError, ExpatError, LookupError):
        words = f"{KIND} that cannot be read; save it as XLSX or CSV (UTF-8)"
        raise InputRefused(f"{name}: {words}") from None
