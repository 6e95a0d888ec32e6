"""failed.csv and unprocessed.csv: the rows that need somebody, as the input had them."""

import codecs
import stat
import sys
from pathlib import Path

import orjson
import pytest

from presence_worker.failed_csv import RESULT_COLUMNS
from presence_worker.journal import Journal
from presence_worker.model import Outcome, Reason, Result
from presence_worker.report import write_reports
from tests.journal.given import MOMENT, RUN_ID, UNKNOWN, UPDATED, invalid, row

from .given import job, reported, table, unread

NAMES = [
    "_result",
    "_reason",
    "_detail",
    "_http_status",
    "_attempts",
    "_line",
    "_run",
]  # as the contract has them


def cells(*values: object) -> str:
    """Give a row's cells as the journal keeps them."""
    return orjson.dumps(values).decode()


def test_failed_rows_as_they_came(told: Path) -> None:
    """Rows that are invalid, rejected, failed or unknown: their own columns, then what became of them."""
    assert table(told / "failed.csv") == [
        ["associateId", "status", "message", *NAMES],
        ["007", "", "x", "invalid", "unknown_status", "no status", "", "0", "5", RUN_ID],
        ["5", "Away", "Back on 4 January", "rejected", "refused", "no such user", "404", "1", "6", RUN_ID],
        ["6", "Away", "Back on 4 January", "failed", "throttled", "", "429", "6", "7", RUN_ID],
        ["7", "Away", "Back on 4 January", "unknown", "timeout", "no answer in time", "", "2", "8", RUN_ID],
    ]


def test_unprocessed_rows_likewise(told: Path) -> None:
    """Rows whose turn never came, in the same way."""
    assert table(told / "unprocessed.csv") == [
        ["associateId", "status", "message", *NAMES],
        ["8", "Away", "Back on 4 January", "not_sent", "", "", "", "0", "9", RUN_ID],
    ]


def test_our_columns_have_one_name(told: Path) -> None:
    """Who reads the file back knows our columns by the names with which they are written."""
    assert list(RESULT_COLUMNS) == NAMES
    assert table(told / "failed.csv")[0][-7:] == NAMES


@pytest.mark.parametrize("name", ["failed.csv", "unprocessed.csv"])
def test_they_open_as_utf_8(told: Path, name: str) -> None:
    """The mark at the beginning lets a spreadsheet read letters as they are."""
    assert (told / name).read_bytes().startswith(codecs.BOM_UTF8)


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_they_have_the_inputs_delimiter(folder: Path, delimiter: str) -> None:
    """What a spreadsheet here writes, it can open: the delimiter stays the job's own."""
    content = job(["id;x", "a|b", "c,d\te"], delimiter=delimiter)

    reported(folder, [row(1, cells=cells("1;", "|", ",\t"))], {}, input=content)

    assert table(folder / "unprocessed.csv", delimiter) == [
        ["id;x", "a|b", "c,d\te", *NAMES],
        ["1;", "|", ",\t", "not_sent", "", "", "", "0", "2", RUN_ID],
    ]


def test_without_a_delimiter_it_is_a_comma(folder: Path) -> None:
    """Rows of JSON are written as CSV, too: texts as they are, other values as JSON, nothing for null."""
    content = job(["associateId", "status", "more"], delimiter=None, format="json")

    reported(folder, [row(1, line=None, cells=cells(1, None, {"a": [1.5, "ä"]}))], {}, input=content)

    assert table(folder / "unprocessed.csv")[1] == [
        "1",
        "",
        '{"a":[1.5,"ä"]}',
        "not_sent",
        "",
        "",
        "",
        "0",
        "",
        RUN_ID,
    ]


def test_columns_that_came_later(folder: Path) -> None:
    """Rows that are shorter than the header, as a later row of JSON brought new columns, are filled up."""
    content = job(["associateId", "status", "new"], delimiter=None, format="json")

    reported(
        folder, [row(1, cells=cells("1", "Away")), row(2, cells=cells("2", "Away", "x"))], {}, input=content
    )

    assert [line[:4] for line in table(folder / "unprocessed.csv")[1:]] == [
        ["1", "Away", "", "not_sent"],
        ["2", "Away", "x", "not_sent"],
    ]


def test_cells_beyond_the_header_stay_beyond_it(folder: Path) -> None:
    """A row that was too long is too long again, and its own columns stand under their names."""
    long = invalid(1, reason=Reason.RAGGED_ROW, detail="5 cells", cells=cells("1", "Away", "x", "=y", ""))

    reported(folder, [long], {})

    assert table(folder / "failed.csv")[1] == [
        *["1", "Away", "x", "invalid", "ragged_row", "5 cells", "", "0", "2", RUN_ID],
        *["'=y", ""],
    ]


@pytest.mark.parametrize(
    "cell", ["=1+1", "'=1+1", "-5", "+47 22 00 00 00", "@x", "\t", "\r", "\uff1dx", "'\uff20"]
)
def test_nothing_calculates(folder: Path, cell: str) -> None:
    """Cells and column names that begin like a formula are written as text."""
    content = job(["associateId", "status", f"{cell}name"])
    reported(folder, [row(1, cells=cells("1", "Away", cell))], {1: UNKNOWN}, input=content)

    header, first = table(folder / "failed.csv")

    assert (header[2], first[2]) == (f"'{cell}name", f"'{cell}")


def test_the_services_words_do_not_calculate(folder: Path) -> None:
    """What the service said is as little to be trusted as what the file holds."""
    outcome = Outcome(result=Result.REJECTED, reason=Reason.REFUSED, detail="=cmd|' /C calc'!A0")

    reported(folder, 1, {1: outcome})

    assert table(folder / "failed.csv")[1][5] == "'=cmd|' /C calc'!A0"


def test_they_are_there_only_with_rows(folder: Path) -> None:
    """A job that is done leaves neither, and so nothing to wonder about."""
    reported(folder, 2, {1: UPDATED, 2: Outcome(result=Result.UNCHANGED)})

    assert not {"failed.csv", "unprocessed.csv"} & {path.name for path in folder.iterdir()}


def test_they_go_when_their_rows_are_done(folder: Path, journal: Journal) -> None:
    """After a later session finished the rows, the files of the earlier report would mislead."""
    write_reports(folder, journal)
    journal.sessions.begin("resume", rate=10)
    journal.outbox.record((number, UPDATED, MOMENT) for number in (5, 6, 7, 8))
    journal.sessions.end(seconds=1, gets=0)

    summary = write_reports(folder, journal)

    assert not (folder / "unprocessed.csv").exists()
    assert [line[3] for line in table(folder / "failed.csv")[1:]] == ["invalid"]
    assert "unprocessed.csv" not in summary.files


def test_a_job_that_could_not_be_read_has_neither(folder: Path) -> None:
    """A refused run knows no rows and no columns; it has its reports all the same."""
    reported(folder, 0, {}, **unread())

    found = {path.name for path in folder.iterdir()}
    assert found == {"report.jsonl", "report.csv", "report.html", "summary.json"}
    assert (folder / "report.jsonl").read_bytes() == b""
    assert len(table(folder / "report.csv")) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes of this kind there")
def test_they_are_private(told: Path) -> None:
    """Messages are in there."""
    modes = {stat.S_IMODE((told / name).stat().st_mode) for name in ("failed.csv", "unprocessed.csv")}

    assert modes == {0o600}
