"""One sheet of a workbook as a list: its header, and the rows below it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from ...errors import InputRefused
from ...settings import Input
from ...text import clean, counted
from ..columns import column_called, names_what_we_need, understand
from ..header import columns_of_failed_csv, columns_of_job
from ..knowing import knowing
from ..table import Record, is_error
from ..wrong_header import NEAR, Below, refuse_preamble
from .hidden import watched
from .scan import Sheet
from .sheets import asked_for, is_ours, names_of

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


def place_called(name: str, title: str) -> str:
    """Name a sheet of a file for a sentence."""
    return f"{name}, sheet {clean(title, 60)!r}"


def open_list(sheet: Sheet, config: Input, name: str, notes: list[str]) -> SheetList | None:
    """Read the header of a sheet; None: there is nothing in it. What there is to say is added to *notes*."""
    where = place_called(name, sheet.title)
    records = asked_for(sheet.rows, config)
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
            used = sorted(understand(columns, config, at).used)
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
