"""What all readers of a format do alike: the contract in `intake.table`, for each entry of READERS.

A new reader needs one line in FILES, which writes a file for it, and is held to all of this.
"""

import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import NamedTuple, get_args

import pytest

from presence_worker.errors import InputRefused
from presence_worker.failed_csv import RESULT_COLUMNS
from presence_worker.intake.formats import EXTENSIONS, READERS, reader_of
from presence_worker.intake.job import open_job
from presence_worker.intake.source import open_source
from presence_worker.intake.table import Cell, Reader, Record, Table
from presence_worker.loading import load
from presence_worker.settings import Input, Settings

from .reading import Write, refusal
from .workbooks import workbook

Row = Sequence[int | str]
NAMES = ["associateId", "status", "message"]
ROWS: list[Row] = [[5, "Away", "Påske"], [12, "StatusNormal", "x"], [7, "Away", "a, b"]]
MANY = 10_000  # rows, of which few may be in memory


class Written(NamedTuple):
    """A file of a format."""

    content: bytes
    first: int  # line of the first row
    broken: str  # how a refusal begins if the file ends too early


def csv_of(names: Sequence[str], rows: Sequence[Row]) -> Written:
    lines = [",".join(f'"{cell}"' for cell in cells) for cells in [names, *rows]]
    content = "\r\n".join(lines).encode()
    return Written(content, 2, f"FILE, line {len(lines)}, column ")


def objects(names: Sequence[str], rows: Sequence[Row]) -> list[str]:
    return [json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows]


def json_of(names: Sequence[str], rows: Sequence[Row]) -> Written:
    content = "[\n" + ",\n".join(objects(names, rows)) + "]"
    return Written(content.encode(), 2, f"FILE, line {len(rows) + 1}, column ")


def json_lines_of(names: Sequence[str], rows: Sequence[Row]) -> Written:
    content = "\n".join(objects(names, rows))
    return Written(content.encode(), 1, f"FILE, line {len(rows)}, column ")


def xlsx_of(names: Sequence[str], rows: Sequence[Row]) -> Written:
    return Written(workbook(names, *rows), 2, "FILE: a ZIP or XLSX file that is damaged or cut off")


FILES: dict[str, Callable[[Sequence[str], Sequence[Row]], Written]] = {
    "csv": csv_of,
    "json": json_of,
    "jsonl": json_lines_of,
    "xlsx": xlsx_of,
}
every_reader = pytest.mark.parametrize("kind", READERS)


@contextmanager
def opened(job: object, config: Input) -> Iterator[Table]:
    """Open a job with the reader that its content asks for."""
    with open_source(str(job), Settings()) as source:
        yield reader_of(source, config)(source, config)


def as_texts(cells: Sequence[Cell]) -> list[str]:
    return [str(cell) for cell in cells]


def test_every_reader_is_held_to_this() -> None:
    """Each format that has a reader has files here, is a value of input.format, and has an extension."""
    choices = get_args(Input.model_fields["format"].annotation)

    assert set(FILES) == set(READERS) == set(choices) - {"auto"}
    assert set(READERS) <= set(EXTENSIONS.values())


@every_reader
def test_its_entry_is_a_function(kind: str) -> None:
    """What the table names can be loaded."""
    reader: Reader = load(READERS[kind])

    assert callable(reader)


@every_reader
def test_columns_and_rows_come_in_the_order_of_the_file(kind: str, write: Write) -> None:
    """Each row comes once, with the line on which it begins; its cells stand as the columns do."""
    file = FILES[kind](NAMES, ROWS)
    path = write(file.content)

    with opened(path, Input()) as table:
        records = list(table.records)

    assert (table.format, table.columns, table.came_back) == (kind, NAMES, False)
    assert [record.line for record in records] == [file.first + place for place in range(len(ROWS))]
    assert [as_texts(record.cells) for record in records] == [as_texts(row) for row in ROWS]
    assert {record[2:] for record in records} == {(False, "", None)}


@every_reader
def test_a_row_is_read_when_it_is_asked_for(kind: str, write: Write) -> None:
    """However long a file is, few of its rows are in memory."""
    rows: list[Row] = [[person, "Away", f"{person:0200}"] for person in range(1, MANY + 1)]
    path = write(FILES[kind](NAMES, rows).content)

    with opened(path, Input()) as table:
        next(table.records)
        tracemalloc.start()
        number = sum(1 for _ in table.records)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert number == MANY - 1
    assert peak < sum(len(str(message)) for *_, message in rows)


@every_reader
def test_a_file_that_ends_too_early_is_refused(kind: str, write: Write) -> None:
    """It is one sentence, which begins with the file and the place."""
    file = FILES[kind](NAMES, ROWS)
    path = write(file.content[:-3])

    assert refusal(path).startswith(file.broken)


@every_reader
def test_a_part_of_a_file_is_read_or_refused(kind: str, write: Write) -> None:
    """Wherever a file is cut off, nothing but InputRefused comes of it."""
    file = FILES[kind](NAMES, ROWS).content
    outcomes = set[str]()

    for end in range(1, len(file), max(len(file) // 40, 1)):
        try:
            with opened(write(file[:end]), Input()) as table:
                outcomes |= {type(record).__name__ for record in table.records}
        except InputRefused as refused:
            outcomes.add(type(refused).__name__)

    assert outcomes <= {Record.__name__, InputRefused.__name__}
    assert InputRefused.__name__ in outcomes


@every_reader
def test_a_refusal_says_what_was_found(kind: str, write: Write) -> None:
    """Who explains a refused job knows its format, although nothing in it names a person."""
    path = write(FILES[kind](["colour", "status"], [["red", "Away"], ["blue", "Away"]]).content)

    with pytest.raises(InputRefused) as caught, opened(path, Input(format=kind)):
        pass

    assert str(caught.value).startswith(str(path))
    assert caught.value.facts.format == kind


@every_reader
def test_a_list_without_rows_is_refused(kind: str, write: Write) -> None:
    """An empty export is usually a broken one, in any format."""
    content = FILES[kind](NAMES, []).content or b"\n"
    path = write(content)

    with pytest.raises(InputRefused) as caught, open_job(str(path), Settings(), date(2026, 12, 1)) as job:
        list(job.rows)

    assert str(caught.value).endswith("an empty file is usually a failed export")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_failed_csv_is_the_job_it_came_from(kind: str, write: Write) -> None:
    """What spreadsheets save has our columns taken off, and cells without the escapes of formulas."""
    rows: list[Row] = [[*row[:2], "'=1", "failed", "too_many", ""] for row in ROWS]
    path = write(FILES[kind]([*NAMES, *RESULT_COLUMNS[:3]], rows).content)

    with opened(path, Input()) as table:
        records = list(table.records)

    assert (table.columns, table.came_back) == (NAMES, True)
    assert [as_texts(record.cells) for record in records] == [as_texts([*row[:2], "=1"]) for row in ROWS]


@every_reader
def test_notes_grow_while_rows_are_read(kind: str, write: Write) -> None:
    """There is nothing to note of a usual file, before and after."""
    path = write(FILES[kind](NAMES, ROWS).content)

    with opened(path, Input()) as table:
        before = [*table.notes]
        list(table.records)

    assert (before, table.notes) == ([], [])
