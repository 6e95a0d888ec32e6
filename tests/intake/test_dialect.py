"""How a CSV is cut: delimiters, and what stands above the header and amid the rows."""

import csv

import pytest

from presence_worker.errors import InputRefused
from presence_worker.intake.csv.dialect import HEAD
from presence_worker.model import Reason, Result
from presence_worker.wording import amount

from .reading import HEADER, Write, cells, read, refusal


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


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ('"associateId";"status";"a,b,c,d,e"', ";"),
        ('"a;x;y;z;ä","status","b,|,|","associateId"', ","),
        ('"a|b\n|c,d"|associateId|status', "|"),
        ("associateId\tstatus\ta,b;c|d,e;f|g", "\t"),
        ("\n;;\n\nassociateId;status", ";"),
    ],
)
def test_other_delimiters_in_the_header(header: str, delimiter: str, write: Write) -> None:
    """A delimiter in quotes is none, also where quotes hold a line break, and blank lines show none."""
    path = write(f"{header}\n")

    with pytest.raises(InputRefused, match="no rows"):
        read(path)

    names = next(csv.reader([header.strip(";\n")], delimiter=delimiter))
    path.write_text(f"{header}\n{delimiter.join('5' * len(names))}\n", "utf-8")
    assert read(path)[0].delimiter == delimiter


SEP = [
    "sep=;\n",
    '"sep=;"\r\n',
    "SEP=;\r",
    "\ufeffsep=;\n",
    '\ufeff"sep=;"\n',
    "sep=;;;\n",
    '"sep=;";;\n',
    "\ufeff\ufeffsep=;\n",
]


@pytest.mark.parametrize("first", SEP)
def test_the_line_of_excel_names_the_delimiter(first: str, write: Write) -> None:
    """What `sep=` names wins over what the header looks like; it is no title and no row."""
    path = write(f"{first}associateId;status;login,x,y,z\n5;Away;\n")

    job, rows = read(path)

    assert (job.delimiter, job.columns) == (";", ["associateId", "status", "login,x,y,z"])
    assert [(row.row, row.line, row.associate_id) for row in rows] == [(1, 3, 5)]


@pytest.mark.parametrize(("name", "cut"), [("\t", "\t"), ("^", "^"), (" ", " "), ("_", "_")])
def test_it_may_name_any(name: str, cut: str, write: Write) -> None:
    """A delimiter we would not recognise is taken from that line, too."""
    path = write(f"sep={name}\nassociateId{cut}status\n5{cut}Away\n")

    job, rows = read(path)

    assert (job.delimiter, rows[0].associate_id) == (cut, 5)


def test_the_operator_wins_over_it(write: Write) -> None:
    """A delimiter that is configured is used; the line is left out all the same."""
    path = write("sep=;\nassociateId,status\n5,Away\n")

    job, rows = read(path, delimiter=",")

    assert (job.delimiter, rows[0].line) == (",", 3)


def test_it_counts_as_a_line_to_be_skipped(write: Write) -> None:
    """What is skipped counts from the top of the file."""
    path = write("sep=^\nLeave\nassociateId^status\n5^Away\n")

    job, rows = read(path, skip_lines=2)

    assert (job.delimiter, rows[0].line) == ("^", 4)


def test_only_the_first_line_is_such_a_line(write: Write) -> None:
    """Further down, sep= is a cell like any other."""
    path = write("associateId;status\nsep=,\n5;Away\n")

    _, rows = read(path)

    assert [row.reason for row in rows] == [Reason.RAGGED_ROW, None]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_above_the_header_are_skipped(end: str, write: Write) -> None:
    """They may hold what they like, such as a quote; lines are counted from the top of the file."""
    path = write(f'Leave; "November\n\n{HEADER}5,Away,x\n'.replace("\n", end))

    job, rows = read(path, skip_lines=2)

    assert (job.delimiter, job.columns) == (",", ["associateId", "status", "message"])
    assert [(row.row, row.line) for row in rows] == [(1, 4)]


def test_faults_below_them_are_named_where_they_are(write: Write) -> None:
    """The line in a refusal is that of the file, whatever was skipped."""
    path = write('sep=,\nLeave\nassociateId,status\n5,"A\nway"\n6,"Away\n')

    assert refusal(path, skip_lines=2).startswith("FILE, line 6, column 3: the quote that opens here")


def test_too_much_is_skipped(write: Write) -> None:
    """Where nothing is left, the setting is named."""
    path = write(f"{HEADER}5,Away,x\n")

    assert refusal(path, skip_lines=2) == (
        "FILE: nothing below the 2 lines that input.skip_lines skips. Set a lower number"
    )
    assert refusal(path, skip_lines=1).startswith("FILE, line 2: no column for")


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("Leave report November 2026\n", "line 1: 'Leave report November 2026' is not"),
        ("Leave report;;\n", "line 1: 'Leave report' is not"),
        ("\n\nLeave;2026-11-24\n\n;;\n", "line 3: this line is not"),
        ("Leave\n" * 19, "line 1: 'Leave' is not"),
        ("#TYPE System.Data.DataRow\n", "line 1: '#TYPE System.Data.DataRow' is not"),
        ("Status\n", "line 1: 'Status' is not"),
        ("Leave\x1b[2J" + "x" * 100 + "\n", f"line 1: 'Leave [2J{'x' * 50}…' is not"),
    ],
)  # fmt: skip
def test_a_title_is_refused(above: str, said: str, write: Write) -> None:
    """What stands above the header is not skipped by itself: the refusal says how, and it works."""
    path = write(f"{above}associateId;status;message\n5;Away;\n")
    lines = above.count("\n")

    assert refusal(path) == (
        f"FILE, {said} the header, but line {lines + 1} is one "
        f"(associateId, status, message). Set input.skip_lines = {lines}"
    )
    assert read(path, skip_lines=lines)[1][0].associate_id == 5


