"""XLSX: which sheet, which rows, and what a person reads in the cells."""

from typing import Any

import pytest

from .reading import Write, cells, read, refusal
from .test_containers import zipped
from .workbooks import (
    DAY,
    DURATION,
    HEADER_ROW,
    MAIN,
    MOMENT,
    TIME,
    link,
    links,
    merges,
    raw_workbook,
    row_with,
    sheet_of,
    text,
    workbook,
)

NAMES = ("associateId", "status", "message")
ROW = (5, "Away", "Ferie")
EXPECTED = 'Choose one: input.sheet = "A"'
EMPTY = "an empty file is usually a failed export"
BROKEN = "FILE: an XLSX workbook that cannot be read. Save it as XLSX or CSV (UTF-8)"
DAMAGED = "FILE: an XLSX workbook that is damaged or cut off. Export or copy it again"


def test_a_workbook(write: Write) -> None:
    """A workbook is known by its content; it has no encoding and no delimiter."""
    job, rows = read(write(workbook(NAMES, ROW, (6, "Normal", ""))))

    assert (job.format, job.encoding, job.delimiter) == ("xlsx", None, None)
    assert [(row.line, row.associate_id, row.message) for row in rows] == [(2, 5, "Ferie"), (3, 6, "")]
    assert job.notes == []


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        ('<c r="C2"><v>12</v></c>', "12"),
        ('<c r="C2"><v>12.0</v></c>', "12"),
        ('<c r="C2"><v>-0</v></c>', "0"),
        ('<c r="C2"><v>12.5</v></c>', "12.5"),
        ('<c r="C2"><v>1E3</v></c>', "1000"),
        ('<c r="C2"><v>9007199254740992</v></c>', "9007199254740992"),
        ('<c r="C2"><v>12345678901234567890</v></c>', "1.2345678901234567e+19"),
        (f'<c r="C2" s="{DAY}"><v>46360</v></c>', "2026-12-04"),
        (f'<c r="C2" s="{MOMENT}"><v>46360</v></c>', "2026-12-04"),
        (f'<c r="C2" s="{MOMENT}"><v>46360.354166666664</v></c>', "2026-12-04 08:30"),
        (f'<c r="C2" s="{MOMENT}"><v>46360.35434027778</v></c>', "2026-12-04 08:30:15"),
        (f'<c r="C2" s="{MOMENT}"><v>46359.999999999</v></c>', "2026-12-04"),
        (f'<c r="C2" s="{DAY}"><v>0</v></c>', "1900-01-00"),  # of an empty cell, as Excel shows it
        (f'<c r="C2" s="{DAY}"><f>E2</f><v>0.0</v></c>', "1900-01-00"),
        (f'<c r="C2" s="{MOMENT}"><v>0.5</v></c>', "1900-01-00 12:00"),
        (f'<c r="C2" s="{DAY}"><v>1</v></c>', "1900-01-01"),
        (f'<c r="C2" s="{DAY}"><v>59</v></c>', "1900-02-28"),
        (f'<c r="C2" s="{DAY}"><v>60</v></c>', "1900-02-29"),  # which never was
        (f'<c r="C2" s="{DAY}"><v>61</v></c>', "1900-03-01"),
        (f'<c r="C2" s="{DAY}"><v>2958465</v></c>', "9999-12-31"),
        (f'<c r="C2" s="{DAY}"><v>2958466</v></c>', "2958466"),
        (f'<c r="C2" s="{DAY}"><v>-5</v></c>', "-5"),
        (f'<c r="C2" s="{DAY}"><v>1E99</v></c>', "1e+99"),
        (f'<c r="C2" s="{DAY}"><v>nan</v></c>', "nan"),
        (f'<c r="C2" s="{DAY}"><v>text</v></c>', "text"),
        (f'<c r="C2" s="{TIME}"><v>46360.5</v></c>', "2026-12-04 12:00"),
        (f'<c r="C2" s="{TIME}"><v>0</v></c>', "00:00"),
        (f'<c r="C2" s="{TIME}"><v>0.354166666666667</v></c>', "08:30"),
        (f'<c r="C2" s="{TIME}"><v>0.35434027778</v></c>', "08:30:15"),
        (f'<c r="C2" s="{DURATION}"><v>1.104166666666667</v></c>', "26:30"),
        (f'<c r="C2" s="{DURATION}"><v>0.000023148148</v></c>', "0:00:02"),
        (f'<c r="C2" s="{DURATION}"><v>-0.25</v></c>', "-6:00"),
        ('<c r="C2" t="d"><v>2026-12-04</v></c>', "2026-12-04"),
        ('<c r="C2" t="d"><v>2026-12-04T00:00:00</v></c>', "2026-12-04"),
        ('<c r="C2" t="d"><v>2026-12-04T08:30:00.000</v></c>', "2026-12-04 08:30"),
        ('<c r="C2" t="d"><v>2026-12-04T23:00:00Z</v></c>', "2026-12-04T23:00:00Z"),
        ('<c r="C2" t="d"><v>soon</v></c>', "soon"),
        ('<c r="C2" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="C2" t="b"><v>0</v></c>', "FALSE"),
        ('<c r="C2"><f>6*7</f><v>42</v></c>', "42"),
        ('<c r="C2" t="str"><f>A1&amp;B1</f><v>ab</v></c>', "ab"),
        ('<c r="C2" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="C2" t="e"><v/></c>', "#VALUE!"),
        ('<c r="C2" t="e"><v>#WHAT!</v></c>', "#VALUE!"),
        ('<c r="C2"/>', ""),
        (text("C2", "a_x000D_&#10;b"), "a\r\nb"),
        (text("C2", "'=1+1"), "'=1+1"),
        ('<c r="C2" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c r="C2" t="inlineStr"><is><t>a</t><rPh><t>sound</t></rPh></is></c>', "a"),
    ],
)
def test_what_a_cell_says(cell: str, read_as: str, write: Write) -> None:
    """A cell is the text a person reads in it, never one that only looks exact."""
    _, rows = read(write(raw_workbook(row_with(cell))))

    assert cells(rows) == [["5", "Away", read_as]]


