"""What the words of a status column, and the want of such a column, come to."""

import json
from datetime import date
from typing import Any

import pytest

from presence_worker.intake.row_reader import RowReader
from presence_worker.intake.status_words import closest
from presence_worker.intake.table import Record, Table
from presence_worker.model import NOT_PRESENT, PRESENT, Period, Reason, Result, Row
from presence_worker.settings import Input, Settings

from .reading import DAY, HEADER, Write, read, refusal

ANY = {"*": NOT_PRESENT}
MORE = [
    "Vacation (cancelled)",
    "Cancelled: vacation",
    "Urlaub (storniert)",
    "Ferie - avslått",
    "Semester, ansökt",
]


def read_status(write: Write, status: Any, **config: Any) -> Row:
    """Give the only row of a job, from JSON, where a cell can be anything."""
    _, (row,) = read(write(json.dumps([{"associateId": 5, "status": status}])), **config)
    return row


@pytest.mark.parametrize(
    "word",
    [
        "Sick", "Sick leave", "Ill", "Parental leave", "Maternity leave", "Krank", "Krankgemeldet",
        "krank gemeldet", "Elternzeit", "Mutterschutz", "Sjuk", "Sjukskriven", "Föräldraledig", "VAB", "Syk",
        "Sykmeldt", "Egenmelding", "Foreldrepermisjon", "Syg", "SYGEMELDT", "Barsel", "Barns sygedag", "Ziek",
        "Ziek gemeld", "Ziekgemeld", "Ouderschapsverlof", "Foraeldreorlov", "Foraldraledig",
    ],
)  # fmt: skip
def test_words_for_sick_and_the_like(word: str, write: Write) -> None:
    """The commonest of all are understood in six languages."""
    assert read_status(write, word).status == NOT_PRESENT


@pytest.mark.parametrize(
    "word", ["Ledig", "Fri", "Frei", "Vrij", "Off", "Training", "Home office", "Approved"]
)
def test_words_that_mean_no_absence_for_certain(word: str, write: Write) -> None:
    """Free, off duty and at a course are not guessed at, and are close to nothing."""
    _, (row, _) = read(write(f"{HEADER}5,{word},\n6,Away,\n"))

    assert (row.reason, closest(word, Input())) == (Reason.UNKNOWN_STATUS, "")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Jury duty", NOT_PRESENT), ("101", NOT_PRESENT), (101, NOT_PRESENT), ("Approved", NOT_PRESENT),
        ("At work", PRESENT), ("StatusNormal", PRESENT), ("Course", PRESENT), ("*", NOT_PRESENT),
    ],
)  # fmt: skip
def test_any_other_word(word: Any, status: str, write: Write) -> None:
    """The key * stands for values that are neither in the table nor plain words."""
    row = read_status(write, word, statuses={**ANY, "course": PRESENT})

    assert (row.status, row.result) == (status, None)


@pytest.mark.parametrize(
    "word", ["", " ", None, "NULL", "#N/A", "#REF!", "Cancelled", "Abgelehnt", "Väntar", *MORE]
)
def test_what_any_other_word_is_not(word: Any, write: Write) -> None:
    """Nothing, an error of a spreadsheet, and a leave that does not hold set nobody away."""
    path = write(json.dumps([{"associateId": n, "status": s} for n, s in ((5, word), (6, "Jury duty"))]))

    _, (row, _) = read(path, statuses=ANY)

    assert (row.result, row.reason) == (Result.INVALID, Reason.UNKNOWN_STATUS)


@pytest.mark.parametrize(
    ("meaning", "reason"), [("ignore", Reason.IGNORED_BY_MAPPING), ("withdrawn", Reason.WITHDRAWN)]
)
def test_any_other_word_may_be_left_out(meaning: str, reason: Reason, write: Write) -> None:
    """Where * sets nobody away, it is for what is cancelled as well."""
    row = read_status(write, "Cancelled", statuses={"Approved": NOT_PRESENT, "*": meaning})

    assert (row.result, row.reason) == (Result.SKIPPED, reason)


def test_an_empty_cell_can_be_mapped(write: Write) -> None:
    """In a list of all people an empty absence may mean: at work."""
    path = write("login,absence\na,Vacation\nb,\nc,NULL\n")

    _, rows = read(path, statuses={"": PRESENT})

    assert [row.status for row in rows] == [NOT_PRESENT, PRESENT, PRESENT]


