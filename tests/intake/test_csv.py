"""CSV: quotes, lines, ragged rows and headers."""

import csv

import pytest

from presence_worker.intake.csv import dialect
from presence_worker.model import Reason, Result
from presence_worker.wording import amount

from .reading import HEADER, Write, cells, read, refusal

NO_ID = "no column for people (associateId, login or e-mail address)"
NO_STATUS = "no column for the status"
NEITHER = f"{NO_ID} and none for the status"
EXPECTED = (
    "If a column has another name, set input.associate_id, input.login or input.email, and input.status"
)
BY = ' (separated by ",")'
UNCLOSED = "the quote that opens here is never closed. Close it"


def text_after(line: int, column: int) -> str:
    """Give what is said of a quote that is closed before this place."""
    return (
        f"the quote that opens here closes before line {line}, column {column}, but more text follows. "
        "Close it behind that text, or write a quote inside the field twice"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_reported_on_the_line_they_start(end: str, write: Write) -> None:
    """Quoted line breaks and blank lines count; a row's line is its first."""
    path = write(f'{HEADER}5,Away,"a\nb"\n\n , ,\n6,Away,\n'.replace("\n", end))

    _, rows = read(path)

    assert [(row.row, row.line) for row in rows] == [(1, 2), (2, 6)]
    assert rows[0].message == f"a{end}b"


def test_quotes_and_padding(write: Write) -> None:
    """A doubled quote is a quote; spaces around names and values do not matter."""
    path = write('\n associateId , status ,message\n 5 , Away ," says ""no"" "\n')

    job, rows = read(path)

    assert job.columns == ["associateId", "status", "message"]
    assert (rows[0].associate_id, rows[0].line, rows[0].message) == (5, 3, 'says "no"')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('associateId,status\n5,Away\n6,"Away\n7,Away\n', f"line 3, column 3: {UNCLOSED}"),
        ('associateId,"status\n', f"line 1, column 13: {UNCLOSED}"),
        ('associateId,status\n5,"Away\n6,"Away"\n', f"line 2, column 3: {text_after(3, 4)}"),
        ('associateId,status\n5,"A"way\n', f"line 2, column 3: {text_after(2, 6)}"),
        ('associateId,status\r5,Away\r"6","A ""b""\rc" \r', f"line 3, column 5: {text_after(4, 3)}"),
        ('associateId,status\r\n5,"Away\r\n\r\n6" x\r\n', f"line 2, column 3: {text_after(4, 3)}"),
        ("associateId|status\n5|'A|way'\n6|\"A \\\" b\"", f"line 3, column 3: {text_after(3, 8)}"),
        ('\ufeff\ufeffassociateId,status\n5,"A', f"line 2, column 3: {UNCLOSED}"),
        ("name,status\nBo,Away\n", f"line 1: {NO_ID}. Found: name, status{BY}. {EXPECTED}"),
        ("associateId,name\n5,Bo\n", f"line 1: {NO_STATUS}. Found: associateId, name{BY}. {EXPECTED}"),
        ("a,b,c;login\n", f'line 1: {NO_STATUS}. Found: a,b,c, login (separated by ";"). {EXPECTED}'),
        (",name\nBo,Away\n", f"line 1: {NEITHER}. Found: (no name), name{BY}. {EXPECTED}"),
        ("\n\n5,Away,sick\n", (f"line 3: {NEITHER}. The first line looks like a row. Add a header: "
         f"a line with the names of the columns. {EXPECTED}")),
        ("associateId,status,x,x\n", ("line 1: the column 'x' is there more than once. Keep one. "
         "Found: associateId, status, x, x")),
        (",,associateId,status\n", ("line 1: a column without a name is there more than once. Keep one. "
         "Found: (no name), (no name), associateId, status")),
        ("associateId,status,message,comment\n", ("line 1: message and comment could both be message. "
         'Choose one: input.message = "message"')),
        ("associateId,login,status\n", ("line 1: associateId and login both name people. "
         "Choose one: set input.associate_id or input.login")),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused(content: str, said: str, write: Write) -> None:
    """A file that cannot be read for certain is refused, naming the line and what to do."""
    path = write(content)

    assert refusal(path) == f"FILE, {said}"


@pytest.mark.parametrize(
    ("start", "place"),
    [
        ("", "line 1, column 1"),
        (f"{HEADER}5,Away,", "line 2, column 8"),
        (f'{HEADER}"a\nb",Away,"""', "line 3, column 9"),
        (f'{HEADER}5,"', "line 2, column 3"),
    ],
)
def test_a_field_without_end(start: str, place: str, write: Write) -> None:
    """A field of more than 128 KiB is not read on and on, and where it begins is said."""
    longest = csv.field_size_limit()
    path = write(f"{start}{'x' * (longest + 1)}\n")

    assert refusal(path) == (
        f"FILE, {place}: a field of more than {longest} characters begins here. Is a quote missing?"
    )


def test_a_field_as_long_as_can_be(write: Write) -> None:
    """A quote that is written twice is one character, as the limit counts them."""
    longest = csv.field_size_limit()
    path = write(f'{HEADER}"{"x" * (longest - 2)}""""",Away,"y')

    assert refusal(path) == f"FILE, line 2, column {longest + 11}: {UNCLOSED}"


@pytest.mark.parametrize("above", ["", "x\r\n\r"])
def test_a_line_without_end(above: str, write: Write) -> None:
    """What has no line ends is not read as one line, however large it is: it is no CSV."""
    path = write(above + "x" * 2 * dialect.PIECE)

    said = refusal(path)

    assert said.startswith(f"FILE, line {len(above.splitlines()) + 1}, column ")
    assert said.endswith(dialect.ENDLESS)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("\0associateId,status\n", "line 1, column 1"),
        (f"{HEADER}5,Away,\n6,Away,a\0b\n", "line 3, column 9"),
        (f"{HEADER}5,Away,\n6,Away,\n\0\0\0".replace("\n", "\r"), "line 4, column 1"),
        (f'{HEADER}5,Away,"a\n\nb\0"\n'.replace("\n", "\r\n"), "line 4, column 2"),
        (f"{HEADER}" + "5,Away,x\n" * 120_000 + "6,A\0", "line 120002, column 4"),
    ],
)
def test_a_nul_character(content: str, place: str, write: Write) -> None:
    """NULs come from damaged disks and fields of fixed length: what else is wrong, nobody knows."""
    path = write(content)

    assert refusal(path, encoding="utf-8") == f"FILE, {place}: {dialect.NUL}"


