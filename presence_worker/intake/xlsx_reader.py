"""XLSX as Excel and HR systems write it: one sheet of it, cell by cell as a person reads it."""

from collections.abc import Iterator
from itertools import chain, islice

from ..errors import InputRefused
from ..roundtrip import FATE_COLUMNS
from ..settings import Input
from ..text import clean
from .columns import EXPECTED
from .dialect import NEAR, names_what_we_need
from .header import as_they_came, taken_back
from .knowing import knowing
from .source import Source
from .table import Record, Table
from .title import Below, refuse_a_title
from .workbook import Workbook

MOST_NAMED = 20  # sheets in a sentence


def open_xlsx(source: Source, config: Input) -> Table:
    """Choose the sheet and read its header; raise InputRefused naming sheet and line."""
    book = Workbook(source.name, source.file)
    title, records = _chosen(book, config, source.name)
    where = f"{source.name}, sheet {clean(title, 60)!r}"
    header = next(records, None)
    if header is None:
        raise InputRefused(f"{where}: no cells; an empty export is usually a broken export")
    at = f"{where}, line {header.line}"
    ours = _is_ours(header)
    with knowing(format="xlsx", encoding=None, sheet=title, header=header.line):
        if not ours:
            records = _refuse_a_title(header, records, config, at)
        columns, records = (taken_back if ours else as_they_came)(header, records, config, at)
    several = len(book.titles) > 1
    return Table(
        format="xlsx",
        columns=columns,
        records=records,
        sheet=title,
        header=header.line,
        came_back=ours,
        notes=[f"the sheet that was read is {clean(title, 60)!r}; there are others"] if several else [],
    )


def _chosen(book: Workbook, config: Input, name: str) -> tuple[str, Iterator[Record]]:
    """Give the title of the sheet that is meant, and its records, the header first."""
    if config.sheet is not None:
        return _opened(book, _named(book, config.sheet, name), config)
    if not book.visible:
        raise InputRefused(
            f"{name}: no visible sheet; name one with input.sheet (found: {_sheets(book.titles)})"
        )
    if len(book.visible) == 1:
        return _opened(book, book.visible[0], config)
    all_fitting = (sheet for title in book.visible for sheet in _fitting(book, title, config))
    fitting = list(islice(all_fitting, 2))
    if len(fitting) != 1:
        raise InputRefused(f"{name}: {_unclear(book, [title for title, _ in fitting])}")
    return fitting[0]


def _named(book: Workbook, wanted: str, name: str) -> str:
    """Give the title of the sheet called *wanted*, also a hidden one's."""
    alike = [title for title in book.titles if title.casefold() == wanted.casefold()]
    if wanted in alike:
        return wanted
    if len(alike) != 1:
        called = clean(wanted, 60)
        raise InputRefused(f"{name}: no sheet {called!r}, as input.sheet says; found: {_sheets(book.titles)}")
    return alike[0]


def _fitting(book: Workbook, title: str, config: Input) -> Iterator[tuple[str, Iterator[Record]]]:
    """Yield the sheet if its header has what we need."""
    _, records = _opened(book, title, config)
    header = next(records, None)
    if header is not None and names_what_we_need(_names(header), config):
        yield title, chain([header], records)


def _unclear(book: Workbook, fitting: list[str]) -> str:
    if fitting:
        return f"the sheets {_sheets(fitting)} both have the columns we need; choose one with input.sheet"
    return (
        f"none of the sheets {_sheets(book.visible)} has the columns we need in its first row; {EXPECTED}; "
        "input.sheet chooses one, and tells what it lacks"
    )


def _opened(book: Workbook, title: str, config: Input) -> tuple[str, Iterator[Record]]:
    """Give the records that are asked for; of a failed.csv saved as a workbook, all of them."""
    records = book.rows(title)
    first = next(records, None)
    if first is None:
        return title, iter(())
    records = chain([first], records)
    return title, records if _is_ours(first) else _asked_for(records, config)


def _asked_for(records: Iterator[Record], config: Input) -> Iterator[Record]:
    """Leave out the rows above the header, and those that are comments."""
    for record in records:
        is_comment = config.comment and next(filter(None, record.cells)).startswith(config.comment)
        if (record.line or 0) > config.skip_lines and not is_comment:
            yield record


def _is_ours(header: Record) -> bool:
    return FATE_COLUMNS[0] in _names(header)


def _names(header: Record) -> list[str]:
    return [name.strip() for name in header.cells]


def _refuse_a_title(header: Record, records: Iterator[Record], config: Input, at: str) -> Iterator[Record]:
    """Refuse a sheet with something above its header; else give the records again."""
    if names_what_we_need(_names(header), config):
        return records
    near = list(islice(records, NEAR))
    below = (Below(record.line, _names(record)) for record in near if record.line)
    refuse_a_title(header, below, config, at)
    return chain(near, records)


def _sheets(titles: list[str]) -> str:
    shown = ", ".join(repr(clean(title, 60)) for title in titles[:MOST_NAMED]) or "none"
    return f"{shown} and others" if len(titles) > MOST_NAMED else shown