@pytest.mark.parametrize(
    ("number", "day"), [("44898", "2026-12-04"), ("0", "1900-01-00"), ("1", "1904-01-02")]
)
def test_days_since_1904(number: str, day: str, write: Write) -> None:
    """Workbooks from old Macs count days from another year, and say so; 0 is nobody's day in them either."""
    sheets = '<sheets><sheet name="S" r:id="a"/></sheets>'
    book = f'<workbook {MAIN} xmlns:r="x"><workbookPr date1904="1"/>{sheets}</workbook>'
    path = write(
        raw_workbook(row_with(f'<c r="C2" s="{DAY}"><v>{number}</v></c>'), {"xl/workbook.xml": book})
    )

    _, rows = read(path)

    assert cells(rows)[0][2] == day


@pytest.mark.parametrize("number", ["0", "0.5", "60", "-5"])
@pytest.mark.parametrize("column", ["from", "until"])
def test_days_that_are_none(number: str, column: str, write: Write) -> None:
    """A reference to an empty cell, and a day that never was, begin and end no leave."""
    rows = row_with(f'<c r="C2" s="{DAY}"><v>{number}</v></c>').replace("message", column)

    _, (row,) = read(write(raw_workbook(rows)), coverage="everyone", until="until", from_="from")

    assert (row.result, row.reason) == ("invalid", "bad_date")