def test_an_empty_cell_that_is_not_mapped(write: Write) -> None:
    """The sentence leads to the setting."""
    assert (read_status(write, "").detail or "").endswith(
        'or add the value to input.statuses, where "" is an empty cell'
    )


DATED = "associateId,status,message,from,until\n"


@pytest.mark.parametrize(
    ("days", "period"),
    [
        ("2026-12-05,2026-12-10", Period(date(2026, 12, 5), date(2026, 12, 10))),
        ("2026-11-01,2026-11-04", Period(date(2026, 11, 1), date(2026, 11, 4))),
        (",", None),
    ],
)
def test_a_leave_that_is_withdrawn(days: str, period: Period | None, write: Write) -> None:
    """Such a row asks for nothing, keeps whom and which days it is about, and needs no coverage."""
    path = write(f"{DATED}5,Cancelled,{'x' * 300},{days}\n")

    _, (row,) = read(path, statuses={"Cancelled": "withdrawn"})

    assert (row.result, row.reason, row.status, row.message) == (
        Result.SKIPPED, Reason.WITHDRAWN, None, "",
    )  # fmt: skip
    assert (row.associate_id, row.period) == (5, period)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x,Cancelled,,,", Reason.BAD_ASSOCIATE_ID), ("5,Cancelled,,soon,", Reason.BAD_DATE),
        ("5,Cancelled,,2026-12-05", Reason.RAGGED_ROW),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_row_that_is_withdrawn(line: str, reason: Reason, write: Write) -> None:
    """Without the person and the days it is not known what to take back."""
    _, (row,) = read(write(f"{DATED}{line}\n"), statuses={"Cancelled": "withdrawn"})

    assert (row.result, row.reason, row.status) == (Result.INVALID, reason, None)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"only": {"x": ["1"]}}, Reason.FILTERED_OUT), ({}, Reason.HIDDEN_ROW),
        ({"only": {"x": ["0"]}}, Reason.HIDDEN_ROW),
    ],
)  # fmt: skip
def test_rows_that_are_hidden(config: dict[str, Any], reason: Reason) -> None:
    """A hidden row is left out whatever stands in it; the filter comes before, ignore behind."""
    settings = Settings(input=Input(hidden_rows="skip", statuses={"off": "ignore"}, **config))
    table = Table(format="xlsx", columns=["login", "status", "x"], records=iter(()))
    reader = RowReader(table, settings, "x.xlsx", DAY)

    row = reader.read(1, Record(2, ["", "off", "0"], hidden=True))

    assert (row.result, row.reason) == (Result.SKIPPED, reason)


LEAVE = "Email,Start date,End date\na@x.no,2026-11-30,2026-12-04\n"


def test_a_file_without_a_status(write: Write) -> None:
    """Every row of a leave list may be a leave: the sentence names the setting that says so."""
    words = refusal(write(LEAVE))
    _, (row,) = read(write(LEAVE), default_status=NOT_PRESENT)

    assert words.endswith('If every row is a leave, set input.default_status = "StatusNotAvailable"')
    assert (row.status, row.result) == (NOT_PRESENT, None)


def test_a_leave_list_with_types(write: Write) -> None:
    """Where a column has the types of leave, it may be the status."""
    words = refusal(write(LEAVE.replace("End date\n", "End date,Leave type\n")))

    assert words.endswith(
        'or input.status = "Leave type" and input.statuses = { "*" = "StatusNotAvailable" }'
    )


def test_a_default_status_beside_a_status(write: Write) -> None:
    """The file's own status counts, and a note says so."""
    job, (row,) = read(write("login,status\na,Normal\n"), default_status=NOT_PRESENT)

    assert row.status == PRESENT
    assert job.reader.notes() == [
        "input.default_status was not used: the column 'status' has the status of each row"
    ]


def test_a_configured_status_that_is_not_there(write: Write) -> None:
    """A column that was renamed must not set everybody away."""
    words = refusal(write(LEAVE), status="Type", default_status=NOT_PRESENT)

    assert "no column called 'Type', as input.status says" in words


def test_a_default_status_that_is_not_allowed(write: Write) -> None:
    """It is no way around what a file may ask for."""
    _, (row,) = read(write(LEAVE), default_status="StatusDeleted")

    assert row.reason == Reason.STATUS_NOT_ALLOWED


