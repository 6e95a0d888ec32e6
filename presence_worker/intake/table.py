"""A job opened for reading: its columns, and its records one by one."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson


class Record(NamedTuple):
    """One record of the job as it came."""

    line: int | None  # physical line it starts on, 1-based
    cells: list[Any]  # texts (CSV) or JSON values, in the order of the table's columns
    hidden: bool = False  # in a workbook, and input.hidden_rows = "skip"
    torn: str = ""  # why the next record may be a part of this one, or this one of that before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a reader yields; *columns* may grow while records of JSON are read."""

    format: str
    columns: list[str]
    records: Iterator[Record]
    delimiter: str | None = None
    sheet: str | None = None  # of a workbook
    rows_path: str | None = None  # of JSON: where the rows were found without input.rows
    header: int | None = None  # line of the columns' names, where they have one
    came_back: bool = False  # it is a failed.csv or unprocessed.csv of ours
    notes: list[str] = field(default_factory=list)  # what to tell, once all records were read


def text_of(found: Any) -> str:
    """Give a cell as failed.csv has it: what JSON has in place of a text is read there as it is here."""
    if found is None:
        return ""
    return found.strip() if isinstance(found, str) else json.dumps(found)


def as_json(cells: list[Any]) -> str:
    """Give a record's cells as a JSON list, as the journal keeps them."""
    try:
        return orjson.dumps(cells).decode()
    except TypeError:  # lone surrogates and numbers beyond 64 bits, which JSON may have
        return orjson.dumps([None if cell is None else _as_text(cell) for cell in cells]).decode()


def _as_text(cell: Any) -> str:
    text = cell if isinstance(cell, str) else json.dumps(cell)
    return text.encode("utf-8", "backslashreplace").decode()