def test_parts_in_other_places(write: Write) -> None:
    """A part is where the link to it says, from the root or from beside the workbook."""
    sheet = sheet_of(row_with('<c r="C2" t="s"><v>0</v></c>'))
    sheets = '<sheets><sheet name="S" r:id="a"/></sheets>'
    parts = {
        "_rels/.rels": links(link("a", "officeDocument", "/Office/book.xml")),
        "Office/book.xml": f'<workbook {MAIN} xmlns:r="x">{sheets}</workbook>',
        "Office/_rels/book.xml.rels": links(
            link("a", "worksheet", "../Data/./one.xml"), link("b", "sharedStrings", "/texts.xml")
        ),
        "Data/one.xml": sheet,
        "texts.xml": f"<sst {MAIN}><si><t>x</t></si></sst>",
    }
    gone = dict.fromkeys(["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])

    _, rows = read(write(raw_workbook("", {**parts, **gone})))

    assert cells(rows) == [["5", "Away", "x"]]


@pytest.mark.parametrize("number", [12.5, "12.0", 2.0**53, -5, True, "#N/A"])
def test_numbers_that_are_no_associate(number: Any, write: Write) -> None:
    """What is no whole number is nobody's, and is not made into one."""
    _, rows = read(write(workbook(NAMES, (number, "Away", ""))))

    assert [row.reason for row in rows] == ["bad_associate_id"]


def test_lines_are_those_of_the_sheet(write: Write) -> None:
    """A person finds a row under its number, whatever is empty above, beside or between."""
    blank = ("", "", "", "")
    path = write(workbook(blank, blank, ("", *NAMES), blank, ("", *ROW), (), ("", "x", " ", ""), blank))

    job, rows = read(path)

    assert job.columns == ["associateId", "status", "message"]
    assert [(row.row, row.line, row.reason) for row in rows] == [(1, 5, None), (2, 7, "bad_associate_id")]


def test_a_table_that_does_not_begin_at_the_left(write: Write) -> None:
    """What stands left of the header is not part of the table, which is said, and shifts nothing."""
    path = write(workbook(("", *NAMES), ("", *ROW), ("remark", 6, "Away", ""), ("only a remark",)))

    job, rows = read(path)

    assert job.columns == [*NAMES]
    assert cells(rows) == [["5", "Away", "Ferie"], ["6", "Away", ""]]
    assert job.notes == ["sheet 'Sheet1': 2 rows have something left of the header. It was not read"]


def test_what_stands_beyond_the_header(write: Write) -> None:
    """A cell under no name makes its row ragged, as in CSV; cells that are only formatted are nothing."""
    path = write(
        workbook((" associateId ", "Status", "", ""), (5, "Away"), (6, "Away", "", "x"), (7, "Away", " "))
    )

    job, rows = read(path)

    assert job.columns == ["associateId", "Status"]
    assert [row.reason for row in rows] == [None, "ragged_row", None]
    assert cells(rows)[1] == ["6", "Away", "", "x"]


def test_rows_and_cells_without_places(write: Write) -> None:
    """Some programs leave out where a cell stands: it is the next one then."""
    rows = HEADER_ROW + '<row><c><v>5</v></c><c t="str"><v>Away</v></c></row><row r="9"><c><v>6</v></c></row>'

    _, read_rows = read(write(raw_workbook(rows)))

    assert [(row.line, row.associate_id) for row in read_rows] == [(2, 5), (9, 6)]


def test_namespaces_with_prefixes(write: Write) -> None:
    """Some programs write a prefix before each name."""
    rows = row_with('<c r="C2" t="e"><v>#REF!</v></c>')
    prefixed = rows.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    part = (
        f"<x:worksheet {MAIN.replace('xmlns', 'xmlns:x')}><x:sheetData>{prefixed}</x:sheetData></x:worksheet>"
    )

    _, read_rows = read(write(raw_workbook("", {"xl/worksheets/sheet1.xml": part})))

    assert cells(read_rows) == [["5", "Away", "#REF!"]]


# -- which sheet ---------------------------------------------------------------------------------------------


def test_the_only_sheet_with_our_columns(write: Write) -> None:
    """Of several visible sheets, the one whose header has what we need is read."""
    path = write(
        workbook(Codes=(("Code", "Meaning"), (1, "x")), Leave=(NAMES, ROW), _Old=(NAMES, ROW), Blank=())
    )

    job, rows = read(path)

    assert (job.sheet, job.header, [row.associate_id for row in rows]) == ("Leave", 1, [5])
    assert job.notes == ["only the sheet 'Leave' was read. The workbook has other sheets"]


def test_several_sheets_that_fit(write: Write) -> None:
    """Which of two is meant is not ours to guess."""
    path = write(workbook(Oslo=(NAMES, ROW), Bergen=(NAMES, (6, "Away", ""))))

    assert refusal(path) == (
        "FILE: the sheets 'Oslo', 'Bergen' have the columns we need. Choose one, such as "
        'input.sheet = "Oslo", or read them all with input.sheet = "*"'
    )
    assert [row.associate_id for row in read(path, sheet="bergen")[1]] == [6]


def test_no_sheet_that_fits(write: Write) -> None:
    """The sheets there are, and what one needs, are named."""
    path = write(workbook(A=(("x", "y"),), B=(("associateId", "z"),), _C=(NAMES, ROW)))

    assert refusal(path) == (
        "FILE: none of the sheets 'A', 'B' has a column for people and one for the status in its first row. "
        f"{EXPECTED}"
    )


def test_a_hidden_sheet_is_read_when_it_is_named(write: Write) -> None:
    """Nobody sees a hidden sheet, so that it must be meant."""
    path = write(workbook(Leave=(NAMES, ROW), _Old=(NAMES, (7, "Away", ""))))

    assert [[row.associate_id for row in read(path, sheet=name)[1]] for name in ("Leave", "Old")] == [
        [5],
        [7],
    ]


def test_a_sheet_that_is_not_there(write: Write) -> None:
    """A wrong title is refused with those there are."""
    path = write(workbook(**{f"S{number}": (NAMES,) for number in range(22)}))

    said = refusal(path, sheet="Leave")

    assert said.startswith("FILE: no sheet 'Leave', as input.sheet says. Found: 'S0', 'S1',")
    assert said.endswith("'S19' and others")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), f"sheet 'Sheet1': no cells. Check the export: {EMPTY}"),
        (((" ", ""), ("",)), f"sheet 'Sheet1': no cells. Check the export: {EMPTY}"),
        ((("Absence in November",), (), NAMES, ROW),
         ("sheet 'Sheet1', line 1: 'Absence in November' is not the header, but line 3 is one "
          "(associateId, status, message). Set input.skip_lines = 2")),
        ((("Absence", 2026), NAMES, ROW),
         ("sheet 'Sheet1', line 1: this line is not the header, but line 2 is one "
          "(associateId, status, message). Set input.skip_lines = 1")),
    ],
)  # fmt: skip
def test_sheets_that_are_refused(rows: Any, said: str, write: Write) -> None:
    """An empty sheet, and one with something above its header, say what to do."""
    assert refusal(write(workbook(*rows))) == f"FILE, {said}"