def test_a_title_above_a_header_without_a_status(write: Write) -> None:
    """With a default status the header is found without a column for it."""
    words = refusal(write(f"Leave 2026\n\n{LEAVE}"), default_status=NOT_PRESENT)

    assert "Set input.skip_lines = 2" in words


def test_a_first_day_back_that_is_not_used(write: Write) -> None:
    """Beside a last day it is not needed, and a note says so."""
    job, _ = read(write("login,status,from,until,Back on\na,Away,2026-11-30,2026-12-04,2026-12-07\n"))

    assert job.reader.notes() == [
        "the column 'Back on' (a first day back) was not used: the column 'until' has the last day"
    ]


@pytest.mark.parametrize("cell", ["NULL", "\\N", "NaN", "nan", " NULL "])
def test_cells_that_mean_nothing(cell: str, write: Write) -> None:
    """Words of input.empty are empty cells in every column that is used; failed.csv has them as they came."""
    path = write(f"login,status,message,from,until\na,Away,{cell},{cell},{cell}\n{cell},{cell},,,\n")

    job, (first, second) = read(path, statuses={"": PRESENT})

    assert (first.message, first.period, first.result) == ("", None, None)
    assert (second.status, second.reason) == (PRESENT, Reason.NO_IDENTITY)
    assert json.loads(first.cells)[2] == cell
    assert job.reader.facts().unmapped == ()


def test_cells_that_mean_nothing_in_a_template(write: Write) -> None:
    """What has nothing to fill in falls back to the default message."""
    path = write("login,status,Deputy\na,Away,NULL\nb,Away,#N/A\n")

    _, (first, second) = read(path, message_template="Ask {deputy}", default_message="Away")

    assert (first.message, first.result) == ("Away", None)
    assert (second.result, second.reason) == (Result.INVALID, Reason.BAD_MESSAGE)


def test_a_word_that_is_mapped_is_not_empty(write: Write) -> None:
    """What input.statuses says of a word wins; words are empty only as they are written."""
    path = write(f"{HEADER}5,NULL,null\n")

    _, (row,) = read(path, statuses={"NULL": PRESENT})
    _, (other,) = read(write(f"{HEADER}5,Away,null\n"))
    _, (none,) = read(write(f"{HEADER}5,Away,NULL\n"), empty=[])

    assert (row.status, other.message, none.message) == (PRESENT, "null", "NULL")


@pytest.mark.parametrize(
    "cell",
    ["#N/A", "#REF!", "#DIV/0!", "#value!", " #NAME? ", "#NUM!", "#NULL!", "#NV", "#SAKNAS!", "########"],
)
def test_errors_of_a_spreadsheet(cell: str, write: Write) -> None:
    """They are never shown to customers as a comment."""
    _, (row,) = read(write(f"{HEADER}5,Away,{cell}\n"))

    assert (row.result, row.reason) == (Result.INVALID, Reason.BAD_MESSAGE)


@pytest.mark.parametrize("cell", ["#1 priority", "#", "##", "#NA", "#teamsales"])
def test_what_is_no_error(cell: str, write: Write) -> None:
    """A comment may begin with a number sign."""
    _, (row,) = read(write(f"{HEADER}5,Away,{cell}\n"))

    assert (row.message, row.result) == (cell, None)


def test_comments_that_lost_a_letter_or_say_nothing(write: Write) -> None:
    """They are sent as they are, and a note has their number; those of who is present do not count."""
    lines = [
        "5,Away,Zur\ufffdck",
        "6,Normal,\ufffd",
        "7,Away,N/A",
        "8,Away,None",
        "9,Away,N/A",
        "10,Away,Nona",
    ]
    job, rows = read(write(HEADER + "\n".join(lines)))

    assert {row.result for row in rows} == {None}
    lost, nothing = job.reader.notes()
    assert lost.startswith("\ufffd stands in place of a lost letter in 1 comment")
    assert nothing.startswith('3 comments may stand for nothing and will be shown: "N/A", "None". If')


@pytest.mark.parametrize("word", ["Unpaid vacation request", "Urlaub 2026", "Concept week", "Spending leave"])
def test_a_type_like_a_cancelled_one(word: str, write: Write) -> None:
    """A type of leave may have a piece of such a word in it."""
    assert read_status(write, word, statuses=ANY).status == NOT_PRESENT
