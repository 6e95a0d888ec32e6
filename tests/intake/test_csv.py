"""CSV: delimiters, quotes, lines, ragged rows and headers."""

import csv

import pytest

from presence_worker.model import Reason, Result

from .reading import HEADER, Write, cells, read, refusal

NO_ID = (
    "no column for associate_id, login or email "
    "(if it has another name, say so with input.associate_id, input.login or input.email)"
)
NO_STATUS = "no column for status (if it has another name, say so with input.status)"
NEITHER = f"{NO_ID} and none for status (if it has another name, say so with input.status)"
EXPECTED = "expected: associateId (or login, or email), status and, if wanted, message"
UNCLOSED = "the row that starts here has a quote that is never closed; close it"
TEXT_AFTER = (
    "the row that starts here has text after a closing quote; "
    "is a quote not closed, or one inside a field not written twice?"
)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_tells_the_delimiter(delimiter: str, write: Write) -> None:
    """The delimiter is the one with which the header shows the columns we need, and is named."""
    path = write("associateId,status,message\n5,Away,x\n".replace(",", delimiter))

    job, rows = read(path)

    assert (job.format, job.delimiter) == ("csv", delimiter)
    assert (rows[0].associate_id, rows[0].message) == (5, "x")


def test_a_delimiter_inside_names_does_not_mislead(write: Write) -> None:
    """What counts is which columns a delimiter shows, not how often it stands there."""
    path = write("a,b,c,d,e;associateId;status\nx;5;Away\n")

    job, rows = read(path)

    assert (job.delimiter, rows[0].associate_id) == (";", 5)


def test_a_delimiter_can_be_named(write: Write) -> None:
    """A delimiter the operator names is used, also one we would not recognise."""
    path = write("associateId:status\n5:Away\n")

    job, rows = read(path, delimiter=":")

    assert (job.delimiter, rows[0].status) == (":", "StatusNotAvailable")


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
        ('associateId,status\n5,Away\n6,"Away\n7,Away\n', f"line 3: {UNCLOSED}"),
        ('associateId,"status\n', f"line 1: {UNCLOSED}"),
        ('associateId,status\n5,"Away\n6,"Away"\n', f"line 2: {TEXT_AFTER}"),
        ('associateId,status\n5,"A"way\n', f"line 2: {TEXT_AFTER}"),
        ("name,status\nBo,Away\n", f"line 1: {NO_ID}; found: name, status; {EXPECTED}"),
        ("associateId,name\n5,Bo\n", f"line 1: {NO_STATUS}; found: associateId, name; {EXPECTED}"),
        ("a,b,c;login\n", f"line 1: {NO_STATUS}; found: a,b,c, login; {EXPECTED}"),
        ("name,\nBo,Away\n", f"line 1: {NEITHER}; found: name, (no name); {EXPECTED}"),
        ("\n\n5,Away,sick\n", (f"line 3: {NEITHER}; found: what looks like a row; "
         f"the first line must name the columns; {EXPECTED}")),
        ("associateId,status,x,x\n", ("line 1: the column 'x' is there more than once; keep one "
         "(found: associateId, status, x, x)")),
        ("associateId,status,,\n", ("line 1: a column without a name is there more than once; keep one "
         "(found: associateId, status, (no name), (no name))")),
        ("associateId,status,message,comment\n", ("line 1: message and comment could both be message; "
         "name one with input.message")),
        ("associateId,login,status\n", ("line 1: associateId and login both name people; "
         "choose one with input.associate_id or input.login")),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused(content: str, said: str, write: Write) -> None:
    """A file that cannot be read for certain is refused, naming the line and what to do."""
    path = write(content)

    assert refusal(path) == f"FILE, {said}"


@pytest.mark.parametrize("place", ["header", "row"])
def test_a_field_without_end(place: str, write: Write) -> None:
    """A field of more than 128 KiB is not read on and on."""
    longest = csv.field_size_limit()
    path = write("x" * (longest + 1) if place == "header" else f"{HEADER}5,Away,{'x' * (longest + 1)}\n")

    line = 1 if place == "header" else 2
    assert refusal(path) == (
        f"FILE, line {line}: a field of more than {longest} characters; is a quote missing?"
    )


@pytest.mark.parametrize(
    ("row", "associate_id", "number"), [("5,Away", 5, 2), ("5,Away,x,y", 5, 4), ("5", 5, 1)]
)
def test_ragged_rows_are_invalid(row: str, associate_id: int, number: int, write: Write) -> None:
    """A row with cells too few or too many is not sent: nobody knows which cell is which."""
    path = write(f"{HEADER}{row}\n6,Away,\n")

    _, rows = read(path)

    detail = f"{number} cells, but the header has 3"
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


def test_an_excel_job_is_not_read_yet(write: Write) -> None:
    """Who asks for XLSX is told what to do instead."""
    path = write(HEADER)

    assert refusal(path, format="xlsx") == ("FILE: XLSX is not read yet; save it as CSV (UTF-8) and run that")


def test_the_format_can_be_named(write: Write) -> None:
    """A header that begins like JSON is CSV where the operator says so."""
    path = write("[name],associateId,status\nBo,5,Away\n")

    job, _ = read(path, format="csv")

    assert job.format == "csv"
