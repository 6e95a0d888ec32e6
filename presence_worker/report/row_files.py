"""The files with a line for each row: for people, for programs, and to go back into `run`."""

import codecs
import csv
import io
from collections.abc import Callable, Collection, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

import orjson

from ..failed_csv import RESULT_COLUMNS, escape_formula
from ..journal import Journal, RunRecord, SqlRow
from ..json_form import Json
from ..model import Result
from .summary import Summary

Cell = str | float | None
FIELDS = (
    "row",
    "line",
    "associate_id",
    "status",
    "result",
    "reason",
    "detail",
    "http_status",
    "attempts",
    "wire_puts",
    "duration_ms",
    "duplicate_of",
    "before_status",
    "finished_at",
)
DAYS = ("from", "until", "scheduled_by")
CALLED = {"from": "starts", "until": "ends"}  # in the journal: `from` is a word of Python and of SQL
BEHIND = ("identity", "scheduled_by", "cells")  # what a row has behind the fields of its line
SCHEDULED_BY, CELLS = -2, -1
RESULT = FIELDS.index("result")
OUTCOME = itemgetter(*map(FIELDS.index, ("result", "reason", "detail", "http_status", "attempts", "line")))
NEEDS_ATTENTION = {Result.INVALID, Result.REJECTED, Result.FAILED, Result.UNKNOWN}


def more_fields(run: RunRecord) -> tuple[str, ...]:
    """Return what a run's lines have behind the usual fields.

    That is the name where the job names people by it, and the days where rows have any. The message is there
    if report.include_messages is set.
    """
    names = ("identity",) if run.input.identity else ()
    days = DAYS if run.input.dated or run.input.scheduled else ()
    messages = ("message",) if run.settings.include_messages else ()
    return (*names, *days, *messages)


def names_of(run: RunRecord) -> tuple[str, ...]:
    """Return the names of all that a run's lines have, in order."""
    return (*FIELDS, *more_fields(run))


def fields_of(run: RunRecord) -> list[str]:
    """Return the fields of a `RowResult` that the writers get of each row of a run."""
    return [CALLED.get(name, name) for name in (*names_of(run), *BEHIND)]


class Story(NamedTuple):
    """What all files of a run show."""

    journal: Journal
    run: RunRecord
    summary: Summary


class Writer(NamedTuple):
    """How a file is written: its beginning, what each page of rows adds to it, and its end."""

    add: Callable[[Sequence[SqlRow]], bytes]  # of each row it gets `fields_of` its run
    begin: bytes = b""
    end: Callable[[], bytes] = bytes


def json_lines(story: Story) -> Writer:
    """Return the writer of the report for programs."""
    names = names_of(story.run)
    start = b'{"run_id":%b,"row":' % orjson.dumps(story.run.run_id)  # of a line

    def add(rows: Sequence[SqlRow]) -> bytes:
        text = orjson.dumps([dict(zip(names, row, strict=False)) for row in rows])
        between = b'},{"row":'  # in no text: JSON escapes a quote in it, and has no letter behind its end
        return text.replace(b'[{"row":', start, 1).replace(between, b"}\n" + start)[:-1] + b"\n"

    return Writer(add)


def table(story: Story) -> Writer:
    """Return the writer of the rows as people read them in a spreadsheet."""
    names = names_of(story.run)
    width = len(names)
    return Writer(lambda rows: _csv([row[:width] for row in rows]), begin=_header(names))


def rows_that_need_attention(story: Story) -> Writer:
    """Return the writer of the rows that need attention, with the input's own columns first."""
    return _rows_back(story.run, NEEDS_ATTENTION)


def rows_not_sent(story: Story) -> Writer:
    """Return the writer of the rows that were not sent, in the same form."""
    return _rows_back(story.run, {Result.NOT_SENT})


def _rows_back(run: RunRecord, results: Collection[str]) -> Writer:
    columns, delimiter = run.input.columns or (), run.input.delimiter or ","

    def add(rows: Sequence[SqlRow]) -> bytes:
        found = [row for row in rows if row[RESULT] in results and not row[SCHEDULED_BY]]  # else in no file
        own = [_row_back(row, len(columns), run.run_id) for row in found]
        return _csv(own, delimiter)

    return Writer(add, begin=_header([*columns, *RESULT_COLUMNS], delimiter))


def _row_back(row: SqlRow, width: int, run_id: str) -> list[str]:
    """Return a row as it came, its result, and the run; cells beyond the header stay beyond it."""
    cells = [_text(cell) for cell in orjson.loads(row[CELLS])]
    own = [*cells[:width], *[""] * (width - len(cells))]
    return [*own, *map(_text, OUTCOME(row)), run_id, *cells[width:]]


def _text(value: Json) -> str:
    """Return a cell's text: JSON for what JSON does not have as text, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _header(names: Sequence[str], delimiter: str = ",") -> bytes:
    return codecs.BOM_UTF8 + _csv([names], delimiter)


def _csv(rows: Sequence[Sequence[Cell]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(_without_formulas(rows))
    return text.getvalue().encode(errors="backslashreplace")


def _without_formulas(rows: Sequence[Sequence[Cell]]) -> Sequence[Sequence[Cell]]:
    """Return rows in which no spreadsheet calculates a cell; numbers stay as they are."""
    texts = {cell for cell in {*chain.from_iterable(rows)} if isinstance(cell, str)}  # each is read once
    escaped: dict[Cell, Cell] = {text: cell for text in texts if (cell := escape_formula(text)) != text}
    return [[escaped.get(cell, cell) for cell in row] for row in rows] if escaped else rows
