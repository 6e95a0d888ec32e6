"""A job from end to end: opened by its content, read as rows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ..errors import Cause, InputRefused, JobFacts, refusals_with
from ..model import Row
from ..settings import Settings
from ..shutdown import Shutdown
from ..wording import plain_duration
from .formats import notes_on_name, reader_of
from .row_reader import RowReader
from .source import FALLBACK, STDIN, open_source
from .table import Source, Table

DAY = 86400  # seconds
GUESSED = (
    f"the file is not UTF-8 and was read as {FALLBACK} (Western Europe). If letters look wrong in "
    "SuperOffice, set input.encoding (--encoding)"
)


@dataclass(slots=True, kw_only=True)
class Job:
    """An input being read; its figures are whole once all rows were read."""

    name: str
    stdin: bool
    sha256: str
    encoding: str | None  # None: a workbook has none
    format: str
    delimiter: str | None
    sheet: str | None  # of a workbook
    rows_path: str | None  # of JSON: where the rows were found without input.rows
    header: int | None  # line of the columns' names, where they have one
    columns: list[str]
    came_back: bool  # it is a failed.csv or unprocessed.csv of ours
    identity: str | None  # "login" or "email", where it names people so; None: by associateId
    notes: list[str]  # what a reader should know of how it was read
    rows: Iterator[Row] = field(repr=False)
    reader: RowReader = field(repr=False)

    @property
    def messages_left_out(self) -> int:
        """Messages beside StatusNormal, which are not sent."""
        return self.reader.messages_left_out


@contextmanager
def open_job(
    job: str, settings: Settings, day: date, shutdown: Shutdown | None = None, called: str | None = None
) -> Iterator[Job]:
    """Open the job at a path, or standard input for "-"; raise InputRefused for what cannot be read.

    *day* decides which rows are due. A *shutdown* is raised between two rows. People know the job
    as *called*, where that is not its path.
    """
    config = settings.input
    with open_source(job, settings, called) as source:
        table = reader_of(source, config)(source, config)
        is_guessed = source.encoding == FALLBACK and not config.encoding
        # It gets more notes while the rows are read.
        table.notes.extend([*notes_on_name(source, table.format), *[GUESSED] * is_guessed])
        facts = JobFacts(
            format=table.format,
            encoding=source.encoding,
            rows_path=table.rows_path,
            columns=[*table.columns],  # as the header has them; those of JSON may grow
        )
        with refusals_with(facts):
            _refuse_old(source, None if table.came_back else config.max_age, config.timezone)
            reader = RowReader(table, settings, source.name, day)
        with refusals_with(replace(facts, sheet=table.sheet, delimiter=table.delimiter, header=table.header)):
            yield _build_job(source, table, reader, reader.rows(shutdown), stdin=job == STDIN)


def _build_job(source: Source, table: Table, reader: RowReader, rows: Iterator[Row], *, stdin: bool) -> Job:
    return Job(
        name=source.name,
        stdin=stdin,
        sha256=source.sha256,
        encoding=source.encoding,
        format=table.format,
        delimiter=table.delimiter,
        sheet=table.sheet,
        rows_path=table.rows_path,
        header=table.header,
        columns=table.columns,
        came_back=table.came_back,
        identity=None if reader.named_by == "associate_id" else reader.named_by,
        notes=table.notes,
        rows=rows,
        reader=reader,
    )


def _refuse_old(source: Source, max_age: float | None, zone: str | None) -> None:
    """Raise InputRefused for a file whose last change is longer ago than *max_age* seconds.

    A date as far in the future proves nothing, and is refused as well; less may be a clock that is off.
    """
    if source.changed is None or max_age is None:
        return
    age = time.time() - source.changed
    if abs(age) <= max_age:
        return
    is_old = age > 0
    when = f"{_in_words(age)} ago" if is_old else f"{_in_words(-age)} in the future"
    remedy = "Did the export fail? Export the file again" if is_old else "Set the clock and export again"
    raise InputRefused(
        f"{source.name}: last changed on {_day(source.changed, zone)}, {when}. "
        f"input.max_age allows {_in_words(max_age)}. Nothing was sent. {remedy}. "
        "If the file is right, send it through standard input (`presence-worker run -`)",
        cause=Cause.TOO_OLD,
    )


def _day(changed: float, zone: str | None) -> str:
    try:
        return datetime.fromtimestamp(changed, ZoneInfo(zone) if zone else None).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return "an impossible date"


def _in_words(seconds: float) -> str:
    return f"{seconds // DAY:.0f} days" if seconds >= 2 * DAY else plain_duration(seconds)
