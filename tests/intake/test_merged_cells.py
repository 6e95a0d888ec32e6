"""Merged cells, and formulas whose values were not kept: what a person sees in a row."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.intake.containers import CHUNK
from presence_worker.intake.xlsx.scan import parse_area
from tests.examples import examples

from .reading import Write, cells, read, refusal
from .workbooks import DAY, merges, raw_workbook, row_with, sheet_of, text

PART = "xl/worksheets/sheet1.xml"
HEADER = "associateId|status|message"
DAYS = 40_000  # above it, a number of these tests is shown as a day


def table(*rows: str) -> str:
    """Give the rows of a sheet; in each, the cells stand between |, and empty ones are only formatted."""
    lines = ((line, enumerate(row.split("|"))) for line, row in enumerate(rows, 1))
    return "".join(
        f'<row r="{line}">{"".join(cell(f"{chr(65 + place)}{line}", found) for place, found in row)}</row>'
        for line, row in lines
    )


def cell(place: str, found: str) -> str:
    """Give a cell with a number, a day or a text, or with nothing."""
    if not found:
        return f'<c r="{place}" s="0"/>'
    if not found.isdigit():
        return text(place, found)
    return f'<c r="{place}" s="{DAY if int(found) > DAYS else 0}"><v>{found}</v></c>'


def columns_up_to(number: int) -> list[str]:
    """Give the letters of so many columns."""
    letters = [chr(65 + place) for place in range(26)]
    return [
        *letters,
        *(a + b for a in letters for b in letters),
        *("A" + a + b for a in letters for b in letters),
    ][:number]


def merged(rows: str, *references: str) -> bytes:
    """Give a workbook with merged cells."""
    return raw_workbook("", {PART: sheet_of(rows, merges(*references))})


def test_cells_merged_downwards(write: Write) -> None:
    """What a person sees beside each row counts for it, whether text, number or day."""
    rows = table(HEADER, "5|Away|46360", "6||", "7||", "8|Normal|x", "8||12", "9|Away|")

    _, found = read(write(merged(rows, "B2:B4", "C2:C3", "$C$6:$C$7", "B5:B6")))

    assert cells(found) == [
        ["5", "Away", "2026-12-04"],
        ["6", "Away", "2026-12-04"],
        ["7", "Away", ""],
        ["8", "Normal", "x"],
        ["8", "Normal", "12"],
        ["9", "Away", "12"],
    ]


def test_cells_merged_to_the_right(write: Write) -> None:
    """Only the first column has the value; what is left under the merged cell is seen by nobody."""
    rows = table(HEADER, "5|Away|left over", "6|Away|x", "7|left over|left over")

    _, found = read(write(merged(rows, "B2:C2", "B3:C4")))

    assert cells(found) == [["5", "Away", ""], ["6", "Away", ""], ["7", "Away", ""]]


def test_an_empty_cell_over_others(write: Write) -> None:
    """A merged cell shows its first one, also where only others have something."""
    rows = table(HEADER, "5|Away|", "6|Away|left over")

    _, found = read(write(merged(rows, "C2:C3")))

    assert cells(found) == [["5", "Away", ""], ["6", "Away", ""]]


def test_a_merged_cell_that_begins_where_no_row_is(write: Write) -> None:
    """A row that the file leaves out is blank, and so is what is merged with it."""
    below = f'<row r="4"><c r="A4"><v>6</v></c>{text("B4", "Away")}{text("C4", "left over")}</row>'

    _, found = read(write(merged(table(HEADER, "5|Away|x") + below, "C3:C9")))

    assert cells(found) == [["5", "Away", "x"], ["6", "Away", ""]]


def test_rows_of_nothing_but_merged_cells(write: Write) -> None:
    """A merged cell that reaches below the table makes no rows there."""
    rows = table(HEADER, "5|Away|x", "||", "||left over")

    _, found = read(write(merged(rows, "B2:C1048576", "A3:A9")))

    assert cells(found) == [["5", "Away", ""]]


def test_a_huge_merged_cell(write: Write) -> None:
    """However far a merged cell reaches, it takes no room where nothing is."""
    _, found = read(write(merged(table(HEADER, "5|Away|x"), "C2:XFD1048576", "A3:XFD3")))

    assert cells(found) == [["5", "Away", "x"]]


@pytest.mark.parametrize(
    "references",
    [
        [f"{letters}2:{letters}9" for letters in sorted(columns_up_to(1001))],
        [f"{letters}2:XFD9" for letters in "ABC"],
    ],
)
def test_merged_cells_all_over(references: list[str], write: Write) -> None:
    """So many that reach into one row are an attack on the processor."""
    assert "damaged" in refusal(write(merged(table(HEADER, "5|Away|x"), *references)))


@pytest.mark.parametrize(
    "reference", ["", "A", "2:3", "A0:A2", "A3:A2", "B2:A3", "A1:A1048577", "A1:XFE1", "A1:B2:C3"]
)
def test_places_that_are_none(reference: str, write: Write) -> None:
    """A place that no sheet has is damage."""
    with pytest.raises(ValueError, match=r".*"):
        parse_area(reference)

    assert "damaged" in refusal(write(merged(table(HEADER, "5|Away|x"), reference)))


def test_a_header_of_two_lines(write: Write) -> None:
    """Where a second line of merged cells names the columns, it is the header; it must be said."""
    rows = table(HEADER.replace("message", "Details|"), "||message|remark", "5|Away|x|y")
    path = write(merged(rows, "A1:A2", "B1:B2", "C1:D1"))

    job, found = read(path, skip_lines=1)

    assert refusal(path) == (
        "FILE, sheet 'S', line 1: the cells are merged with line 2, which names the columns we need "
        "as well. Set input.skip_lines = 1"
    )
    assert job.columns == ["associateId", "status", "message", "remark"]
    assert cells(found) == [["5", "Away", "x", "y"]]


@pytest.mark.parametrize("references", [["A1:A2", "B1:B2", "C1:C2"], ["D1:D4"]])
def test_a_header_of_high_cells(references: list[str], write: Write) -> None:
    """A header that takes the room of several rows, and a note beside the table, are no second header."""
    rows = table(HEADER + "|a note", "|||", "5|Away||", "6|Away||x")

    _, found = read(write(merged(rows, *references)))

    assert [(row.associate_id, row.message) for row in found] == [(5, ""), (6, "")]


def test_a_name_that_reaches_into_the_rows(write: Write) -> None:
    """The name of a column is no value of it; what the cells under it would have been, nobody can see."""
    rows = table(HEADER, "5|Away|", "6|Away|x")

    assert refusal(write(merged(rows, "C1:C3"))) == (
        "FILE, sheet 'S', line 1: the column 'message' is merged with cells of the rows below. Unmerge the "
        "cells, or save the sheet as CSV (UTF-8)"
    )


NAMES = ["associateId", "status", "message", "x"]
WORDS = st.sampled_from(["", "", "a", "b", "12", "46360"])
AREAS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(2, 9), st.integers(0, 1), st.integers(0, 4)), max_size=4
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs") / "changes"


@settings(max_examples=examples(100))
@given(
    rows=st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=8),
    areas=AREAS,
    hidden=st.sets(st.integers(2, 9)),
)
def test_any_table_is_read_as_it_is_seen(
    rows: list[tuple[str, str, str]],
    areas: list[tuple[int, int, int, int]],
    hidden: set[int],
    path: Path,
) -> None:
    """Whatever is merged and hidden, a row has what a person sees beside its number."""
    grid = {
        (line, column): word
        for line, row in enumerate([NAMES, *([str(n), *row] for n, row in enumerate(rows))], 1)
        for column, word in enumerate(row)
    }
    taken: set[tuple[int, int]] = set()
    references, seen = [], dict(grid)
    for left, top, width, height in areas:
        places = {
            (line, column)
            for line in range(top, top + height + 1)
            for column in range(left, left + width + 1)
        }
        if places & taken:
            continue
        taken |= places
        references.append(f"{chr(65 + left)}{top}:{chr(65 + left + width)}{top + height}")
        shown = grid.get((top, left), "")
        seen |= {place: shown if place[1] == left else "" for place in places & grid.keys()}
    lines = ["|".join(NAMES), *("|".join([str(n), *row]) for n, row in enumerate(rows))]
    xml = table(*lines)
    for line in hidden:
        xml = xml.replace(f'<row r="{line}">', f'<row r="{line}" hidden="1">')
    path.write_bytes(merged(xml, *references))

    _, found = read(path, hidden_rows="read", unused=["x"])

    wanted = [[seen[line, column] for column in range(4)] for line in range(2, len(rows) + 2)]
    assert cells(found) == [[as_read(word) for word in row] for row in wanted]


def as_read(word: str) -> str:
    return "2026-12-04" if word == "46360" else word


# -- formulas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        ('<c r="C2"><f>A1</f></c>', "#FORMULA!"),  # ClosedXML, Apache POI
        ('<c r="C2"><f>A1</f><v/></c>', "#FORMULA!"),  # openpyxl
        ('<c r="C2"><f>A1</f><v></v></c>', "#FORMULA!"),  # EPPlus
        (f'<c r="C2" s="{DAY}"><f>A1</f><v/></c>', "#FORMULA!"),
        ('<c r="C2" t="str"><f>A1</f></c>', "#FORMULA!"),  # Apache POI, in place of a text
        ('<c r="C2" t="s"><f>A1</f></c>', "#FORMULA!"),
        ('<c r="C2" t="b"><f>A1</f><v></v></c>', "#FORMULA!"),
        ('<c r="C2" t="e"><f>A1</f></c>', "#FORMULA!"),
        ('<c r="C2"><f t="shared" ref="C2:C9" si="0">A1</f></c>', "#FORMULA!"),
        ('<c r="C2"><f t="shared" si="0"/></c>', "#FORMULA!"),
        ('<c r="C2"><f t="array" ref="C2">A1</f></c>', "#FORMULA!"),
        ('<c r="C2" t="str"><f>""</f><v></v></c>', ""),  # Excel, of ="": a text that is empty
        ('<c r="C2" t="str"><f aca="false">""</f><v/></c>', ""),  # LibreOffice
        ('<c r="C2" t="str"><f>A1</f><v>kept</v></c>', "kept"),
        ('<c r="C2"><f>A1</f><v>0</v></c>', "0"),
    ],
)
def test_formulas(cell: str, read_as: str, write: Write) -> None:
    """A formula whose value was not kept is no empty cell; one whose value is an empty text is."""
    _, rows = read(write(raw_workbook(row_with(cell))))

    assert cells(rows) == [["5", "Away", read_as]]


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ('<f t="array" ref="C2:C4">A2:A4</f><v/>', ["#FORMULA!", "#FORMULA!", "#FORMULA!", ""]),
        ('<f t="array" ref="C2:C4">A2:A4</f><v>1</v>', ["1", "", "", ""]),
        ('<f t="shared" ref="C2:C4" si="0">A2</f><v/>', ["#FORMULA!", "", "", ""]),  # each has its own
    ],
)
def test_a_formula_for_several_cells(formula: str, values: list[str], write: Write) -> None:
    """Of a formula without values, none of the cells that it fills has one."""
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><v>5</v></c>{text(f"B{row}", "Away")}</row>' for row in (3, 4, 5)
    )

    _, found = read(write(raw_workbook(row_with(f'<c r="C2">{formula}</c>') + rows)))

    assert [row[2] for row in cells(found)] == values


def test_a_merged_formula(write: Write) -> None:
    """What a merged cell shows in each row is that its value was not kept."""
    formula = '<c r="C2"><f>A1</f></c>'
    below = f'<row r="3"><c r="A3"><v>6</v></c>{text("B3", "Away")}</row>'

    _, rows = read(write(raw_workbook("", {PART: sheet_of(row_with(formula) + below, merges("C2:C3"))})))

    assert [row[2] for row in cells(rows)] == ["#FORMULA!", "#FORMULA!"]


def test_merged_cells_in_utf_16(write: Write) -> None:
    """Merged cells are found in whatever encoding a sheet is written."""
    rows = table(HEADER, "5|Away|x", "6||")
    sheet = f'<?xml version="1.0" encoding="UTF-16"?>{sheet_of(rows, merges("B2:B3"))}'

    _, found = read(write(raw_workbook("", {PART: sheet.encode("utf-16")})))

    assert [row.status for row in found] == ["StatusNotAvailable", "StatusNotAvailable"]


DATED = '<row r="1">{}</row><row r="2">{}</row>'
COLUMNS = ["email", "status", "message", "from", "until", "remark", "state"]
VALUES = ["ola@example.com", "Away", "x", "2026-11-01", "2026-12-31", "y", "approved"]
NO_VALUE = (
    "the column {!r} has a formula without a value; open the workbook in Excel and save it "
    "(in failed.csv: write the value)"
)


def sheet_without(*columns: str, given: str = "<c r='{}'><f>A1</f><v/></c>") -> bytes:
    """Give a workbook whose only row has formulas without a value in these *columns*."""
    letters = "ABCDEFG"
    names = "".join(text(f"{letter}1", name) for letter, name in zip(letters, COLUMNS, strict=True))
    found = zip(letters, COLUMNS, VALUES, strict=True)
    row = "".join(
        given.format(f"{letter}2") if name in columns else text(f"{letter}2", value)
        for letter, name, value in found
    )
    return raw_workbook(DATED.format(names, row))


@pytest.mark.parametrize("column", ["email", "status", "message", "from", "until", "remark", "state"])
def test_a_formula_in_a_column_that_is_used(column: str, write: Write) -> None:
    """Nobody knows what it comes to: the row is invalid, whatever the column is for."""
    path = write(sheet_without(column))

    _, (row,) = read(path, only={"state": ["approved"]}, message_template="{remark}", coverage="everyone")

    assert (row.result, row.reason) == ("invalid", "formula_without_value")
    assert row.detail == NO_VALUE.format(column)


def test_formulas_in_columns_that_are_not_used(write: Write) -> None:
    """What nobody asks for may be anything."""
    _, (row,) = read(write(sheet_without("remark", "state")), coverage="everyone", unused=["state"])

    assert (row.result, row.status) == (None, "StatusNotAvailable")


def test_a_formula_beside_what_leaves_a_row_out(write: Write) -> None:
    """In a row that surely does not count nothing can be wrong."""
    path = write(sheet_without("status", "until"))

    _, (row,) = read(path, only={"state": ["pending"]}, coverage="changes")

    assert (row.result, row.reason) == ("skipped", "filtered_out")


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("email", "no_identity"),
        ("status", "unknown_status"),
        ("message", "bad_message"),
        ("from", "bad_date"),
        ("until", "bad_date"),
        ("state", "formula_without_value"),
    ],
)
@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#SPILL!", "Err:502"])
def test_an_error_in_a_column_that_is_used(error: str, column: str, reason: str, write: Write) -> None:
    """An error is no value, and no empty cell either; statuses of all kinds do not include it."""
    path = write(sheet_without(column, given=f"<c r='{{}}' t='e'><f>A1</f><v>{error}</v></c>"))
    statuses = {"*": "StatusNotAvailable", "": "StatusNotAvailable"}

    _, (row,) = read(path, only={"state": ["approved"]}, statuses=statuses, coverage="everyone")

    assert (row.result, row.reason) == ("invalid", reason)


def test_an_error_as_a_login(write: Write) -> None:
    """An error names nobody, also where people whom nobody knows are passed over."""
    path = write("login,status\n#N/A,Away\n")

    _, (row,) = read(path, unknown_people="skip")

    assert (row.result, row.reason) == ("invalid", "no_identity")


@pytest.mark.parametrize("name", ["<c r='E1'><f>A1</f><v/></c>", "<c r='E1' t='e'><f>A1</f><v>#REF!</v></c>"])
def test_a_formula_as_the_name_of_a_column(name: str, write: Write) -> None:
    """It may be the name of the last day, without which a leave has no end."""
    header = "".join(text(f"{letter}1", column) for letter, column in zip("ABCD", COLUMNS, strict=False))
    row = "".join(text(f"{letter}2", value) for letter, value in zip("ABCDE", VALUES, strict=False))

    said = refusal(write(raw_workbook(DATED.format(header + name, row))), coverage="everyone")

    assert said == (
        "FILE, sheet 'S', line 1: a column's name is a formula without a value, or with an error. Write the "
        "name, or open the workbook in Excel and save it"
    )


def test_a_formula_comes_back(write: Write) -> None:
    """A failed.csv that is run as it is has the same fault; with the value written, it is sent."""
    header = "email,status,from,until,_result,_reason,_detail,_http_status,_attempts,_line\n"
    row = "ola@example.com,Away,2026-11-01,{},invalid,formula_without_value,the column,,0,2\n"

    _, (again,) = read(write(header + row.format("#FORMULA!")), coverage="everyone")
    _, (mended,) = read(write(header + row.format("2026-12-31")), coverage="everyone")

    assert (again.result, again.reason) == ("invalid", "formula_without_value")
    assert (mended.result, mended.status) == (None, "StatusNotAvailable")


def test_merged_cells_between_two_pieces(write: Write) -> None:
    """Merged cells are found wherever a piece of the sheet ends."""
    rows = table(HEADER, "5|Away|x", "6||")
    room = CHUNK - sheet_of(rows, merges("B2:B3"), "<!---->").index("mergeCell")
    sheets = [sheet_of(rows, merges("B2:B3"), f"<!--{'x' * (room - cut)}-->") for cut in range(1, 9)]

    found = [read(write(raw_workbook("", {PART: sheet})))[1] for sheet in sheets]

    assert {row.status for rows_read in found for row in rows_read} == {"StatusNotAvailable"}
