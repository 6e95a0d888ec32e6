"""Workbooks for tests: as Excel writes them, and as somebody with a grudge does."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

Rows = Sequence[Sequence[Any]]
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = (
    f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/>'
    '<xf numFmtId="20"/><xf numFmtId="46"/></cellXfs></styleSheet>'
)
DAY, MOMENT, TIME, DURATION = 1, 2, 3, 4  # its styles


def workbook(*rows: Sequence[Any], **sheets: Rows) -> bytes:
    """Give a workbook with one sheet of *rows*, or with *sheets* by their titles; "_x" hides the sheet x."""
    file = io.BytesIO()
    plainly = {"strings_to_formulas": False, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(file, {"in_memory": True, **plainly}) as book:
        for title, table in (sheets or {"Sheet1": rows}).items():
            sheet = book.add_worksheet(title.removeprefix("_"))
            if title.startswith("_"):
                sheet.hide()
            for number, row in enumerate(table):
                sheet.write_row(number, 0, row)
    return file.getvalue()


def raw_workbook(rows: str, parts: Mapping[str, str | bytes | None] | None = None) -> bytes:
    """Give a workbook whose one sheet, S, has the XML *rows*; *parts* replace others, None leaves one out."""
    whole: dict[str, str | bytes | None] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": links(link("a", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": (
            f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="S" r:id="a"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": links(
            link("a", "worksheet", "worksheets/sheet1.xml"), link("b", "styles", "styles.xml")
        ),
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet_of(rows),
        **(parts or {}),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            if content is not None:
                archive.writestr(name, content)
    return file.getvalue()


def link(mark: str, kind: str, target: str) -> str:
    """Give one link of a workbook to a part of it."""
    return f'<Relationship Id="{mark}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def links(*found: str) -> str:
    """Give the part that has the links of another one."""
    return f'<Relationships xmlns="{LINKS}">{"".join(found)}</Relationships>'


def sheet_of(rows: str, behind: str = "", above: str = "") -> str:
    """Give a sheet: its rows, and what stands *behind* and *above* them."""
    return f"<worksheet {MAIN}>{above}<sheetData>{rows}</sheetData>{behind}</worksheet>"


def merges(*references: str) -> str:
    """Give the part of a sheet that says which cells are merged."""
    merged = "".join(f'<mergeCell ref="{place}"/>' for place in references)
    return f"<mergeCells>{merged}</mergeCells>"


def text(place: str, content: str) -> str:
    """Give a cell with a text."""
    return f'<c r="{place}" t="inlineStr"><is><t>{content}</t></is></c>'


HEADER_ROW = f'<row r="1">{text("A1", "associateId")}{text("B1", "status")}{text("C1", "message")}</row>'


def row_with(cell: str) -> str:
    """Give the XML of a header, and of one row that has *cell* for its message."""
    person = '<c r="A2"><v>5</v></c>'
    return f'{HEADER_ROW}<row r="2">{person}{text("B2", "Away")}{cell}</row>'