def test_a_title_below_a_title(write: Write) -> None:
    """Who has skipped too little is told the whole number."""
    path = write("Leave\nNovember\n" + HEADER)

    assert refusal(path, skip_lines=1).endswith("Set input.skip_lines = 2")
    assert refusal(path, delimiter=",").endswith("Set input.skip_lines = 2")
    assert "skip_lines" not in refusal(path, delimiter=";")


def test_a_header_far_below(write: Write) -> None:
    """The header is looked for in the first lines alone: a row of some other job is no header."""
    path = write("Leave\n" * 25 + HEADER)

    assert refusal(path).startswith("FILE, line 1: no column for")


def test_a_header_below_all_that_is_looked_at(write: Write) -> None:
    """A header that names nobody is refused as any other, however much is blank above it."""
    path = write("\n" * HEAD + "colour,status\nred,Away\n")

    assert refusal(path).startswith(f"FILE, line {HEAD + 1}: no column for people")


def test_comments_only_where_configured(write: Write) -> None:
    """Lines that begin with the mark are left out wherever they stand, but not inside of quotes."""
    path = write(
        '# the header;"\nassociateId,status,message\n#5,Away,\n5,Away,"a\n#b"\n\n# "\n"#6",Away,\n7,Away,#\n'
    )

    job, rows = read(path, comment="#")

    assert (job.delimiter, [row.line for row in rows]) == (",", [4, 8, 9])
    assert [row.message for row in rows] == ["a\n#b", "", "#"]
    assert [row.associate_id for row in rows] == [5, "#6", 7]


def test_a_mark_may_be_longer(write: Write) -> None:
    """The whole mark counts, and a blank before it makes it none."""
    path = write(f"//x\n{HEADER}/5,Away,\n //6,Away,\n")

    assert [row.associate_id for row in read(path, comment="//")[1]] == ["/5", "//6"]


def test_without_one_there_are_no_comments(write: Write) -> None:
    """Nothing is left out that nobody told us of."""
    path = write(f"{HEADER}#5,Away,\n")

    assert read(path)[1][0].reason is Reason.BAD_ASSOCIATE_ID


@pytest.mark.parametrize("tail", [1, 3])
def test_a_delimiter_at_the_end_of_each_line(tail: int, write: Write) -> None:
    """Columns without a name at the end are none while nothing stands in them; rows may have fewer."""
    end = ";" * tail
    path = write(f"associateId;status{end}\n5;Away{end}\n6;Away\n7;Away{' ;' * tail}\n".replace(" ;", "; "))

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (
        ["associateId", "status"],
        [["5", "Away"], ["6", "Away"], ["7", "Away"]],
    )


@pytest.mark.parametrize(
    ("row", "number"), [("5;Away;;x", 4), ("5;x;Away;", 3), ("5;;Away", 3), ("5;Away;;;;", 4), ("5;", 1)]
)
def test_nothing_is_shifted(row: str, number: int, write: Write) -> None:
    """A row with something under a nameless column is ragged, as is one that lacks a cell."""
    path = write(f"associateId;status;;\n{row}\n")

    _, rows = read(path)

    assert (rows[0].result, rows[0].reason) == (Result.INVALID, Reason.RAGGED_ROW)
    assert (rows[0].detail or "").startswith(f"the row has {amount(number, 'cell')}, but the header has 2")


def test_a_delimiter_at_the_end_of_rows_alone(write: Write) -> None:
    """Where the header has none, nobody knows which cell is too many."""
    path = write("associateId;status\n5;Away;\n")

    assert read(path)[1][0].reason is Reason.RAGGED_ROW


def test_rows_of_empty_cells_are_told_of(write: Write) -> None:
    """They are no rows, but somebody may have cleared them by mistake; blank lines and comments are not."""
    path = write(f'{HEADER}5,Away,\n,,\n\n#\n" ",,\n,\n6,Away,\n')

    job, rows = read(path, comment="#")

    assert [row.line for row in rows] == [2, 8]
    assert job.notes == ["empty rows skipped: 3"]


def test_a_job_without_them_has_no_such_note(write: Write) -> None:
    """Who has nothing to tell says nothing."""
    path = write(f"{HEADER}\n5,Away,\n\n")

    assert read(path)[0].notes == []


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff"])
def test_names_after_a_byte_order_mark(mark: str, write: Write) -> None:
    """A mark does not belong to the first name, in quotes or not, nor does a second one."""
    path = write(f'{mark}"AssociateID"," STATUS"\n5,Away\n')

    job, rows = read(path)

    assert (job.columns, rows[0].associate_id) == (["AssociateID", "STATUS"], 5)


def test_a_first_line_of_any_length(write: Write) -> None:
    """A header longer than what is looked at is read all the same."""
    names = [f"{number}{'x' * 10_000}" for number in range(HEAD // 8_000)]
    path = write(";".join(["associateId", "status", *names]) + "\n" + "5;Away" + ";" * len(names) + "\n")

    job, rows = read(path)

    assert (job.delimiter, len(job.columns), rows[0].associate_id) == (";", len(names) + 2, 5)
