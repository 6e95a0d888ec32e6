"""Rows and columns of a workbook that nobody sees: never used without a word."""

import pytest

from presence_worker.errors import InputRefused

from .reading import Write, cells, read, refusal
from .workbooks import HEADER_ROW, raw_workbook, sheet_of, text

PART = "xl/worksheets/sheet1.xml"
EXCEL = (
    '<row r="{}" spans="1:3" hidden="1" x14ac:dyDescent="0.25" xmlns:x14ac="x">'  # by hand, or by a filter
)
LIBREOFFICE = (
    '<row r="{}" customFormat="false" ht="12.8" hidden="true" customHeight="false" outlineLevel="0">'
)
GROUP = '<row r="{}" outlineLevel="1" hidden="1">'
NO_HEIGHT = '<row r="{}" ht="0" customHeight="1">'
SEEN = '<row r="{}" hidden="0" ht="15" collapsed="1">'
SAYS = 'Set input.hidden_rows = "skip" to skip {0}, or "read" to read {0}'


def row_of(begin: str, row: int) -> str:
    """Give a row of somebody who is away."""
    return f'{begin.format(row)}<c r="A{row}"><v>{row}</v></c>{text(f"B{row}", "Away")}</row>'


def sheet_with(*begins: str) -> bytes:
    """Give a workbook with a row below the header for each of these beginnings of one."""
    return raw_workbook(HEADER_ROW + "".join(row_of(begin, row) for row, begin in enumerate(begins, 2)))


@pytest.mark.parametrize("hidden", [EXCEL, LIBREOFFICE, GROUP, NO_HEIGHT])
def test_hidden_rows_are_refused(hidden: str, write: Write) -> None:
    """Who saved the list sees fewer people than it has: what is meant must be said."""
    path = write(sheet_with(SEEN, hidden, SEEN, hidden))

    assert refusal(path) == (
        f"FILE, sheet 'S': 2 rows are hidden (lines 3 and 5), by a filter or by hand. {SAYS.format('them')}"
    )


def test_the_refusal_knows_both_ways(write: Write) -> None:
    """What `check --explain` prints is the choice there is."""
    with pytest.raises(InputRefused) as refused:
        read(write(sheet_with(SEEN, EXCEL)))

    assert refused.value.ways == ({"hidden_rows": "skip"}, {"hidden_rows": "read"})
    assert f"1 row is hidden (line 3), by a filter or by hand. {SAYS.format('it')}" in str(refused.value)


def test_many_hidden_rows(write: Write) -> None:
    """The first lines are named, and how many there are."""
    said = refusal(write(sheet_with(SEEN, *[EXCEL] * 300)))

    assert "300 rows are hidden (lines 3, 4, 5, 6, 7 and 295 more), by" in said


def test_hidden_rows_are_read(write: Write) -> None:
    """Where the settings say so, they are rows like others, and a note has their number."""
    path = write(sheet_with(SEEN, EXCEL))

    job, rows = read(path, hidden_rows="read")

    assert [(row.associate_id, row.result) for row in rows] == [(2, None), (3, None)]
    assert job.notes == ["sheet 'S': 1 row is hidden (line 3) and read, as input.hidden_rows says"]


def test_hidden_rows_are_skipped(write: Write) -> None:
    """Where the settings say so, they stay in the report and ask for nothing, whatever is wrong in them."""
    wrong = EXCEL.format(4) + text("A4", "x") + "</row>"
    path = write(raw_workbook(f"{HEADER_ROW}{row_of(SEEN, 2)}{row_of(EXCEL, 3)}{wrong}"))

    job, rows = read(path, hidden_rows="skip")

    assert [(row.line, row.result, row.reason) for row in rows] == [
        (2, None, None),
        (3, "skipped", "hidden_row"),
        (4, "skipped", "hidden_row"),
    ]
    assert job.notes == [
        "sheet 'S': 2 rows are hidden (lines 3 and 4) and skipped, as input.hidden_rows says"
    ]


def test_hidden_rows_of_a_failed_csv(write: Write) -> None:
    """A failed.csv that was opened in Excel, filtered and saved is a workbook like any other."""
    header = '<row r="1">' + "".join(
        text(f"{letter}1", name)
        for letter, name in zip(
            "ABCDEFGHI",
            [*("associateId", "status", "message"), *("_result", "_reason", "_detail"), "_x", "_y", "_line"],
            strict=True,
        )
    )
    path = write(raw_workbook(f"{header}</row>{row_of(SEEN, 2)}{row_of(EXCEL, 3)}"))

    assert "1 row is hidden (line 3)" in refusal(path)
    assert [row.reason for row in read(path, hidden_rows="skip")[1]] == [None, "hidden_row"]


@pytest.mark.parametrize(
    ("rows", "above"),
    [
        (
            '<row r="2"><c r="A2"><v>2</v></c><c r="B2" t="str"><v>Away</v></c></row><row r="3" hidden="1"/>',
            "",
        ),
        (row_of(SEEN, 2) + '<row r="3" hidden="1"><c r="A3" s="1"/><c r="B3" t="str"><v> </v></c></row>', ""),
        (row_of("<row r='{}'>", 2), '<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>'),
        (row_of("<row r='{}'>", 2), '<sheetPr filterMode="1"/>'),
    ],
)
def test_nothing_hidden(rows: str, above: str, write: Write) -> None:
    """Rows without content hide nothing, nor does a filter that leaves out nothing."""
    path = write(raw_workbook("", {PART: sheet_of(HEADER_ROW + rows, '<autoFilter ref="A1:C3"/>', above)}))

    job, read_rows = read(path)

    assert [row.associate_id for row in read_rows] == [2]
    assert job.notes == []


def test_a_hidden_header(write: Write) -> None:
    """A header says what the columns are, seen or not; so do hidden columns, and that is said."""
    header = HEADER_ROW.replace('<row r="1">', EXCEL.format(1))
    columns = '<cols><col min="1" max="1" width="9"/><col min="2" max="9" hidden="1" width="0"/></cols>'
    path = write(raw_workbook("", {PART: sheet_of(header + row_of(SEEN, 2), above=columns)}))

    job, rows = read(path)

    assert cells(rows) == [["2", "Away", ""]]
    assert job.notes == [
        "sheet 'S': the header on line 1 is hidden, but was used",
        "sheet 'S': the column 'status' is hidden, but was used",
        "sheet 'S': the column 'message' is hidden, but was used",
    ]


def test_a_hidden_column_that_is_not_used(write: Write) -> None:
    """Of a column that decides nothing, nothing is said."""
    header = HEADER_ROW.replace("message", "remark")
    columns = '<cols><col min="3" max="3" hidden="1"/></cols>'
    path = write(raw_workbook("", {PART: sheet_of(header + row_of(SEEN, 2), above=columns)}))

    assert read(path)[0].notes == []
