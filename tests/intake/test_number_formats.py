"""Number formats: which numbers of a workbook are days, times and durations."""

import pytest

from presence_worker.intake.xlsx.cell_format import BUILT_IN, Shown, shown_as

from .reading import Write, cells, read
from .workbooks import MAIN, raw_workbook, row_with


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("yyyy-mm-dd", Shown.DAY),
        ("DD.MM.YYYY", Shown.DAY),
        ("[$-414]d. mmm yyyy;@", Shown.DAY),
        ("[$-F800]dddd, mmmm dd, yyyy", Shown.DAY),
        (r"dd\.mm\.yyyy\ hh:mm", Shown.DAY),
        ("mmm", Shown.DAY),
        ("m/d h:mm AM/PM", Shown.DAY),
        ('[=0]"";dd.mm.yyyy', Shown.DAY),
        ("h:mm", Shown.TIME),
        ("mm:ss.0", Shown.TIME),
        ("[hh]:mm", Shown.DURATION),
        ("[Mm]", Shown.DURATION),
        ("General", Shown.NUMBER),
        ("GENERAL", Shown.NUMBER),
        ('General" days"', Shown.NUMBER),
        ("0.00E+00", Shown.NUMBER),
        ("[Red]-0.0;[Blue]0.0", Shown.NUMBER),
        ('0" d"', Shown.NUMBER),
        (r"0\d", Shown.NUMBER),
        ("_d0_y", Shown.NUMBER),
        ("*d0", Shown.NUMBER),
        ("[$kr-414] #,##0.00", Shown.NUMBER),
        ("@", Shown.NUMBER),
        ("", Shown.NUMBER),
        ('"unclosed day', Shown.NUMBER),
    ],
)
def test_a_code(code: str, shown: Shown) -> None:
    """What stands in quotes, brackets or behind a stroke is shown as it is; it says nothing."""
    assert shown_as(code) is shown


def test_the_built_in_ones() -> None:
    """Those that Excel writes without their code."""
    assert [BUILT_IN.get(number, Shown.NUMBER) for number in (0, 13, 14, 17, 18, 21, 22, 45, 46, 47, 49)] == [
        *(Shown.NUMBER, Shown.NUMBER, Shown.DAY, Shown.DAY, Shown.TIME, Shown.TIME, Shown.DAY),
        *(Shown.TIME, Shown.DURATION, Shown.TIME, Shown.NUMBER),
    ]


def test_the_styles_of_a_workbook(write: Write) -> None:
    """A cell has the format of its style, and no other of the part."""
    styles = (
        f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="d\\.m\\.yy"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="1"><alignment/></xf>'
        '<xf numFmtId="164"/></cellXfs><dxfs><dxf><numFmt numFmtId="1" formatCode="yyyy"/></dxf></dxfs>'
        "</styleSheet>"
    )
    texts = []
    for style in ("0", "1", "2"):
        cell = f'<c r="C2" s="{style}"><v>46360</v></c>'
        _, rows = read(write(raw_workbook(row_with(cell), {"xl/styles.xml": styles})))
        texts.append(cells(rows)[0][2])

    assert texts == ["46360", "2026-12-04", "46360"]
