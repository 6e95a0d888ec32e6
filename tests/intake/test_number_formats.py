"""Number formats: which numbers of a workbook are days, times and durations."""

import pytest

from presence_worker.intake.xlsx.cell_format import BUILT_IN, NumberFormat, format_of_code

from .reading import Write, cells, read
from .workbooks import MAIN, raw_workbook, row_with


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("yyyy-mm-dd", NumberFormat.DAY),
        ("DD.MM.YYYY", NumberFormat.DAY),
        ("[$-414]d. mmm yyyy;@", NumberFormat.DAY),
        ("[$-F800]dddd, mmmm dd, yyyy", NumberFormat.DAY),
        (r"dd\.mm\.yyyy\ hh:mm", NumberFormat.DAY),
        ("mmm", NumberFormat.DAY),
        ("m/d h:mm AM/PM", NumberFormat.DAY),
        ('[=0]"";dd.mm.yyyy', NumberFormat.DAY),
        ("h:mm", NumberFormat.TIME),
        ("mm:ss.0", NumberFormat.TIME),
        ("[hh]:mm", NumberFormat.DURATION),
        ("[Mm]", NumberFormat.DURATION),
        ("General", NumberFormat.NUMBER),
        ("GENERAL", NumberFormat.NUMBER),
        ('General" days"', NumberFormat.NUMBER),
        ("0.00E+00", NumberFormat.NUMBER),
        ("[Red]-0.0;[Blue]0.0", NumberFormat.NUMBER),
        ('0" d"', NumberFormat.NUMBER),
        (r"0\d", NumberFormat.NUMBER),
        ("_d0_y", NumberFormat.NUMBER),
        ("*d0", NumberFormat.NUMBER),
        ("[$kr-414] #,##0.00", NumberFormat.NUMBER),
        ("@", NumberFormat.NUMBER),
        ("", NumberFormat.NUMBER),
        ('"unclosed day', NumberFormat.NUMBER),
    ],
)
def test_a_code(code: str, shown: NumberFormat) -> None:
    """What stands in quotes, brackets or behind a stroke is shown as it is; it says nothing."""
    assert format_of_code(code) is shown


def test_the_built_in_ones() -> None:
    """Those that Excel writes without their code."""
    assert [
        BUILT_IN.get(number, NumberFormat.NUMBER) for number in (0, 13, 14, 17, 18, 21, 22, 45, 46, 47, 49)
    ] == [
        *(
            NumberFormat.NUMBER,
            NumberFormat.NUMBER,
            NumberFormat.DAY,
            NumberFormat.DAY,
            NumberFormat.TIME,
            NumberFormat.TIME,
            NumberFormat.DAY,
        ),
        *(NumberFormat.TIME, NumberFormat.DURATION, NumberFormat.TIME, NumberFormat.NUMBER),
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
