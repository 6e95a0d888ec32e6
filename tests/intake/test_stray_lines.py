"""What stands between rows and is not a row: headers of joined files, lines and footers of query tools."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presence_worker.failed_csv import RESULT_COLUMNS
from presence_worker.model import Reason, Result

from .reading import HEADER, Write, cells, read, refusal
from .test_failed_csv import failed_csv
from .workbooks import workbook

ROW = "5,Away,x\n"
FATE = ["invalid", "unknown_status", "no status", "", "0", "2"]
TORN = "; put a comment that has line breaks in quotes"


def left_out(what: str, number: int, line: int) -> str:
    """Give the note."""
    return f"{what} skipped: {number} (the first is line {line})"


@pytest.mark.parametrize(
    "again",
    [
        HEADER,
        "ASSOCIATE_ID, Status ,Message\n",
        '"associate.id",STATUS,"mes-sage"\n',
        f"{HEADER.strip()},,\n",
    ],
)
def test_the_same_header_again(again: str, write: Write) -> None:
    """Joined files and exports in pages have it more than once; it is not a row, and a note says so."""
    path = write(f"{HEADER}{ROW}{again}6,Away,y\n{again}")

    job, rows = read(path)

    assert [(row.row, row.line, row.associate_id) for row in rows] == [(1, 2, 5), (2, 4, 6)]
    assert job.notes == [left_out("repeated headers", 2, 3)]


@pytest.mark.parametrize(
    ("header", "again"),
    [
        ("login,status\n", "login,status\n"),
        ("email;from;until\n", "E-mail;From;Until\n"),
        ("status,login\n", "Status,Login\n"),
        ("login\n", "login\n"),
    ],
)
def test_a_header_of_any_columns(header: str, again: str, write: Write) -> None:
    """It is found where people have logins, which may look like anything, and where there are no statuses."""
    row = header.replace("login", "ann").replace("email", "a@x").replace("status", "Away")
    row = row.replace("from", "2026-12-01").replace("until", "2026-12-24")
    path = write(header + row + again + row)

    _, rows = read(path, default_status="StatusNotAvailable", coverage="everyone")

    assert [row.line for row in rows] == [2, 4]


@pytest.mark.parametrize(
    ("header", "again", "said"),
    [
        (HEADER, "associateId,message,status\n",
         "the columns of line 1 in another order (associateId, message, status)"),
        (HEADER, "message,status,associateId\n",
         "the columns of line 1 in another order (message, status, associateId)"),
        (HEADER, "login,status,message\n", "other columns than line 1"),
        (HEADER, "Name,Email,Dept,Absence\n", "other columns than line 1"),
        ("login,status,message\n", "email,status,message\n", "other columns than line 1"),
        (HEADER, "associateId,comment,status,status\n", "other columns than line 1"),
        (HEADER, "Personalnummer,Abwesenheit,Text\n", "other columns than line 1"),
        (HEADER, "Lohnnr,Status,Bemerkung\n", "other columns than line 1"),
        ("login,status,message\n", "Kürzel,status,message\n", "other columns than line 1"),
        ("email,from,until\n", "Lohnnr,From,Until\n", "other columns than line 1"),
    ],
)  # fmt: skip
def test_a_header_with_other_columns(header: str, again: str, said: str, write: Write) -> None:
    """Rows below it would be read by the wrong columns, so the file is refused."""
    path = write(f"{header}{ROW}{again}6,Away,y\n")

    words = refusal(path, default_status="StatusNotAvailable" if "status" not in header else None)
    assert words == f"FILE, line 3: a second header, with {said}. Run the joined files separately"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("login,status,message\n", "status,Away,message\n"),
        ("login,status,message\n", "ann,absence,e-mail\n"),
        (HEADER, "7,absence,e-mail\n"),
        ("email,status,message\n", "a@x,absence,login\n"),
        (HEADER, "associateId,Away,x\n"),
        (HEADER, ",absence,e-mail\n"),
        (HEADER, "x7,Away,login\n"),
        ("login,status,message\n", "user,absence,x\n"),
    ],
)
def test_a_row_is_no_header(header: str, row: str, write: Write) -> None:
    """A row stays a row although some of its cells have words that headers have too."""
    path = write(f"{header}5@x,Away,x\n{row}")

    job, rows = read(path, statuses={"absence": "StatusNotAvailable"})

    assert (len(rows), job.notes) == (2, [])


def test_a_word_of_a_header_does_not_hide_it(write: Write) -> None:
    """A row whose status is a column's name does not keep a later header from being seen."""
    path = write(f"{HEADER}5,status,x\n6,message,x\n{HEADER}7,Away,x\nassociateId,message,status\n8,x,Away\n")

    assert refusal(path).startswith("FILE, line 6: a second header, with the columns of line 1 in another")


