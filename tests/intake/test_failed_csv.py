"""failed.csv goes back into `run` as it is, or mended."""

import csv
import io
from collections.abc import Iterable, Sequence

import pytest

from presence_worker.roundtrip import FATE_COLUMNS, escape_formula

from .reading import Write, cells, read

FATE = ("invalid", "conflict", "-", "", "0", "2")


def failed_csv(names: Sequence[str], *rows: Iterable[str]) -> bytes:
    """Give a failed.csv as a run writes it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in (names, *rows):
        writer.writerow(map(escape_formula, row))
    return text.getvalue().encode("utf-8-sig")


def test_what_we_added_is_taken_off(write: Write) -> None:
    """The job is again the one that was asked for: its own columns, without our escapes."""
    names = ("associateId", "status", "message", "=note")
    path = write(failed_csv([*names, *FATE_COLUMNS], ["5", "Away", "=1+1", "@x", *FATE]))

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (list(names), [["5", "Away", "=1+1", "@x"]])
    assert (rows[0].message, rows[0].result) == ("=1+1", None)


@pytest.mark.parametrize("message", ["'=x", "''-x", "'x", "\uff1dx", "+\n1", "-5"])
def test_escapes_are_taken_off_once(message: str, write: Write) -> None:
    """An apostrophe that was the row's own stays."""
    path = write(
        failed_csv(["associateId", "status", "message", *FATE_COLUMNS], ["5", "Away", message, *FATE])
    )

    _, rows = read(path)

    assert rows[0].message == message


def test_a_job_of_somebody_else_keeps_its_apostrophes(write: Write) -> None:
    """Without our column, an apostrophe is the row's own."""
    path = write("associateId,status,message\n5,Away,'=x\n")

    _, rows = read(path)

    assert rows[0].message == "'=x"


@pytest.mark.parametrize(
    "kept", [["_result"], ["_result", "_line"], [*FATE_COLUMNS], [*reversed(FATE_COLUMNS)]]
)
@pytest.mark.parametrize("at", [0, 1, 3])
def test_columns_may_be_moved_and_removed(kept: list[str], at: int, write: Write) -> None:
    """Who mends the file in a spreadsheet may drop or move our columns: _result shows that we wrote it."""
    own, values = ["associateId", "status", "message"], ["5", "Away", "=x"]
    names = [*own[:at], *kept, *own[at:]]
    path = write(failed_csv(names, [*values[:at], *["?"] * len(kept), *values[at:]]))

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (own, [values])


@pytest.mark.parametrize(
    ("row", "own"),
    [(["5", "Away", "", *FATE, "-more"], ["5", "Away", "", "-more"]), (["5", "Away"], ["5", "Away"])],
)
def test_ragged_rows_stay_ragged(row: list[str], own: list[str], write: Write) -> None:
    """Cells beyond the header come back beyond it, and missing ones stay missing."""
    path = write(failed_csv(["associateId", "status", "message", *FATE_COLUMNS], row))

    _, rows = read(path)

    assert (cells(rows), rows[0].reason) == ([own], "ragged_row")