def test_a_header_alone(write: Write) -> None:
    """A table without rows is a broken export, as in CSV."""
    assert refusal(write(workbook(NAMES))) == f"FILE: no rows. Check the export: {EMPTY}"


def test_columns_that_are_missing(write: Write) -> None:
    """The one visible sheet is the one that is meant: what it lacks is said of it."""
    assert refusal(write(workbook(("associateId", "x"), (5, 6)))).startswith(
        "FILE, sheet 'Sheet1', line 1: no column for the status"
    )


def test_rows_that_are_left_out(write: Write) -> None:
    """Rows above the header and comments are left out where the configuration says so."""
    path = write(workbook((), ("Title",), NAMES, ("# nobody",), ROW))

    _, rows = read(path, skip_lines=2, comment="#")

    assert [(row.line, row.associate_id) for row in rows] == [(5, 5)]


def test_a_failed_csv_saved_as_a_workbook(write: Write) -> None:
    """What our failed.csv added is taken off, whatever the configuration says of the job it came from."""
    fate = ("_result", "_reason", "_detail", "_http_status", "_attempts", "_line")
    path = write(workbook((*NAMES, *fate), (5, "Away", "'=1+1", "failed", "timeout", "", "", 3, 2)))

    job, rows = read(path, skip_lines=4, comment="5")

    assert (job.came_back, job.columns, cells(rows)) == (True, list(NAMES), [["5", "Away", "=1+1"]])


