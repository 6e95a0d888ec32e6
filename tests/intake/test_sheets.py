"""Which sheets of a workbook are read, and how several of them become one list."""

from typing import Any

import pytest

from presence_worker.errors import InputRefused
from presence_worker.intake.xlsx.workbook import pattern_of

from .reading import Write, cells, read, refusal
from .workbooks import MAIN, OFFICE, raw_workbook, text, workbook

NAMES = ("associateId", "status", "message")
SEVERAL = "several sheets were read"
MONTHS = {
    "2026-11": (NAMES, (1, "Away", "a"), (2, "Away", "b")),
    "2026-12": (("message", "associateId", "Status"), ("c", 3, "Away")),
    "2027-01": (NAMES, (9, "Away", "x")),
    "Codes": (("Code", "Meaning"), ("A", "Away")),
    "_2026-10": (NAMES, (8, "Away", "x")),
}


def test_all_sheets_of_a_pattern(write: Write) -> None:
    """Visible sheets are read in the order of the workbook, each by the order of its own columns."""
    job, rows = read(write(workbook(**MONTHS)), sheet="2026-*")

    assert (job.sheet, job.header, job.columns) == ("2026-11, 2026-12", 1, [*NAMES])
    assert cells(rows) == [["1", "Away", "a"], ["2", "Away", "b"], ["3", "Away", "c"]]
    assert [(row.row, row.line) for row in rows] == [(1, 2), (2, 3), (3, 2)]
    assert job.notes == [
        f"{SEVERAL}: '2026-11' (rows 1 to 2), '2026-12' (row 3). Lines count from the top of each sheet",
    ]


@pytest.mark.parametrize(
    ("wanted", "persons"),
    [
        ("2026-1?", [1, 2, 3]),
        ("*-01", [9]),
        ("20*", [1, 2, 3, 9]),
        ("2026-10", [8]),  # hidden, but named
    ],
)
def test_what_a_pattern_means(wanted: str, persons: list[int], write: Write) -> None:
    """A * stands for any characters, a ? for one, case does not matter; a hidden sheet must be named."""
    _, rows = read(write(workbook(**MONTHS)), sheet=wanted)

    assert [row.associate_id for row in rows] == persons


@pytest.mark.parametrize("pattern", ["2025-*", "2026-?", "2026*10", "*x"])
def test_a_pattern_that_fits_nothing(pattern: str, write: Write) -> None:
    """What there is, is said; hidden sheets too, as they can be named."""
    assert refusal(write(workbook(**MONTHS)), sheet=pattern) == (
        f"FILE: no visible sheet like '{pattern}', as input.sheet says. Found: "
        "'2026-11', '2026-12', '2027-01', 'Codes', '2026-10'"
    )


def test_a_title_that_looks_like_a_pattern(write: Write) -> None:
    """A sheet with exactly that title wins, whatever else it may mean."""
    header, row = text("A1", "login") + text("B1", "status"), text("A2", "ola") + text("B2", "Away")
    rows = f'<row r="1">{header}</row><row r="2">{row}</row>'
    sheets = '<sheets><sheet name="S?" r:id="a"/><sheet name="S2" r:id="a"/></sheets>'
    book = f'<workbook {MAIN} xmlns:r="{OFFICE}">{sheets}</workbook>'
    path = write(raw_workbook(rows, {"xl/workbook.xml": book}))

    assert [read(path, sheet=wanted)[0].sheet for wanted in ("S?", "s?", "?2")] == ["S?", "S?", "S2"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("associateId", "status"), "'message' is missing"),
        ((*NAMES, "From", "Note"), "'From' and 'Note' are new"),
        (("associateId", "status", "From"), "'message' is missing and 'From' is new"),
    ],
)
def test_other_columns(columns: tuple[str, ...], said: str, write: Write) -> None:
    """A sheet with other columns cannot be in the same list: a leave would be without its end there."""
    path = write(workbook(**{"A 1": (NAMES, (1, "Away", "")), "A 2": (columns, (2, "Away"))}))

    assert refusal(path, sheet="A *") == (
        f"FILE, sheet 'A 2', line 1: other columns than the sheet 'A 1': {said}. "
        "Give all sheets of input.sheet the same columns"
    )


