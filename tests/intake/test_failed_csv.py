"""failed.csv goes back into `run` as it is, or mended."""

import csv
import io
from collections.abc import Iterable, Sequence

import pytest

from presence_worker.failed_csv import RESULT_COLUMNS, escape_formula
from presence_worker.model import Origin

from .reading import Write, cells, read

RUN = "20261123T020000Z-7f3a"
FATE = ("invalid", "conflict", "-", "", "0", "2", RUN)


def failed_csv(names: Sequence[str], *rows: Iterable[str]) -> bytes:
    """Give a failed.csv as a run writes it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in (names, *rows):
        writer.writerow(map(escape_formula, row))
    return text.getvalue().encode("utf-8-sig")


def test_what_we_added_is_taken_off(write: Write) -> None:
    """The job is again the one that was asked for: its own columns, without our escapes."""
    names = ("associateId", "status", "message", "=note")
    path = write(failed_csv([*names, *RESULT_COLUMNS], ["5", "Away", "=1+1", "@x", *FATE]))

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (list(names), [["5", "Away", "=1+1", "@x"]])
    assert (rows[0].message, rows[0].result) == ("=1+1", None)


@pytest.mark.parametrize("message", ["'=x", "''-x", "'x", "\uff1dx", "+\n1", "-5"])
def test_escapes_are_taken_off_once(message: str, write: Write) -> None:
    """An apostrophe that was the row's own stays."""
    path = write(
        failed_csv(["associateId", "status", "message", *RESULT_COLUMNS], ["5", "Away", message, *FATE])
    )

    _, rows = read(path)

    assert rows[0].message == message


def test_a_job_of_somebody_else_keeps_its_apostrophes(write: Write) -> None:
    """Without our column, an apostrophe is the row's own."""
    path = write("associateId,status,message\n5,Away,'=x\n")

    _, rows = read(path)

    assert rows[0].message == "'=x"


@pytest.mark.parametrize(
    "kept", [["_result"], ["_result", "_line"], [*RESULT_COLUMNS], [*reversed(RESULT_COLUMNS)]]
)
@pytest.mark.parametrize("at", [0, 1, 3])
def test_columns_may_be_moved_and_removed(kept: list[str], at: int, write: Write) -> None:
    """Who mends the file in a spreadsheet may drop or move our columns: _result shows that we wrote it."""
    own, values = ["associateId", "status", "message"], ["5", "Away", "=x"]
    names = [*own[:at], *kept, *own[at:]]
    path = write(failed_csv(names, [*values[:at], *["?"] * len(kept), *values[at:]]))

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (own, [values])


@pytest.mark.parametrize(
    ("columns", "fate", "origin"),
    [
        (RESULT_COLUMNS, FATE, Origin(RUN, 2)),
        (RESULT_COLUMNS[::-1], FATE[::-1], Origin(RUN, 2)),
        (RESULT_COLUMNS, [*FATE[:-2], " 12 ", f" {RUN} "], Origin(RUN, 12)),
        (RESULT_COLUMNS, [*FATE[:-2], "", RUN], Origin(RUN, None)),
        (RESULT_COLUMNS, [*FATE[:-2], "2.5", RUN], Origin(RUN, None)),
        (RESULT_COLUMNS, [*FATE[:-2], "9" * 30, RUN], Origin(RUN, None)),
        (RESULT_COLUMNS, [*FATE[:-1], ""], None),
        (RESULT_COLUMNS, [*FATE[:-1], "Sick leave"], None),
        (RESULT_COLUMNS, FATE[:-1], None),
        (["_result", "_run"], ["failed", RUN], Origin(RUN, None)),
        (RESULT_COLUMNS[:-1], FATE[:-1], None),
    ],
)
@pytest.mark.parametrize("status", ["Away", "Absnt", "ignored"])
def test_a_row_knows_where_it_comes_from(
    columns: Sequence[str], fate: Sequence[str], origin: Origin | None, status: str, write: Write
) -> None:
    """_run and _line say it, whatever the row is like; an older file has no _run."""
    path = write(failed_csv(["associateId", "status", *columns], ["5", status, *fate]))

    job, (row,) = read(path, statuses={"ignored": "ignore"})

    assert (job.columns, job.came_back, row.origin) == (["associateId", "status"], True, origin)