@pytest.mark.parametrize(
    ("row", "associate_id", "number"), [("5,Away", 5, 2), ("5,Away,x,y", 5, 4), ("5", 5, 1)]
)
def test_ragged_rows_are_invalid(row: str, associate_id: int, number: int, write: Write) -> None:
    """A row with cells too few or too many is not sent: nobody knows which cell is which."""
    path = write(f"{HEADER}{row}\n6,Away,\n")

    _, rows = read(path)

    detail = f"the row has {amount(number, 'cell')}, but the header has 3; "
    assert (rows[0].result, rows[0].reason) == (Result.INVALID, Reason.RAGGED_ROW)
    assert (rows[0].associate_id, (rows[0].detail or "")[: len(detail)]) == (associate_id, detail)
    assert cells(rows)[0] == row.split(",")
    assert rows[1].result is None


def test_unknown_columns_are_kept(write: Write) -> None:
    """Columns we do not know stay with the row, for failed.csv."""
    path = write("name,associateId,status\n=Bo,5,Away\n")

    job, rows = read(path)

    assert job.columns == ["name", "associateId", "status"]
    assert cells(rows) == [["=Bo", "5", "Away"]]


def test_the_format_can_be_named(write: Write) -> None:
    """A header that begins like JSON is CSV where the operator says so."""
    path = write("[name],associateId,status\nBo,5,Away\n")

    job, _ = read(path, format="csv")

    assert job.format == "csv"
