"""What stands below a header: the columns of a job, and its records as they were asked for."""

from collections.abc import Iterator

from ..roundtrip import FATE_COLUMNS, as_refused, surplus, unescape_formula
from ..settings import Input
from .columns import understand
from .stray_lines import Header, rows_only
from .table import Record

Part = tuple[list[str], Iterator[Record]]  # columns, and the records below them


def as_they_came(
    header: Record, records: Iterator[Record], config: Input, where: str, *, notes: list[str]
) -> Part:
    """Give the columns that have a name; those behind the last of them are none.

    When all records are read, *notes* tell what was left out, as it is not a row.
    """
    names, tail = _named([name.strip() for name in header.cells])
    first = Header(
        names=names, line=header.line, columns=understand(names, config, where), where=_file(header, where)
    )
    return names, rows_only(_without_tail(records, tail) if tail else records, first, config, notes)


def _file(header: Record, where: str) -> str:
    return where.removesuffix(f", line {header.line}")


def _named(names: list[str]) -> tuple[list[str], int]:
    """Give the names up to the last one that is any, and how many cells stand behind it."""
    width = max(place for place, name in enumerate(names, 1) if name.strip())
    return names[:width], len(names) - width


def _without_tail(records: Iterator[Record], tail: int) -> Iterator[Record]:
    """Take off what stands below a *tail* of nameless columns, where it is empty; else the row is ragged."""
    for record in records:
        for _ in range(min(tail, len(record.cells))):
            if not record.cells[-1].strip():
                record.cells.pop()
        yield record


def taken_back(
    header: Record, records: Iterator[Record], config: Input, where: str, *, notes: list[str]
) -> Part:
    """Take off what our failed.csv added: its columns, the escapes in the others, and what filled them up."""
    names, tail = _named(header.cells)
    place = {name.strip(): i for i, name in enumerate(names) if name.strip() in FATE_COLUMNS}
    own = [i for i, name in enumerate(names) if name.strip() not in place]
    columns = [unescape_formula(names[i]) for i in own]
    known = understand(columns, config, where)
    first = Header(names=columns, line=header.line, columns=known, where=_file(header, where), came_back=True)

    def as_asked() -> Iterator[Record]:
        for line, cells, hidden, *_ in records:
            said = cells[place["_detail"]] if place.get("_detail", len(cells)) < len(cells) else ""
            beyond = cells[len(names) :]
            if tail and not any(map(str.strip, beyond)):  # a spreadsheet fills all rows up
                beyond = [""] * surplus(said)
            asked = [cells[i] for i in own if i < len(cells)] + beyond
            yield Record(line, as_refused(list(map(unescape_formula, asked)), known.texts, said), hidden)

    return columns, rows_only(as_asked(), first, config, notes)