def test_months_without_leave(write: Write) -> None:
    """A sheet without rows, or without anything, is a month in which all are here, and is said."""
    path = write(workbook(Jan=(NAMES,), Feb=(), Mar=(NAMES, (1, "Away", "")), Apr=(("",),)))

    job, rows = read(path, sheet="*")

    assert [row.associate_id for row in rows] == [1]
    assert job.notes == [
        (
            f"{SEVERAL}: 'Jan' (no rows), 'Feb' (no rows), 'Mar' (row 1), 'Apr' (no rows). Lines "
            f"count from the top of each sheet"
        )
    ]


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        (
            {"A": (NAMES,), "B": (NAMES,)},
            "FILE: no rows. Check the export: an empty file is usually a failed export",
        ),
        ({"A": (), "B": ()}, "FILE: no cells. Check the export: an empty file is usually a failed export"),
    ],
)
def test_nothing_but_empty_sheets(sheets: dict[str, Any], said: str, write: Write) -> None:
    """If all sheets are empty, the export is broken."""
    assert refusal(write(workbook(**sheets)), sheet="*") == said


def test_what_is_left_out_of_each_sheet(write: Write) -> None:
    """Titles and comments are left out of every sheet; a title that is not is found in each."""
    title, remark = ("Leave",), ("# remark",)
    path = write(workbook(A1=(title, NAMES, remark, (1, "Away", "")), A2=(title, NAMES, (2, "Away", ""))))

    _, rows = read(path, sheet="A*", skip_lines=1, comment="#")

    assert [(row.associate_id, row.line) for row in rows] == [(1, 4), (2, 3)]
    assert refusal(path, sheet="A*").startswith("FILE, sheet 'A1', line 1: 'Leave' is not the header")


def test_ragged_rows_of_another_order(write: Write) -> None:
    """What stands beyond the columns of a sheet stays beyond those of the list."""
    path = write(workbook(A1=(NAMES, (1, "Away", "x")), A2=(("message", *NAMES[:2]), ("y", 2, "Away", "z"))))

    _, rows = read(path, sheet="A*")

    assert cells(rows) == [["1", "Away", "x"], ["2", "Away", "y", "z"]]
    assert [row.reason for row in rows] == [None, "ragged_row"]


@pytest.mark.parametrize(
    ("titles", "others", "pattern"),
    [
        (["2026-01", "2026-02"], ["Codes"], "2026-*"),
        (["2026-01", "2026-02"], [], "2026-*"),
        (["June 2026", "July 2026"], ["Info 2025"], "* 2026"),
        (["Leave June", "Leave July"], ["Codes"], "Leave *"),
        (["Leave (June)", "Leave (July)"], ["Codes"], "Leave (*)"),
        (["Leave", "December", "January"], [], "*"),
        (["Leave", "December"], ["Codes"], None),
        (["Leave 1", "Leave 2"], ["Leave codes"], None),
    ],
)
def test_the_pattern_to_paste(titles: list[str], others: list[str], pattern: str | None) -> None:
    """A pattern means the sheets that fit, those of later months as well, and no other."""
    assert pattern_of(titles, [*titles, *others]) == pattern


def test_the_refusal_of_a_sheet_per_month(write: Write) -> None:
    """Without the setting, the refusal has the pattern to paste; `--explain` knows it, and each sheet."""
    sheets = {title: table for title, table in MONTHS.items() if title != "2027-01"}

    with pytest.raises(InputRefused) as refused:
        read(write(workbook(**sheets)))

    assert str(refused.value).endswith(
        "the sheets '2026-11', '2026-12' have the columns we need. Choose one, such as "
        'input.sheet = "2026-11", or read them all with input.sheet = "2026-*"'
    )
    assert refused.value.ways == ({"sheet": "2026-*"}, {"sheet": "2026-11"}, {"sheet": "2026-12"})


def test_a_failed_csv_beside_the_setting(write: Write) -> None:
    """The setting is meant for the job that a failed.csv came from."""
    names = (*NAMES, "_result", "_reason", "_detail", "_http_status", "_attempts", "_line")
    path = write(workbook(failed=(names, (1, "Away", "x", "failed"))))

    job, rows = read(path, sheet="2026-*")

    assert (job.came_back, job.sheet, cells(rows)) == (True, "failed", [["1", "Away", "x"]])
