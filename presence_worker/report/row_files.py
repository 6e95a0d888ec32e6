"""The files with a line for each row: for people, for programs, and to go back into `run`."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from ..failed_csv import RESULT_COLUMNS, escape_formula
from ..journal import Journal, RowResult, RunRecord
from ..json_form import Json
from ..model import Result

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
ENCODING = "utf-8-sig"  # spreadsheets take CSV for UTF-8 only with the mark
NEEDS_SOMEBODY = (Result.INVALID, Result.REJECTED, Result.FAILED, Result.UNKNOWN)


def more_fields(run: RunRecord) -> tuple[str, ...]:
    """Return what a run's lines have behind the usual fields.

    That is the name where the job names people by it, its days where rows have any, and the message where
    the operator wants it in reports.
    """
    names = ("identity",) if run.input.identity else ()
    days = DAYS if run.input.dated or run.input.scheduled else ()
    messages = ("message",) if run.settings.include_messages else ()
    return (*names, *days, *messages)


def names_of(run: RunRecord) -> tuple[str, ...]:
    """Return the names of all that a run's lines have, in order."""
    return (*FIELDS, *more_fields(run))


def fields_of(names: Sequence[str]) -> list[str]:
    """Return the fields of a `RowResult` that have what lines have by these *names*."""
    return [CALLED.get(name, name) for name in names]


def write_jsonl(journal: Journal, file: BinaryIO) -> int:
    """Write the report for programs; give the number of rows."""
    run = journal.run()
    names = names_of(run)
    log = structlog.wrap_logger(
        _Lines(file),
        processors=[_as_json],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    )
    rows = 0
    for rows, values in enumerate(journal.results.lines(fields_of(names)), 1):  # noqa: B007 - the last is their number
        log.info("row", line={"run_id": run.run_id, **dict(zip(names, values, strict=True))})
    return rows


class _Lines:
    """A logger that leaves flushing to the file's owner: a line is no use before the file is whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.info = file.write


def _as_json(_: WrappedLogger, __: str, fields: EventDict) -> bytes:
    return orjson.dumps(fields["line"], option=orjson.OPT_APPEND_NEWLINE)  # all tell of one kind of event


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
    """Return a row as it came, and what became of it; cells beyond the header stay beyond it."""
    cells = [_text(cell) for cell in orjson.loads(fate.cells)]
    own = [*cells[:width], *[""] * (width - len(cells))]
    ours = (fate.result, fate.reason, fate.detail, fate.http_status, fate.attempts, fate.line)
    return [*own, *map(_text, ours), *cells[width:]]


def _text(value: Json) -> str:
    """Return a cell's text: JSON for what is no text in JSON, nothing for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _write(file: BinaryIO, names: Iterable[str], rows: Iterable[Iterable[Json]], delimiter: str) -> int:
    text = io.TextIOWrapper(file, encoding=ENCODING, errors="backslashreplace", newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(map(escape_formula, names))
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007 - the last one is the number of rows
        writer.writerow([escape_formula(cell) if isinstance(cell, str) else cell for cell in row])
    text.flush()
    text.detach()
    return number
