"""XLSX as Excel and HR systems write it: one sheet or several, cell by cell as a person reads it."""

from collections.abc import Iterator, Sequence

from ...errors import InputRefused
from ...settings import Input
from ...text import clean, listed
from ..spelling import plain
from ..table import Record, Source, Table
from .sheet_list import SheetList, open_list, place_called
from .sheets import sheets_meant
from .workbook import Workbook

MOST_NAMED = 5  # columns in a sentence


def open_xlsx(source: Source, config: Input) -> Table:
    """Choose the sheets and read their headers; raise InputRefused naming sheet and line."""
    book, notes = Workbook(source.name, source.file), list[str]()
    titles = sheets_meant(book, config, source.name)
    found = [open_list(book.sheet(title), config, source.name, notes) for title in titles]
    lists = [one for one in found if one]
    if not lists:
        where = place_called(source.name, titles[0]) if len(titles) == 1 else source.name
        raise InputRefused(f"{where}: no cells; an empty export is usually a broken export")
    if config.sheet is None and len(book.titles) > 1:
        notes.append(f"the sheet that was read is {clean(titles[0], 60)!r}; there are others")
    columns = lists[0].columns
    orders = [_order(lists[0], one, source.name) for one in lists]
    records = _joined(lists, orders, titles, notes) if len(titles) > 1 else lists[0].records
    return Table(
        format="xlsx",
        columns=columns,
        records=records,
        is_calculated=True,
        sheet=", ".join(titles),
        header=lists[0].header,
        came_back=all(one.came_back for one in lists),
        notes=notes,
    )


def _order(first: SheetList, other: SheetList, name: str) -> list[int] | None:
    """Give where the columns of the *first* sheet are in another one; None: where they are there.

    Raise InputRefused where they are not the same.
    """
    wanted, there = [*map(plain, first.columns)], [*map(plain, other.columns)]
    lacking = [column for column in first.columns if plain(column) not in there]
    surplus = [column for column in other.columns if plain(column) not in wanted]
    if lacking or surplus:
        known = f"the columns of the sheet {clean(first.title, 60)!r}"
        faults = [*_faults("without", lacking), *_faults("with", surplus)]
        words = f"has not {known}, but {' and '.join(faults)}"
        raise InputRefused(
            f"{place_called(name, other.title)}, line {other.header}: {words}; all sheets that "
            "input.sheet means must have the same columns"
        )
    named = other.columns
    same = [
        named.index(column) if column in named else there.index(plain(column)) for column in first.columns
    ]
    return None if same == [*range(len(same))] else same


def _faults(preposition: str, columns: Sequence[str]) -> list[str]:
    shown = [repr(clean(column, 60)) for column in columns[:MOST_NAMED]]
    return [f"{preposition} {listed(shown, 'and')}"] if shown else []


def _joined(
    lists: Sequence[SheetList], orders: Sequence[list[int] | None], titles: Sequence[str], notes: list[str]
) -> Iterator[Record]:
    """Yield the rows of sheet after sheet, in the order of the first; add a note on where they are."""
    read, spans = 0, dict.fromkeys(titles, "no rows")
    for one, order in zip(lists, orders, strict=True):
        before = read
        for record in one.records:
            read += 1
            fits = order is not None and len(record.cells) >= len(order)
            yield record._replace(cells=_sorted(record.cells, order)) if order and fits else record
        if read > before:
            spans[one.title] = f"row {read}" if read == before + 1 else f"rows {before + 1} to {read}"
    shown = ", ".join(f"{clean(title, 60)!r} ({span})" for title, span in spans.items())
    notes.append(f"several sheets were read, and lines count from the top of each: {shown}")


def _sorted(cells: list[str], order: Sequence[int]) -> list[str]:
    return [cells[place] for place in order] + cells[len(order) :]