def test_headers_of_a_failed_csv(write: Write) -> None:
    """Two of them are joined as other files are."""
    header, row = ["associateId", "status", *RESULT_COLUMNS], ["5", "Away", *FATE]
    same = write(failed_csv(header, row, header, row))
    _, rows = read(same)
    other = write(failed_csv(header, row, ["email", "status", *RESULT_COLUMNS], row))

    assert [row.line for row in rows] == [2, 4]
    assert refusal(other) == (
        "FILE, line 3: a second header, with other columns than line 1. Run the joined files separately"
    )


def test_headers_of_a_workbook(write: Write) -> None:
    """Sheets are joined by hand as well."""
    names = ("associateId", "status")
    job, rows = read(write(workbook(names, (5, "Away"), names, (6, "Away"))))
    other = write(workbook(names, (5, "Away"), ("status", "associateId"), ("Away", 6)))

    assert [row.line for row in rows] == [2, 4]
    assert job.notes == [left_out("repeated headers", 1, 3)]
    assert "line 3: a second header, with the columns of line 1 in another order" in refusal(other)


@pytest.mark.parametrize("lines", ["-----------,------,-------", "--,--,--", "--------+-----+------"])
def test_lines_under_a_header(lines: str, write: Write) -> None:
    """Query tools draw them; directly under a header, and as many as columns, they are not a row."""
    path = write(f"{HEADER}{lines}\n{ROW}{HEADER}{lines}\n{ROW}")

    job, rows = read(path)

    assert [(row.line, row.result) for row in rows] == [(3, None), (6, None)]
    assert left_out("separator lines", 2, 2) in job.notes


@pytest.mark.parametrize("lines", ["-----------,------", "-----------,------,-------,---", "---,Away,---"])
def test_other_lines(lines: str, write: Write) -> None:
    """Where they are not as many as the columns, the row is wrong as any other."""
    _, rows = read(write(f"{HEADER}{lines}\n5,Away,\n--,--,--\n"))

    assert [row.result for row in rows] == [Result.INVALID, None, Result.INVALID]


@pytest.mark.parametrize(
    "footer",
    [
        "(2 rows affected)", "(1 row affected)", "2 rows selected.", "no rows selected", "(2 rows)",
        "2 rows in set (0.01 sec)", "(1 234 rows affected)", "(1 rad berörs)", "(2 rader påverkades)",
        "(2 Zeilen betroffen)", "2 Zeilen ausgewählt.", "(2 rækker påvirket)", "2 rijen geselecteerd.",
        "2 rader er valgt.", "(2 rows affected),,",
    ],
)  # fmt: skip
def test_footers(footer: str, write: Write) -> None:
    """A query tool counts the rows below them: that is not a row."""
    path = write(f"{HEADER}{ROW}6,Away,\n\n{footer}\n")

    job, rows = read(path)

    assert [row.associate_id for row in rows] == [5, 6]
    assert job.notes == [left_out("footers of a query tool", 1, 5)]