# -- which format --------------------------------------------------------------------------------------------


def test_a_packed_workbook(write: Write) -> None:
    """A workbook may be packed like any other job."""
    _, rows = read(write(zipped(("leave.xlsx", workbook(NAMES, ROW)))))

    assert rows[0].message == "Ferie"


def test_another_format_than_asked_for(write: Write) -> None:
    """Who names a format and has another is told both."""
    told = ". Remove that setting"

    assert (
        refusal(write(workbook(NAMES, ROW)), format="csv")
        == f"FILE: the content is XLSX, but --format or input.format says CSV{told}"
    )
    assert (
        refusal(write("associateId,status\n"), format="xlsx")
        == f"FILE: the content is CSV, but --format or input.format says XLSX{told}"
    )
    assert read(write(workbook(NAMES, ROW)), format="xlsx")[0].format == "xlsx"


@pytest.mark.parametrize("start", ["<html>", "\n<!DOCTYPE html>", '<?xml version="1.0"?>', "<TABLE>"])
def test_a_page_that_is_called_a_workbook(start: str, write: Write) -> None:
    """Many programs write HTML under the name of a workbook: Excel opens it, and it is no table for us."""
    assert refusal(write(start + "<tr><td>associateId")) == (
        "FILE: HTML or XML, whatever its name says. Save it as XLSX or CSV (UTF-8) and run that file"
    )


# -- what is no workbook -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "parts", "said"),
    [
        ("<row", {}, BROKEN),
        (HEADER_ROW, {"xl/workbook.xml": None}, BROKEN),
        (HEADER_ROW, {"xl/worksheets/sheet1.xml": None}, BROKEN),
        (HEADER_ROW, {"xl/_rels/workbook.xml.rels": "<Relationships/>"}, BROKEN),
        (HEADER_ROW, {"XL/workbook.xml": "<workbook/>"}, DAMAGED),
        (HEADER_ROW, {"xl/workbook.xml": f'<workbook {MAIN} xmlns:r="x"><sheets/></workbook>'},
         "FILE: no visible sheet. Name one with input.sheet. Found: none"),
        (HEADER_ROW, {"xl/workbook.xml": f'<workbook {MAIN}><sheets><sheet name="S"/></sheets></workbook>'},
         BROKEN),
        (HEADER_ROW, {"xl/workbook.xml": f'<workbook {MAIN} xmlns:r="x"><sheets><sheet name="S" r:id="a"/>'
                      '<sheet name="S" r:id="a"/></sheets></workbook>'}, DAMAGED),
        (HEADER_ROW, {"xl/_rels/workbook.xml.rels": links(link("a", "worksheet", "a") * 2)}, DAMAGED),
        (HEADER_ROW, {"_rels/.rels": links(link("a", "officeDocument", "other/workbook.xml"))}, BROKEN),
        (HEADER_ROW, {"_rels/.rels": links("")}, DAMAGED),
        ('<row r="1"><row r="2"/></row>', {}, DAMAGED),
        (row_with('<c r="C2" t="s"><v>7</v></c>'), {}, BROKEN),
        (row_with('<c r="C2" t="s"><v>-1</v></c>'),
         {"xl/sharedStrings.xml": f"<sst {MAIN}><si><t>x</t></si></sst>"}, BROKEN),
        (row_with('<c r="C2" t="what"><v>7</v></c>'), {}, BROKEN),
        (row_with('<c r="B2"><v>7</v></c>'), {}, DAMAGED),
        (row_with('<c r="C3"><v>7</v></c>'), {}, DAMAGED),
        (row_with('<c r="c2"><v>7</v></c>'), {}, DAMAGED),
        (row_with('<c r="XFE2"><v>7</v></c>'), {}, DAMAGED),
        (row_with('<c r="AAAA2"><v>7</v></c>'), {}, DAMAGED),
        (HEADER_ROW * 2, {}, DAMAGED),
        ('<row r="x"/>', {}, DAMAGED),
        ('<row r="0"/>', {}, DAMAGED),
        ('<row r="1048577"/>', {}, DAMAGED),
        ('<row r="99999999999"><c><v>1</v></c></row>', {}, DAMAGED),
        ('<c r="A1"><v>1</v></c>', {}, DAMAGED),
        ("", {"xl/worksheets/sheet1.xml": '<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'}, DAMAGED),
    ],
)  # fmt: skip
def test_workbooks_that_are_damaged(rows: str, parts: dict[str, Any], said: str, write: Write) -> None:
    """What Excel would repair, or not open, is refused; it never crashes us, and never is guessed at."""
    assert refusal(write(raw_workbook(rows, parts))) == said