def test_a_job_of_somebody_else_comes_from_nowhere(write: Write) -> None:
    """A column _run of theirs is one of their own columns, without our column _result."""
    path = write(f"associateId,status,_line,_run\n5,Away,2,{RUN}\n")

    job, (row,) = read(path)

    assert (job.columns, row.origin) == (["associateId", "status", "_line", "_run"], None)


@pytest.mark.parametrize(
    ("row", "own"),
    [(["5", "Away", "", *FATE, "-more"], ["5", "Away", "", "-more"]), (["5", "Away"], ["5", "Away"])],
)
def test_ragged_rows_stay_ragged(row: list[str], own: list[str], write: Write) -> None:
    """Cells beyond the header come back beyond it, and missing ones stay missing."""
    path = write(failed_csv(["associateId", "status", "message", *RESULT_COLUMNS], row))

    _, rows = read(path)

    assert (cells(rows), rows[0].reason) == ([own], "ragged_row")


@pytest.mark.parametrize("said", ["1 cell, but the header has 3", "1 cells, but the header has 3"])
def test_a_row_of_one_cell_stays_one(said: str, write: Write) -> None:
    """Whether this version has said so, or an older one."""
    fate = ("invalid", "ragged_row", said, "", "0", "2")
    path = write(failed_csv(["associateId", "status", "message", *RESULT_COLUMNS], ["5", "", "", *fate]))

    _, rows = read(path)

    assert (cells(rows), rows[0].reason) == ([["5"]], "ragged_row")


HALF = "character 7 of the comment is half a character (U+D83C); remove it"


@pytest.mark.parametrize(("said", "reason"), [(HALF, "control_characters"), ("", None)])
def test_half_a_character_stays_one(said: str, reason: str | None, write: Write) -> None:
    """JSON may have what no file can hold: it is not sent as it looks, unless somebody emptied _detail."""
    fate = ("invalid", "control_characters", said, "", "0", "2")
    row = ["5", "Away", "Ferie \\ud83c", *fate]
    path = write(failed_csv(["associateId", "status", "message", *RESULT_COLUMNS], row))

    _, rows = read(path)

    assert rows[0].reason == reason


MEANT_FOR_THE_JOB = [
    {"skip_lines": 3},
    {"comment": "5"},
    {"comment": '"'},
    {"comment": "\ufeff"},
    {"delimiter": ";"},
    {"delimiter": "a"},
    {"encoding": "cp1252"},
    {"encoding": "utf-16"},
    {"sheet": "Leave", "format": "xlsx"},
    {"format": "json"},
    {"skip_lines": 1, "comment": "#", "delimiter": "\t", "encoding": "latin-1"},
]


@pytest.mark.parametrize("config", MEANT_FOR_THE_JOB, ids=str)
def test_what_was_meant_for_the_job_is_not_meant_for_it(config: dict[str, str], write: Write) -> None:
    """Our file is read as we wrote it, whatever had to be said of the one it came from."""
    names = ("associateId", "status", "message", "note")
    rows = [["5", "Away", "Å, #", "#"], ['"6', "Away", "", "7,a"], ["#7", "Away", "", ""]]
    path = write(failed_csv([*names, *RESULT_COLUMNS], *([*row, *FATE] for row in rows)))

    job, found = read(path, **config)

    assert (job.came_back, job.delimiter, job.columns) == (True, ",", list(names))
    assert cells(found) == rows


@pytest.mark.parametrize("delimiter", ["^", " ", "_", "'", "a", ";"])
@pytest.mark.parametrize("told", [None, "^", ","])
def test_any_delimiter_is_recognised(delimiter: str, told: str | None, write: Write) -> None:
    """Our columns stand side by side, and what is between them cuts the others, too."""
    names = ("associateId", "status", "message", "x,y;_result;z")
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([*names, *RESULT_COLUMNS])
    writer.writerow(["5", "Away", "a ^_b;,|", "'=x", *FATE])
    path = write(text.getvalue())

    job, rows = read(path, delimiter=told)

    assert (job.delimiter, job.columns) == (delimiter, list(names))
    assert cells(rows) == [["5", "Away", "a ^_b;,|", "=x"]]