def test_what_stands_below_a_footer(write: Write) -> None:
    """No comment goes on there: the row above is whole, whatever follows."""
    path = write(
        f"{HEADER}{ROW}\n(1 row affected)\n\nExported by HR\nCompletion time: 2026-11-29T10:00:00.1+01:00\n"
    )

    job, rows = read(path)

    assert [row.reason for row in rows] == [None, Reason.RAGGED_ROW]
    assert job.notes == [left_out("footers of a query tool", 2, 4)]


@pytest.mark.parametrize("footer", ["2 rows to be checked by HR, please", "Total: 2", "rows affected", "5"])
def test_what_is_no_footer(footer: str, write: Write) -> None:
    """Other lines are rows that are wrong: nothing is left out that is not known."""
    _, rows = read(write(f"{HEADER}6,Away,\n\n{footer}\n"))

    assert [row.reason for row in rows] == [None, Reason.RAGGED_ROW]


def test_a_footer_alone(write: Write) -> None:
    """An export without rows is refused although it has a footer."""
    assert "no rows" in refusal(write(f"{HEADER}\n(0 rows affected)\n"))


def test_a_line_break_in_a_comment_without_quotes(write: Write) -> None:
    """Neither half of the row is sent: what looks like the whole comment may be its first line."""
    path = write(f"{HEADER}5,Away,first line\nsecond line\n\nthird, and last\n6,Away,ok\n")

    _, rows = read(path)

    assert [row.reason for row in rows] == [Reason.RAGGED_ROW] * 3 + [None]
    assert rows[0].detail == f"the row may go on in the next row (line 3){TORN}"
    assert rows[0].associate_id == 5
    assert all(f"the row may be a part of the row before it (line {line}){TORN}" in (row.detail or "")
               for row, line in zip(rows[1:3], (2, 3), strict=True))  # fmt: skip
    assert cells(rows)[:2] == [["5", "Away", "first line"], ["second line"]]


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}5,Away,x\n6,Away\n",
        f"{HEADER}5,Away,x\n# team Bergen\n",
        f"{HEADER}5,Away,x\nsep=,\n",
        f"{HEADER}5,Away,\nsecond line\n",
        f"{HEADER}5,Away,x\n6,Away,y,z\n",
        "message,associateId,status\nx,5,Away\nsecond line\n",
        "associateId,status,note\n5,Away,x\nsecond line\n",
    ],
)
def test_a_row_that_is_whole(content: str, write: Write) -> None:
    """A short row spoils the one before it only where that may have lost a part of its comment."""
    _, rows = read(write(content))

    assert [row.reason for row in rows] == [None, Reason.RAGGED_ROW]


def test_a_torn_row_that_came_back(write: Write) -> None:
    """failed.csv has both halves, and they stay wrong until they are corrected."""
    header, torn = (
        ["associateId", "status", "message", *RESULT_COLUMNS],
        "a part of it may be in the next row",
    )
    rest = "1 cell, but the header has 3"
    path = write(failed_csv(header, ["5", "Away", "first", *_fate(torn)], ["second", "", "", *_fate(rest)]))

    _, rows = read(path)

    assert [row.reason for row in rows] == [Reason.RAGGED_ROW] * 2


def _fate(detail: str) -> list[str]:
    return ["invalid", "ragged_row", detail, "", "0", "2"]


@given(
    times=st.integers(1, 5),
    headers=st.integers(0, 31),
    ids=st.lists(st.integers(1, 99), min_size=1, max_size=5),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_joined_to_itself(times: int, headers: int, ids: list[int], tmp_path: Path) -> None:
    """However often, and with or without its header, it has the same rows again and again."""
    rows = "".join(f"{number},Away,x\n" for number in ids)
    has_header = [place for place in range(1, times) if headers >> place & 1]
    path = tmp_path / "joined.csv"
    path.write_text(HEADER + rows + "".join(
        (HEADER if place in has_header else "") + rows for place in range(1, times)
    ))  # fmt: skip

    job, found = read(path)

    assert [row.associate_id for row in found] == ids * times
    assert all(row.result is None for row in found)
    assert len(job.notes) == bool(has_header)
