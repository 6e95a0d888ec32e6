"""XLSX as Excel and HR systems write it: one sheet or several, cell by cell as a person reads it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ...errors import InputRefused
from ...settings import Input
from ...text import clean, counted, is_or_are, listed
from ..columns import column_called, find_columns, names_what_we_need
from ..header import columns_of_failed_csv, columns_of_job
from ..knowing import knowing
from ..spelling import plain
from ..table import Record, Source, Table, is_error
from ..wrong_header import NEAR, Below, refuse_preamble
from .scan import Sheet
from .workbook import Workbook, choose_sheets, is_ours, names_of, rows_to_read

MOST_NAMED = 5  # columns, or lines, in a sentence
CELLS = 20_000_000  # of a sheet, with those that fill up its rows
CHARACTERS = 1 << 28  # of a sheet
Note = Callable[[str], None]  # adds what there is to say of a sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetList:
    """A sheet whose header was read."""

    title: str
    header: int  # its line
    columns: list[str]
    records: Iterator[Record]  # each at least as long as the header, unless it came back shorter
    came_back: bool


def open_xlsx(source: Source, config: Input) -> Table:
    """Choose the sheets and read their headers; raise InputRefused naming sheet and line."""
    book, notes = Workbook(source.name, source.file), list[str]()
    titles = choose_sheets(book, config, source.name)
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
    """Return where the columns of the *first* sheet are in another one; None: where they are there.

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


# -- one sheet of a workbook as a list -----------------------------------------------------------------------


def place_called(name: str, title: str) -> str:
    """Name a sheet of a file for a sentence."""
    return f"{name}, sheet {clean(title, 60)!r}"


def open_list(sheet: Sheet, config: Input, name: str, notes: list[str]) -> SheetList | None:
    """Read the header of a sheet; None: there is nothing in it. What there is to say is added to *notes*."""
    where = place_called(name, sheet.title)
    records = rows_to_read(sheet.rows, config)
    header = next(records, None)
    if header is None:
        return None

    def note(words: str) -> None:
        notes.append(f"sheet {clean(sheet.title, 60)!r}: {words}")

    line, ours, at = header.line or 0, is_ours(header), f"{where}, line {header.line}"
    with knowing(format="xlsx", encoding=None, sheet=sheet.title, header=line):
        if not ours:
            records = _refuse_other_headers(header, records, sheet, config, at)
        left = next(place for place, cell in enumerate(header.cells) if cell.strip())
        names = Record(line, [*header.cells[left:], ""])  # with room for what is taken off again
        records = watched(_below(records, left, len(names.cells), where, note), config, where, note)
        columns, records = (columns_of_failed_csv if ours else columns_of_job)(
            names, records, config, at, notes=notes
        )
        if header.hidden:
            note(f"the header on line {line} is hidden, and used all the same")
        if not ours and (sheet.merges or sheet.hidden_columns):
            used = sorted(find_columns(columns, config, at).used)
            called = {place + left + 1: column_called(columns[place]) for place in used}
            for place in sorted(sheet.hidden_columns & called.keys()):
                note(f"{called[place]} is hidden, and used all the same")
            records = _refuse_names_below(called, line, records, sheet, at)
    return SheetList(title=sheet.title, header=line, columns=columns, records=records, came_back=ours)


def _refuse_other_headers(
    header: Record, records: Iterator[Record], sheet: Sheet, config: Input, at: str
) -> Iterator[Record]:
    """Refuse a sheet with something above its header, or with one of several lines; else give the records."""
    near = list(islice(records, NEAR))
    if not names_what_we_need(names_of(header), config):
        below = (Below(record.line, names_of(record)) for record in near if record.line)
        refuse_preamble(header, below, config, at)
    elif any(map(is_error, names_of(header))):
        raise InputRefused(
            f"{at}: a column's name is a formula without a value, or with an error; write the name, or open "
            "the workbook in Excel and save it"
        )
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


def _below(records: Iterator[Record], left: int, width: int, where: str, note: Note) -> Iterator[Record]:
    """Bring the rows below a header to its *width*; what stands beyond it stays, what stands left goes."""
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
            raise InputRefused(f"{where}: far more than a list of people; save it as CSV (UTF-8)")
        if not left or any(map(str.strip, cells)):
            yield Record(line, cells, hidden)
    if outside:
        rows = f"{counted(outside, 'row')} {'has' if outside == 1 else 'have'}"
        note(f"{rows} something left of the header, which is not read")


def _refuse_names_below(
    called: Mapping[int, str], line: int, records: Iterator[Record], sheet: Sheet, at: str
) -> Iterator[Record]:
    """Refuse a sheet where the name of a used column reaches into the rows below; else give them."""
    first = next(records, None)
    if first is None:
        return iter(())
    for area in sheet.merges:
        if area.top <= line and (first.line or 0) <= area.bottom and area.left in called:
            raise InputRefused(
                f"{at}: {called[area.left]} is merged with cells of the rows below; take the cells apart, or "
                "save the sheet as CSV (UTF-8)"
            )
    return chain([first], records)


# -- hidden rows: they are read, skipped or refused, as input.hidden_rows says -------------------------------


def watched(
    records: Iterator[Record], config: Input, where: str, note: Callable[[str], None]
) -> Iterator[Record]:
    """Yield the rows, and mark those that are hidden if they are to be skipped.

    Behind the last one, *note* them, or raise InputRefused if no setting says what they are; *where* is file
    and sheet.
    """
    lines: list[int] = []
    for record in records:
        if record.hidden:
            lines.append(record.line or 0)
        yield record._replace(hidden=config.hidden_rows == "skip") if record.hidden else record
    if not lines:
        return
    are = f"{counted(len(lines), 'row')} {is_or_are(len(lines))} hidden ({_places(lines)})"
    if config.hidden_rows == "refuse":
        them = "it" if len(lines) == 1 else "them"
        raise InputRefused(
            f"{where}: {are}, by a filter or by hand; "
            f'set input.hidden_rows = "skip" to leave {them} out, or "read" to read {them}',
            {"hidden_rows": "skip"},
            {"hidden_rows": "read"},
        )
    done = "read" if config.hidden_rows == "read" else "skipped"
    note(f"{are} and {done}, as input.hidden_rows says")


def _places(lines: list[int]) -> str:
    shown = [str(line) for line in lines[:MOST_NAMED]]
    others = len(lines) - len(shown)
    return f"line{'s' * (len(lines) > 1)} {listed([*shown, *([f'{others} more'] if others else [])], 'and')}"