def test_names_and_texts_are_not_trimmed(write: Write) -> None:
    """Two names of a JSON object may differ in a space; its texts may have NUL characters."""
    names = ("associateId", "status", "x", "x ", "")
    path = write(failed_csv([*names, *RESULT_COLUMNS], ["5", "Away", "a", "\0", " ", *FATE]))

    job, rows = read(path)

    assert (job.columns, cells(rows)) == (list(names), [["5", "Away", "a", "\0", " "]])


def test_a_column_that_only_looks_like_ours_does_not_matter(write: Write) -> None:
    """Where the job had one called as ours are, what we said of the row is in the last of that name."""
    names = ["associateId", "status", "message", "_detail", *RESULT_COLUMNS]
    said = ("invalid", "bad_message", "the message is no text; write it in quotes", "", "0", "2")
    path = write(failed_csv(names, ["5", "Away", "7", "old", *said]))

    job, rows = read(path)

    assert (job.columns, rows[0].reason) == (["associateId", "status", "message"], "bad_message")


def saved_again(content: bytes, delimiter: str, *, tail: int = 0, first: str = "") -> str:
    """Give a failed.csv as a spreadsheet saves it: all rows as wide as the widest, and wider."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    width = max(map(len, rows)) + tail
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    return first + text.getvalue()


RAGGED = [
    ["5", "Away", "x", "invalid", "ragged_row", "4 cells, but the header has 3", "", "0", "2", RUN, "=y"],
    ["6", "Away", "x", "invalid", "ragged_row", "5 cells, but the header has 3", "", "0", "3", RUN, "", ""],
    ["7", "Away", "", "invalid", "ragged_row", "2 cells, but the header has 3; fill in", "", "0", "4", RUN],
    ["8", "Away", "=z", "failed", "timeout", "", "", "6", "5", RUN],
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("tail", [0, 1, 4])
@pytest.mark.parametrize(("encoding", "first"), [("utf-8-sig", ""), ("utf-16", ""), ("utf-8", "sep={}\r\n")])
def test_a_spreadsheet_may_save_it(
    delimiter: str, tail: int, encoding: str, first: str, write: Write
) -> None:
    """Another delimiter, encoding and width do not matter: no row is mended by being saved."""
    content = failed_csv(["associateId", "status", "message", *RESULT_COLUMNS], *RAGGED)
    again = saved_again(content, delimiter, tail=tail, first=first.format(delimiter))
    path = write(again.encode(encoding))

    job, rows = read(path, delimiter="|", skip_lines=2)

    assert (job.came_back, job.delimiter) == (True, delimiter)
    assert [row.reason for row in rows] == ["ragged_row", "ragged_row", "ragged_row", None]
    assert [[cell for cell in row if cell] for row in cells(rows)] == [
        ["5", "Away", "x", "=y"],
        ["6", "Away", "x"],
        ["7", "Away"],
        ["8", "Away", "=z"],
    ]


def test_a_row_too_long_can_be_mended_in_a_spreadsheet(write: Write) -> None:
    """Where a spreadsheet hides how long a row is, an empty _detail says that it is mended."""
    mended = [[*row[:5], "", *row[6:10]] for row in RAGGED[:2]]
    content = failed_csv(["associateId", "status", "message", *RESULT_COLUMNS], *mended, RAGGED[2])
    path = write(saved_again(content, ";", tail=2))

    _, rows = read(path)

    assert [row.reason for row in rows] == [None, None, "ragged_row"]


@pytest.mark.parametrize(("encoding", "told"), [("utf-8", "cp1252"), ("utf-8", "utf-16"), ("mac-roman",) * 2])
def test_an_editor_may_drop_the_mark(encoding: str, told: str, write: Write) -> None:
    """Without its mark, our file is UTF-8 where it can be, and else in the encoding that is configured."""
    names = ("associateId", "status", "message")
    content = failed_csv([*names, *RESULT_COLUMNS], ["5", "Away", "på ferie", *FATE]).decode("utf-8-sig")
    path = write(f"sep=,\n{content}".encode(encoding))

    job, rows = read(path, encoding=told)

    assert (job.encoding, rows[0].message) == (encoding, "på ferie")