def test_controls_beside_the_table(write: Write) -> None:
    """What stands behind the table has elements of the same names, which are no cells."""
    sheet = (
        f"<worksheet {MAIN}><sheetData>{row_with(text('C2', 'x'))}</sheetData>"
        "<controls><from><row>5</row><c>1</c></from></controls></worksheet>"
    )

    _, rows = read(write(raw_workbook("", {"xl/worksheets/sheet1.xml": sheet})))

    assert cells(rows) == [["5", "Away", "x"]]


# -- bombs ---------------------------------------------------------------------------------------------------


TOO_MUCH = "FILE, sheet 'S': too large for a list of people. Save it as CSV (UTF-8)"


def test_a_cell_far_away(write: Write) -> None:
    """A stray cell makes its own row ragged; no room is made for all between."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    _, rows = read(write(raw_workbook(row_with("") + far)))

    assert [(row.line, row.reason) for row in rows] == [(2, None), (1048576, "ragged_row")]


def test_cells_far_away_in_many_rows(write: Write) -> None:
    """Of stray cells, no more are taken in than fit into a large list."""
    far = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in range(3, 1300))

    assert refusal(write(raw_workbook(row_with("") + far))) == TOO_MUCH


def test_an_element_without_end(write: Write) -> None:
    """What is never a row is given up before it fills the memory."""
    sheet = f"<worksheet {MAIN}><sheetData>{'<row>' * 900_000}"

    assert refusal(write(raw_workbook("", {"xl/worksheets/sheet1.xml": sheet}))) == DAMAGED


def test_merged_cells_without_end(write: Write) -> None:
    """So many merged cells nobody has."""
    merged = merges(*(f"A{row}:A{row}" for row in range(2, 100_003)))

    assert (
        refusal(
            write(raw_workbook(row_with(""), {"xl/worksheets/sheet1.xml": sheet_of(row_with(""), merged)}))
        )
        == DAMAGED
    )


def test_formatted_cells_far_away(write: Write) -> None:
    """Cells without content, as a formatted column has them, take no room."""
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'

    _, rows = read(write(raw_workbook(row_with("") + far)))

    assert len(rows) == 1


def test_a_workbook_that_unpacks_to_too_much(write: Write) -> None:
    """All parts are unpacked and counted before the workbook is opened."""
    path = write(raw_workbook(HEADER_ROW, {"xl/media/image1.png": bytes(65 << 20)}))

    assert refusal(path) == (
        "FILE: an XLSX workbook that unpacks to far more than a table. Save it as CSV (UTF-8)"
    )


def test_a_long_text_in_many_cells(write: Write) -> None:
    """A text that stands once in the file, and in many cells of the sheet, counts in each of them."""
    shared = f"<sst {MAIN}>\n<si><t>{'x' * 300_000}</t></si></sst>"
    many = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(3, 1003))

    said = refusal(write(raw_workbook(row_with("") + many, {"xl/sharedStrings.xml": shared})))

    assert said == TOO_MUCH


@pytest.mark.parametrize(
    ("part", "element"),
    [("xl/workbook.xml", "sheet"), ("xl/_rels/workbook.xml.rels", "Relationship")],
)
def test_sheets_without_end(part: str, element: str, write: Write) -> None:
    """So many sheets nobody has."""
    path = write(raw_workbook("", {part: f"<{element}s>{f'<{element}/>' * 10_001}</{element}s>"}))

    assert refusal(path) == DAMAGED
