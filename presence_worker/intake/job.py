"""A job from end to end: opened by its content, read as rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module

from ..errors import InputRefused
from ..model import Row
from ..roundtrip import is_ours
from ..settings import Input, Settings
from .age import refuse_old
from .knowing import knowing
from .other_formats import refuse_text
from .row_reader import RowReader
from .source import FALLBACK, STDIN, open_source
from .suffixes import misnamed
from .table import Source, Table

READERS = {  # format: what reads it, and the module that has it, loaded only for such a job
    "csv": ("open_csv", "csv.open_csv"),
    "json": ("open_json", "json.open_json"),
    "jsonl": ("open_json_lines", "json.open_json"),
    "xlsx": ("open_xlsx", "xlsx.open_xlsx"),
}
GUESSED = (
    f"read as {FALLBACK} (Western Europe), as it is not UTF-8; if letters look wrong in SuperOffice, "
    "say the encoding with --encoding"
)
OURS = "a failed.csv"
BLOCK = 1 << 16  # characters looked at to tell the format


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
def open_job(job: str, settings: Settings, day: date) -> Iterator[Job]:
    """Open the job at a path, or standard input for "-"; raise InputRefused for what cannot be read.

    *day* is the one on which its rows are to be due.
    """
    config = settings.input
    with open_source(job, settings) as source:
        table = _opener(_format(source, config))(source, config)
        known = {"columns": table.columns, "rows_path": table.rows_path}
        with knowing(format=table.format, encoding=source.encoding, **known):
            if not table.came_back:
                refuse_old(source.name, source.changed, config.max_age, config.timezone)
            reader = RowReader(table, settings, source.name, day)
        table.notes.extend(misnamed(source, table.format))  # it gets more while the rows are read
        if source.encoding == FALLBACK and not config.encoding:
            table.notes.append(GUESSED)
        yield _opened(source, table, reader, stdin=job == STDIN)


def _opener(kind: str) -> Callable[[Source, Input], Table]:
    name, module = READERS[kind]
    opener: Callable[[Source, Input], Table] = getattr(import_module(f"{__package__}.{module}"), name)
    return opener


def _opened(source: Source, table: Table, reader: RowReader, *, stdin: bool) -> Job:
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
        rows=_rows(table, reader, source.name),
        reader=reader,
    )


def _format(source: Source, config: Input) -> str:
    """Tell the format by the content; the name of a file proves nothing."""
    content, wanted = _content(source), config.format
    if content == OURS:
        return "csv"  # the configuration is meant for the job it came from
    if wanted == "auto" and content in READERS:
        return content
    if "xlsx" in (content, wanted) and content != wanted:
        words = f"its content is {content.upper()}, not {wanted.upper()} as --format or input.format says"
        raise InputRefused(f"{source.name}: {words}; leave that out")
    return wanted


def _content(source: Source) -> str:
    if source.encoding is None:
        return "xlsx"
    start = source.text.read(BLOCK).lstrip().lower()
    source.text.seek(0)
    refuse_text(source.name, start)
    if start[:1] in ("[", "{"):
        return "json"
    return OURS if is_ours(start.encode("utf-8", "replace")) else "csv"


def _rows(table: Table, reader: RowReader, name: str) -> Iterator[Row]:
    ordinal = 0
    for ordinal, record in enumerate(table.records, 1):
        yield reader.read(ordinal, record)
    reader.end()
    if not ordinal:
        raise InputRefused(f"{name}: no rows; an empty export is usually a broken export")
