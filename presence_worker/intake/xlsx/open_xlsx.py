"""XLSX as Excel and HR systems write it: one sheet or several, cell by cell as a person reads it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import NamedTuple

from ...errors import InputRefused, JobFacts, refusals_with
from ...sanitize import clean
from ...settings import Input
from ...wording import amount, is_or_are, series
from ..columns import column_called, find_columns, names_what_we_need
from ..header import NEAR, Below, columns_of_failed_csv, columns_of_job, refuse_preamble
from ..spelling import plain
from ..table import NO_EXPORT, Record, Source, Table, is_error
from .scan import Sheet
from .workbook import Workbook, choose_sheets, is_ours, names_of, rows_to_read

MOST_NAMED = 5  # columns, or lines, in a sentence
CELLS = 20_000_000  # of a sheet, with those that fill up its rows
CHARACTERS = 1 << 28  # of a sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetList:
    """A sheet whose header was read."""

    title: str
    header: int  # its line
    columns: list[str]
    records: Iterator[Record]  # each at least as long as the header, unless it came back shorter
    came_back: bool


class _OpenSheet(NamedTuple):
    """A sheet, and how to read it."""

    sheet: Sheet
    config: Input
    where: str  # file and sheet
    notes: list[str]

    def note(self, words: str) -> None:
        """Add what a reader should know of this sheet."""
        self.notes.append(f"sheet {clean(self.sheet.title, 60)!r}: {words}")


def open_xlsx(source: Source, config: Input) -> Table:
    """Choose the sheets, and read their headers; raise InputRefused naming sheet and line."""
    book, notes = Workbook(source.name, source.file), list[str]()
    titles = choose_sheets(book, config, source.name)
    found = [open_list(book.open_sheet(title), config, source.name, notes) for title in titles]
    lists = [one for one in found if one]
    if not lists:
        where = _place_called(source.name, titles[0]) if len(titles) == 1 else source.name
        raise InputRefused(f"{where}: no cells. {NO_EXPORT}")
    if config.sheet is None and len(book.titles) > 1:
        notes.append(f"only the sheet {clean(titles[0], 60)!r} was read. The workbook has other sheets")
    lists = [_align(lists[0], one, source.name) for one in lists]
    return Table(
        format="xlsx",
        columns=lists[0].columns,
        records=_join(lists, titles, notes) if len(titles) > 1 else lists[0].records,
        is_calculated=True,
        sheet=", ".join(titles),
        header=lists[0].header,
        came_back=all(one.came_back for one in lists),
        notes=notes,
    )


def _align(first: SheetList, other: SheetList, name: str) -> SheetList:
    """Return a sheet with its cells in the order of the first; raise InputRefused for other columns."""
    wanted, there = [*map(plain, first.columns)], [*map(plain, other.columns)]
    lacking = [column for column in first.columns if plain(column) not in there]
    surplus = [column for column in other.columns if plain(column) not in wanted]
    if lacking or surplus:
        faults = [*_faults("is missing", lacking), *_faults("is new", surplus)]
        words = f"other columns than the sheet {clean(first.title, 60)!r}: {' and '.join(faults)}"
        raise InputRefused(
            f"{_place_called(name, other.title)}, line {other.header}: {words}. "
            "Give all sheets of input.sheet the same columns"
        )
    named = other.columns
    order = [
        named.index(column) if column in named else there.index(plain(column)) for column in first.columns
    ]
    is_same = order == [*range(len(order))]
    return other if is_same else replace(other, records=_sort_cells(other.records, order))


def _faults(verb: str, columns: Sequence[str]) -> list[str]:
    shown = [repr(clean(column, 60)) for column in columns[:MOST_NAMED]]
    return (
        [f"{series(shown, 'and')} {verb if len(columns) == 1 else verb.replace('is', 'are', 1)}"]
        if shown
        else []
    )


def _sort_cells(records: Iterator[Record], order: Sequence[int]) -> Iterator[Record]:
    """Yield the records with their cells in an *order*; one that has too few comes as it is."""
    for record in records:
        cells = record.cells
        fits = len(cells) >= len(order)
        yield record._replace(cells=[cells[i] for i in order] + cells[len(order) :]) if fits else record


def _join(lists: Sequence[SheetList], titles: Sequence[str], notes: list[str]) -> Iterator[Record]:
    """Yield the rows of sheet after sheet; add a note on where they are."""
    read, spans = 0, dict.fromkeys(titles, "no rows")
    for one in lists:
        before = read
        for record in one.records:
            read += 1
            yield record
        if read > before:
            spans[one.title] = f"row {read}" if read == before + 1 else f"rows {before + 1} to {read}"
    shown = ", ".join(f"{clean(title, 60)!r} ({span})" for title, span in spans.items())
    notes.append(f"several sheets were read: {shown}. Lines count from the top of each sheet")


# -- one sheet of a workbook as a list -----------------------------------------------------------------------


def _place_called(name: str, title: str) -> str:
    return f"{name}, sheet {clean(title, 60)!r}"


def open_list(sheet: Sheet, config: Input, name: str, notes: list[str]) -> SheetList | None:
    """Read the header of a sheet; None: there is nothing in it. What there is to say is added to *notes*."""
    opened = _OpenSheet(sheet, config, _place_called(name, sheet.title), notes)
    records = rows_to_read(sheet.rows, config)
    header = next(records, None)
    if header is None:
        return None
    line, ours, at = header.line or 0, is_ours(header), f"{opened.where}, line {header.line}"
    with refusals_with(JobFacts(format="xlsx", sheet=sheet.title, header=line)):
        if not ours:
            records = _refuse_other_headers(header, records, opened, at)
        left = next(place for place, cell in enumerate(header.cells) if cell.strip())
        names = Record(line, [*header.cells[left:], ""])  # with room for what is taken off again
        records = _mark_hidden(_below(records, left, len(names.cells), opened), opened)
        columns_of = columns_of_failed_csv if ours else columns_of_job
        columns, records = columns_of(names, records, config, at, notes=notes)
        if header.hidden:
            opened.note(f"the header on line {line} is hidden, but was used")
        if not ours and (sheet.merges or sheet.hidden_columns):
            used = sorted(find_columns(columns, config, at).used)
            called = {place + left + 1: column_called(columns[place]) for place in used}
            records = _check_columns(called, records, line, opened)
    return SheetList(title=sheet.title, header=line, columns=columns, records=records, came_back=ours)


def _refuse_other_headers(
    header: Record, records: Iterator[Record], opened: _OpenSheet, at: str
) -> Iterator[Record]:
    """Return the records; raise InputRefused for what stands above a header, or for one of several lines."""
    config, near = opened.config, list(islice(records, NEAR))
    if not names_what_we_need(names_of(header), config):
        below = (Below(record.line, names_of(record)) for record in near if record.line)
        refuse_preamble(header, below, config, at)
    elif any(map(is_error, names_of(header))):
        raise InputRefused(
            f"{at}: a column's name is a formula without a value, or with an error. Write the name, or open "
            "the workbook in Excel and save it"
        )
    elif near and _is_merged_into(header, near[0], opened) and names_what_we_need(names_of(near[0]), config):
        above = (near[0].line or 0) - 1
        raise InputRefused(
            f"{at}: the cells are merged with line {above + 1}, which names the columns we need as well. "
            f"Set input.skip_lines = {above}",
            {"skip_lines": above},
        )
    return chain(near, records)


def _is_merged_into(header: Record, below: Record, opened: _OpenSheet) -> bool:
    top, bottom = header.line or 0, below.line or 0
    return any(area.top <= top and bottom <= area.bottom for area in opened.sheet.merges)


def _below(records: Iterator[Record], left: int, width: int, opened: _OpenSheet) -> Iterator[Record]:
    """Yield the rows below a header in its *width*; what stands beyond it stays, what stands left goes."""
    outside = room = characters = 0
    for line, cells, hidden, *_ in records:
        if left:
            outside += any(map(str.strip, cells[:left]))
            del cells[:left]
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        cells.extend([""] * (width - len(cells)))
        room += len(cells)
        characters += sum(map(len, cells))
        if room > CELLS or characters > CHARACTERS:
            raise InputRefused(f"{opened.where}: too large for a list of people. Save it as CSV (UTF-8)")
        if not left or any(map(str.strip, cells)):
            yield Record(line, cells, hidden)
    if outside:
        rows = f"{amount(outside, 'row')} {'has' if outside == 1 else 'have'}"
        opened.note(f"{rows} something left of the header. It was not read")


def _check_columns(
    called: Mapping[int, str], records: Iterator[Record], line: int, opened: _OpenSheet
) -> Iterator[Record]:
    """Return the records; note used columns that are hidden.

    Raise InputRefused where the name of one, by its place in *called*, reaches into the rows below.
    """
    for place in sorted(opened.sheet.hidden_columns & called.keys()):
        opened.note(f"{called[place]} is hidden, but was used")
    first = next(records, None)
    if first is None:
        return iter(())
    for area in opened.sheet.merges:
        if area.top <= line and (first.line or 0) <= area.bottom and area.left in called:
            raise InputRefused(
                f"{opened.where}, line {line}: {called[area.left]} is merged with cells of the rows below. "
                "Unmerge the cells, or save the sheet as CSV (UTF-8)"
            )
    return chain([first], records)


# -- hidden rows: they are read, skipped or refused, as input.hidden_rows says -------------------------------


def _mark_hidden(records: Iterator[Record], opened: _OpenSheet) -> Iterator[Record]:
    """Yield the rows; hidden ones are marked if they are skipped.

    Behind the last one, note them, or raise InputRefused if no setting says what they are.
    """
    choice, lines = opened.config.hidden_rows, list[int]()
    for record in records:
        if record.hidden:
            lines.append(record.line or 0)
        yield record._replace(hidden=choice == "skip") if record.hidden else record
    if not lines:
        return
    are = f"{amount(len(lines), 'row')} {is_or_are(len(lines))} hidden ({_list_lines(lines)})"
    if choice == "refuse":
        them = "it" if len(lines) == 1 else "them"
        raise InputRefused(
            f"{opened.where}: {are}, by a filter or by hand. "
            f'Set input.hidden_rows = "skip" to skip {them}, or "read" to read {them}',
            {"hidden_rows": "skip"},
            {"hidden_rows": "read"},
        )
    opened.note(f"{are} and {'read' if choice == 'read' else 'skipped'}, as input.hidden_rows says")


def _list_lines(lines: list[int]) -> str:
    shown = [str(line) for line in lines[:MOST_NAMED]]
    others = len(lines) - len(shown)
    return f"line{'s' * (len(lines) > 1)} {series([*shown, *([f'{others} more'] if others else [])], 'and')}"
