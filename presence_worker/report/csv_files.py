"""The CSV files of a run: report.csv for people, failed.csv and unprocessed.csv to go back into `run`."""

import csv
import io
from collections.abc import Iterable
from typing import Any, BinaryIO

import orjson

from ..failed_csv import RESULT_COLUMNS, escape_formula
from ..journal import Journal, RowResult
from ..model import Result
from .rows import fields_of, names_of

ENCODING = "utf-8-sig"  # spreadsheets take CSV for UTF-8 only with the mark
NEEDS_SOMEBODY = (Result.INVALID, Result.REJECTED, Result.FAILED, Result.UNKNOWN)


def write_report(journal: Journal, file: BinaryIO) -> int:
    """Write the rows as people read them in a spreadsheet; give their number."""
    names = names_of(journal.run())
    return _write(file, names, journal.results.lines(fields_of(names)), ",")


def write_failed(journal: Journal, file: BinaryIO) -> int:
    """Write the rows that need somebody, with the input's own columns first; give their number."""
    return _write_back(journal, file, NEEDS_SOMEBODY)


def write_unprocessed(journal: Journal, file: BinaryIO) -> int:
    """Write the rows whose turn never came, likewise."""
    return _write_back(journal, file, (Result.NOT_SENT,))


def _write_back(journal: Journal, file: BinaryIO, results: tuple[Result, ...]) -> int:
    job = journal.run().input
    columns = job.columns or ()
    own = (fate for fate in journal.results.all(*results) if not fate.scheduled_by)  # others were in no file
    rows = (_row_back(fate, len(columns)) for fate in own)
    return _write(file, [*columns, *RESULT_COLUMNS], rows, job.delimiter or ",")


def _row_back(fate: RowResult, width: int) -> list[str]:
    """Give a row as it came, and what became of it; cells beyond the header stay beyond it."""
    cells = [_text(cell) for cell in orjson.loads(fate.cells)]
    own = [*cells[:width], *[""] * (width - len(cells))]
    ours = (fate.result, fate.reason, fate.detail, fate.http_status, fate.attempts, fate.line)
    return [*own, *map(_text, ours), *cells[width:]]


def _text(value: Any) -> str:
    """Give a cell's text: JSON for what is no text in JSON, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _write(file: BinaryIO, names: Iterable[str], rows: Iterable[Iterable[Any]], delimiter: str) -> int:
    text = io.TextIOWrapper(file, encoding=ENCODING, errors="backslashreplace", newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(map(escape_formula, names))
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007 - the last one is the number of rows
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    text.flush()
    text.detach()
    return number
