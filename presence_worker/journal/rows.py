"""Rows on their way into a journal: most of them only ask for something, and that is written with less."""

import sqlite3
from collections.abc import Iterable
from itertools import islice
from typing import Any

from ..model import Row
from ..sanitize import fold_name
from .outcomes import OR_NULL

PAGE = 500  # rows written at once, at the most
ASKED = Row._fields.index("result")  # fields of a row before this one say what it asks for
NO_MORE = (None,) * len(Row._fields[ASKED:])  # behind them most rows have nothing
INSERT_ASKED = "INSERT INTO row (row, line, associate_id, status, message, cells) VALUES (?, ?, ?, ?, ?, ?)"
INSERT = f"""INSERT INTO row VALUES
    (?, ?, ?, ?, ?, ?, {OR_NULL}, {OR_NULL}, {OR_NULL}, NULL, {OR_NULL}, {OR_NULL}, {OR_NULL}, {OR_NULL})"""  # noqa: S608 - marks


def insert(db: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Write rows, page by page; raise sqlite3.Error where that fails."""
    coming = iter(rows)
    while page := list(islice(coming, PAGE)):
        db.executemany(INSERT_ASKED, [row[:ASKED] for row in page if row[ASKED:] == NO_MORE])
        db.executemany(INSERT, [_stored(row) for row in page if row[ASKED:] != NO_MORE])


def _stored(row: Row) -> tuple[Any, ...]:
    """Give a row as the statement takes it; what it duplicates is not known yet."""
    starts, ends = row.period or (None, None)
    return (
        row.row,
        row.line,
        row.associate_id,
        row.status,
        row.message,
        row.cells,
        row.result or "",
        row.reason or "",
        row.detail or "",
        row.identity or "",
        fold_name(row.identity) if row.identity else "",
        starts.isoformat() if starts else "",
        ends.isoformat() if ends else "",
    )
