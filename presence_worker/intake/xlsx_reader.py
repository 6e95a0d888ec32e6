"""XLSX as Excel and HR systems write it: one sheet or several, cell by cell as a person reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ..errors import InputRefused
from ..settings import Input
from ..text import clean, counted, listed
from .cells import Sheet
from .columns import column_called, plain, understand
from .dialect import NEAR, names_what_we_need
from .header import as_they_came, taken_back
from .hidden import watched
from .knowing import knowing
from .sheets import asked_for, is_ours, names_of, sheets_meant
from .source import Source
from .table import Record, Table
from .title import Below, refuse_a_title
from .workbook import Workbook

CELLS = 20_000_000  # of a sheet, with those that fill up its rows
CHARACTERS = 1 << 28  # of a sheet
MOST_NAMED = 5  # columns in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    """A sheet whose header was read."""

    title: str
    header: int
    columns: list[str]
    records: Iterator[Record]
    came_back: bool


def open_xlsx(source: Source, config: Input) -> Table:
    """Choose the sheets and read their headers; raise InputRefused naming sheet and line."""
    book, notes = Workbook(source.name, source.file), list[str]()
    titles = sheets_meant(book, config, source.name)
    found = [_list_of(book.sheet(title), config, source.name, notes) for title in titles]
    lists = [one for one in found if one]
    if not lists:
        where = _place(source.name, titles[0]) if len(titles) == 1 else source.name
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
        sheet=", ".join(titles),
        header=lists[0].header,
        came_back=all(one.came_back for one in lists),
        notes=notes,
    )


def _place(name: str, title: str) -> str:
    return f"{name}, sheet {clean(title, 60)!r}"


def _list_of(sheet: Sheet, config: Input, name: str, notes: list[str]) -> _List | None:
    """Read the header of a sheet; None: there is nothing in it."""
    where = _place(name, sheet.title)
    records = asked_for(sheet.rows, config)
    header = next(records, None)
    if header is None:
        return None
    line, ours, at = header.line or 0, is_ours(header), f"{where}, line {header.line}"
    with knowing(format="xlsx", encoding=None, sheet=sheet.title, header=line):
        if not ours:
            records = _refuse_other_headers(header, records, sheet, config, at)
        left = next(place for place, cell in enumerate(header.cells) if cell.strip())
        names = Record(line, [*header.cells[left:], ""])  # with room for what is taken off again
        records = _below(records, left, len(names.cells), where, notes)
        records = watched(records, config, where, notes)
        columns, records = (taken_back if ours else as_they_came)(names, records, config, at)
        if header.hidden:
            notes.append(f"{at}: the header is hidden, and used all the same")
        if not ours:
            notes += _hidden_columns(sheet, columns, left, config, at)
    return _List(title=sheet.title, header=line, columns=columns, records=records, came_back=ours)


def _refuse_other_headers(
    header: Record, records: Iterator[Record], sheet: Sheet, config: Input, at: str
) -> Iterator[Record]:
    """Refuse a sheet with something above its header, or with one of several lines; else give the records."""
    near = list(islice(records, NEAR))
    if not names_what_we_need(names_of(header), config):
        below = (Below(record.line, names_of(record)) for record in near if record.line)
        refuse_a_title(header, below, config, at)
    elif near and _is_merged_into(header, near[0], sheet) and names_what_we_need(names_of(near[0]), config):
        above = (near[0].line or 0) - 1
        raise InputRefused(
            f"{at}: its cells are merged with those of line {above + 1}, which names the columns we need as "
            f"well; set input.skip_lines = {above}",
            {"skip_lines": above},
        )
    return chain(near, records)


def _is_merged_into(header: Record, below: Record, sheet: Sheet) -> bool:
    top, bottom = header.line or 0, below.line or 0
    return any(area.top <= top and bottom <= area.bottom for area in sheet.merges)


def _below(
    records: Iterator[Record], left: int, width: int, where: str, notes: list[str]
) -> Iterator[Record]:
    """Bring the rows below a header to its *width*; what stands beyond it stays, what stands left goes."""
    outside = room = characters = 0
    for line, cells, hidden in records:
        if left:
            outside += any(map(str.strip, cells[:left]))
            del cells[:left]
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        cells.extend([""] * (width - len(cells)))
        room += len(cells)
        characters += sum(map(len, cells))
        if room > CELLS or characters > CHARACTERS:
            raise InputRefused(f"{where}: far more than a list of people; save it as CSV (UTF-8)")
        if not left or any(map(str.strip, cells)):
            yield Record(line, cells, hidden)
    if outside:
        rows = f"{counted(outside, 'row')} {'has' if outside == 1 else 'have'}"
        notes.append(f"{where}: {rows} something left of the header, which is not read")


def _hidden_columns(sheet: Sheet, columns: Sequence[str], left: int, config: Input, at: str) -> Iterator[str]:
    """Say which columns are used although nobody sees them."""
    used = understand(columns, config, at).used if sheet.hidden_columns else set()
    for place in sorted(used):
        if place + left + 1 in sheet.hidden_columns:
            yield f"{at}: {column_called(columns[place])} is hidden, and used all the same"


def _order(first: _List, other: _List, name: str) -> list[int] | None:
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
            f"{_place(name, other.title)}, line {other.header}: {words}; all sheets that input.sheet means "
            "must have the same columns"
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
    lists: Sequence[_List], orders: Sequence[list[int] | None], titles: Sequence[str], notes: list[str]
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
