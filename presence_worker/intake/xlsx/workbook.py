"""A workbook with its sheets as texts; nothing of it is read before it was looked over."""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, takewhile
from typing import IO, NamedTuple, TypeVar
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from ...errors import InputRefused
from ...failed_csv import RESULT_COLUMNS
from ...sanitize import clean, quote_toml
from ...settings import Input
from ..columns import names_what_we_need
from ..containers import refuse_damage
from ..table import Record
from .cell_format import SINCE_1900, SINCE_1904, CellReader, read_number_formats, read_shared_texts
from .package import KIND, MOST_LINKS, Link, Package, at_most, local_name, read_elements
from .scan import TRUE, Area, Sheet, read_merges, read_rows

BOOK, SHEET, VISIBLE = "officeDocument", "worksheet", "visible"
Made = TypeVar("Made")
MOST_NAMED = 20  # sheets in a sentence
ANY = "*?"  # what makes a pattern of a title; no title has them


class _SheetPart(NamedTuple):
    path: str
    is_visible: bool


class Workbook:
    """Owns an XLSX file; raise InputRefused for one that is damaged, or made to fill the memory."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        with refuse_unreadable_book(name):
            self._parts = Package(name, file)
            (self._book,) = (link.path for link in self._parts.links_of("") if link.kind == BOOK)
            links = self._parts.links_of(self._book)
            self._sheets = self._sheet_parts({link.mark: link for link in links})
            self._cells = self._cell_reader({link.kind: link.path for link in links})
        self.titles = [*self._sheets]
        self.visible = [title for title, sheet in self._sheets.items() if sheet.is_visible]

    def open_sheet(self, title: str) -> Sheet:
        """Open a sheet, whose rows are read when they are asked for."""
        path, merges, hidden = self._sheets[title].path, list[Area](), set[int]()
        if self._parts.may_have_merges(path):
            with refuse_unreadable_book(self._name):
                merges = self._read_part(path, read_merges, merges)
        rows = self._rows(path, merges, hidden)
        return Sheet(title=title, rows=rows, merges=merges, hidden_columns=hidden)

    def _rows(self, path: str, merges: list[Area], hidden: set[int]) -> Iterator[Record]:
        with refuse_unreadable_book(self._name), self._parts.open(path) as part:
            yield from read_rows(part, self._cells, merges, hidden)

    def _sheet_parts(self, links: dict[str, Link]) -> dict[str, _SheetPart]:
        """Return the sheets by their titles; those of charts and macros are none."""
        with self._parts.open(self._book) as part:
            found = at_most(read_elements(part, {"sheets": "sheet"}), MOST_LINKS)
        sheets = [{local_name(name): value for name, value in sheet.items()} for sheet in found]
        if len({sheet["name"] for sheet in sheets}) != len(sheets):
            raise ValueError("two sheets with one name")
        return {
            sheet["name"]: _SheetPart(links[sheet["id"]].path, sheet.get("state", VISIBLE) == VISIBLE)
            for sheet in sheets
            if links[sheet["id"]].kind == SHEET
        }

    def _cell_reader(self, paths: dict[str, str]) -> CellReader:
        with self._parts.open(self._book) as part:
            properties = next(read_elements(part, {"workbook": "workbookPr"}), None)
        is_old_mac = properties is not None and properties.get("date1904") in TRUE
        beside = posixpath.dirname(self._book)  # where they are, if no link says so
        texts = paths.get("sharedStrings", f"{beside}/sharedstrings.xml")
        return CellReader(
            shared=self._read_part(texts, read_shared_texts, []),
            formats=self._read_part(paths.get("styles", f"{beside}/styles.xml"), read_number_formats, []),
            since=SINCE_1904 if is_old_mac else SINCE_1900,
        )

    def _read_part(self, path: str, make: Callable[[IO[bytes]], Made], otherwise: Made) -> Made:
        """Return what is made of a part; of one that is not there, something else."""
        if path not in self._parts:
            return otherwise
        with self._parts.open(path) as part:
            return make(part)


@contextmanager
def refuse_unreadable_book(name: str) -> Iterator[None]:
    """Refuse a workbook that cannot be read with one sentence, whatever comes of that."""
    try:
        with refuse_damage(name, KIND):
            yield
    except (ParseError, ExpatError, LookupError):
        words = f"{KIND} that cannot be read. Save it as XLSX or CSV (UTF-8)"
        raise InputRefused(f"{name}: {words}") from None


def choose_sheets(book: Workbook, config: Input, name: str) -> list[str]:
    """Return the titles of the sheets to read, in the order of the workbook; raise InputRefused for none.

    A hidden one must be named; of the visible ones, a pattern may mean several.
    """
    if config.sheet is not None:
        return _sheets_called(book, config.sheet, name)
    if not book.visible:
        raise InputRefused(
            f"{name}: no visible sheet. Name one with input.sheet. Found: {list_sheets(book.titles)}"
        )
    if len(book.visible) == 1:
        return book.visible
    fitting = [title for title in book.visible if _fits(book, title, config)]
    if len(fitting) != 1:
        raise _refusal(book, fitting, name)
    return fitting


def _sheets_called(book: Workbook, wanted: str, name: str) -> list[str]:
    alike = [title for title in book.titles if title.casefold() == wanted.casefold()]
    if wanted in alike:
        return [wanted]
    if len(alike) == 1:
        return alike
    is_pattern = any(character in wanted for character in ANY)
    matching = [title for title in book.visible if matches(title, wanted)]
    if is_pattern and matching:
        return matching
    if len(book.visible) == 1 and _is_failed_csv(book, book.visible[0]):
        return book.visible  # the setting is meant for the job it came from
    called = f"{'visible sheet like' if is_pattern else 'sheet'} {clean(wanted, 60)!r}"
    found = list_sheets(book.titles)
    raise InputRefused(f"{name}: no {called}, as input.sheet says. Found: {found}")


def matches(title: str, pattern: str) -> bool:
    """Return whether a title is like a pattern: * for any characters, ? for one; case does not matter."""
    wild = {"*": ".*", "?": "."}
    parts = [wild.get(character) or re.escape(character) for character in pattern.casefold()]
    return re.fullmatch("".join(parts), title.casefold(), re.DOTALL) is not None


def is_ours(header: Record) -> bool:
    """Return whether a sheet is a failed.csv or unprocessed.csv that was saved as a workbook."""
    return RESULT_COLUMNS[0] in names_of(header)


def names_of(header: Record) -> list[str]:
    """Return the names of columns that a row has."""
    return [name.strip() for name in header.cells]


def rows_to_read(records: Iterator[Record], config: Input) -> Iterator[Record]:
    """Return the rows without those above the header or of comments; those of a failed.csv are all wanted."""
    first = next(records, None)
    if first is None:
        return iter(())
    records = chain([first], records)
    return records if is_ours(first) else _without_comments(records, config)


def _without_comments(records: Iterator[Record], config: Input) -> Iterator[Record]:
    for record in records:
        is_comment = config.comment and next(filter(None, record.cells)).startswith(config.comment)
        if (record.line or 0) > config.skip_lines and not is_comment:
            yield record


def list_sheets(titles: Sequence[str]) -> str:
    """Return sheets as a list for a sentence."""
    shown = ", ".join(repr(clean(title, 60)) for title in titles[:MOST_NAMED]) or "none"
    return f"{shown} and others" if len(titles) > MOST_NAMED else shown


def _is_failed_csv(book: Workbook, title: str) -> bool:
    first = next(book.open_sheet(title).rows, None)
    return first is not None and is_ours(first)


def _fits(book: Workbook, title: str, config: Input) -> bool:
    """Return whether the header of a sheet has what we need."""
    header = next(rows_to_read(book.open_sheet(title).rows, config), None)
    return header is not None and names_what_we_need(names_of(header), config)


def _refusal(book: Workbook, fitting: Sequence[str], name: str) -> InputRefused:
    if not fitting:
        return InputRefused(
            f"{name}: none of the sheets {list_sheets(book.visible)} has a column for people and one for the "
            f"status in its first row. Choose one: input.sheet = {quote_toml(book.visible[0])}"
        )
    one = f"Choose one, such as input.sheet = {quote_toml(fitting[0])}"
    pattern = pattern_of(fitting, book.visible)
    every = f", or read them all with input.sheet = {quote_toml(pattern)}" if pattern else ""
    ways = [*([pattern] if pattern else []), *fitting[:MOST_NAMED]]
    return InputRefused(
        f"{name}: the sheets {list_sheets(fitting)} have the columns we need. {one}{every}",
        *({"sheet": way} for way in ways),
    )


def pattern_of(titles: Sequence[str], visible: Sequence[str]) -> str | None:
    """Return the pattern that means all of these *titles*, and no other visible sheet."""
    start = _common_start(titles)
    end = _common_start([title[len(start) :][::-1] for title in titles])[::-1]
    means = partial(_means, titles=titles, visible=visible)
    return next(filter(means, [f"{start}*{end}", "*"]), None)


def _means(pattern: str, titles: Sequence[str], visible: Sequence[str]) -> bool:
    return [title for title in visible if matches(title, pattern)] == [*titles]


def _common_start(titles: Sequence[str]) -> str:
    """Return how all begin, without a word that is cut: it may go on alike by chance, as June and July do."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*titles, strict=False))
    return re.sub(r"\w+$", "", "".join(letters[0] for letters in alike))
