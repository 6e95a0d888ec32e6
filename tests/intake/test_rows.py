"""What a row asks for, and every fault it can have."""

import json
from datetime import date
from typing import Any

import pytest

from presence_worker.intake.job import open_job
from presence_worker.intake.status_words import closest
from presence_worker.model import NOT_PRESENT, PRESENT, Reason, Result, Row
from presence_worker.settings import Input, Safety, Settings

from .reading import HEADER, Write, read

EXPECTED_ID = "; write a whole number from 1 to 2147483647"
EXPECTED_STATUS = "write StatusNormal or StatusNotAvailable, or add the value to input.statuses"
ALLOWED = "is not allowed; use StatusNormal or StatusNotAvailable"


def control(place: int, code: str) -> str:
    return f"character {place} of the comment is a control character (U+{code}); remove it"


def read_row(write: Write, associate_id: Any, status: Any, message: Any = "", **config: Any) -> Row:
    """Give the only row of a job, from JSON, where a cell can be anything."""
    path = write(json.dumps([{"associateId": associate_id, "status": status, "message": message}]))
    _, rows = read(path, **config)
    (row,) = rows
    return row


@pytest.mark.parametrize("found", [1, 2_147_483_647, "1", "2147483647", " 7 ", "\t7\n"])
def test_ids(found: int | str, write: Write) -> None:
    """A whole number from 1 to the greatest of 32 bits is an associateId, as a number or as text."""
    row = read_row(write, found, "Away")

    assert (row.associate_id, row.result) == (int(found), None)


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("", ""), ("0", "0"), ("-5", "-5"), ("+5", "+5"), ("012", "012"), ("1e3", "1e3"), ("12.0", "12.0"),
        ("1_000", "1_000"), ("1 000", "1 000"), ("2147483648", "2147483648"), ("99999999999", "99999999999"),
        ("１２", "１２"), ("٣", "٣"), ("²", "²"), ("0x1f", "0x1f"),
        ("x" * 99, f"{'x' * 39}…"),
        (0, "0"), (-5, "-5"), (2_147_483_648, "2147483648"), (12.0, "12.0"), (True, "true"), (None, "null"),
    ],
)  # fmt: skip
def test_what_is_no_id(found: Any, shown: str, write: Write) -> None:
    """Anything else is invalid, never made to fit, and is shown harmlessly beside what is expected."""
    row = read_row(write, found, "Away")

    assert (row.result, row.reason) == (Result.INVALID, Reason.BAD_ASSOCIATE_ID)
    said, _, expected = (row.detail or "").partition("; ")
    assert (row.associate_id, expected) == (shown or None, EXPECTED_ID.partition("; ")[2])
    assert said.startswith(f"the associateId {shown!r} ")


@pytest.mark.parametrize(("found", "code"), [("5\x00", "0000"), ("\u202e5", "202E"), ("5\u200b", "200B")])
def test_an_id_with_something_unseen(found: str, code: str, write: Write) -> None:
    """What looks like an id and is none says which character it is that nobody sees."""
    row = read_row(write, found, "Away")

    hidden = f"an invisible character (U+{code})"
    assert (row.associate_id, row.detail) == ("5", f"the associateId '5' has {hidden}{EXPECTED_ID}")


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ("StatusNormal", PRESENT), ("statusnormal", PRESENT), (" STATUSNORMAL ", PRESENT),
        ("Normal", PRESENT),
        ("present", PRESENT), ("AVAILABLE", PRESENT), ("StatusNotAvailable", NOT_PRESENT),
        ("status not available", NOT_PRESENT), ("Not available", NOT_PRESENT), ("notavailable", NOT_PRESENT),
        ("NOT  PRESENT", NOT_PRESENT), ("absent", NOT_PRESENT), ("Away", NOT_PRESENT),
        ("holiday", NOT_PRESENT),
        ("NOT_AVAILABLE", NOT_PRESENT), ("not-available", NOT_PRESENT), ("Status.Normal", PRESENT),
        ("At work", PRESENT), ("Vacation", NOT_PRESENT), ("on leave", NOT_PRESENT),
        ("anwesend", PRESENT), ("Abwesend", NOT_PRESENT), ("Im Urlaub", NOT_PRESENT),
        ("AUSSER HAUS", NOT_PRESENT),
        ("Närvarande", PRESENT), ("Frånvarande", NOT_PRESENT), ("semester", NOT_PRESENT),
        ("FRA\u030aNVARANDE", NOT_PRESENT), ("Away\u200b", NOT_PRESENT),
        ("Til stede", PRESENT), ("fraværende", NOT_PRESENT), ("Ikke tilgjengelig", NOT_PRESENT),
        ("Tilgængelig", PRESENT), ("På ferie", NOT_PRESENT), ("ikke på arbejde", NOT_PRESENT),
        ("Aanwezig", PRESENT), ("AFWEZIG", NOT_PRESENT), ("op vakantie", NOT_PRESENT),
    ],
)  # fmt: skip
def test_statuses(found: str, status: str, write: Write) -> None:
    """Exact names and plain words of six languages are understood; case, spaces and hyphens do not matter."""
    row = read_row(write, 5, found)

    assert (row.status, row.result) == (status, None)


@pytest.mark.parametrize(
    ("found", "reason", "status", "detail"),
    [
        ("FLEX", "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        ("Ledig", "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        ("Unavailabel", "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        ("-", "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        ("1", "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        (2, "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        (True, "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        (["Away"], "unknown_status", None, f"the status is unknown; {EXPECTED_STATUS}"),
        ("", "unknown_status", None, f'no status; {EXPECTED_STATUS}, where "" is an empty cell'),
        ("  ", "unknown_status", None, f'no status; {EXPECTED_STATUS}, where "" is an empty cell'),
        (None, "unknown_status", None, f'no status; {EXPECTED_STATUS}, where "" is an empty cell'),
        ("StatusDeleted", "status_not_allowed", "StatusDeleted", f"StatusDeleted {ALLOWED}"),
        ("statusnone", "status_not_allowed", "StatusNone", f"StatusNone {ALLOWED}"),
    ],
)  # fmt: skip
def test_what_is_no_status(found: Any, reason: str, status: str | None, detail: str, write: Write) -> None:
    """Numbers are never guessed, account states never sent, and a word that is not understood never shown."""
    row = read_row(write, 5, found)

    assert (row.result, row.reason, row.status, row.detail) == (Result.INVALID, reason, status, detail)


@pytest.mark.parametrize("found", ["SYK", "syk", " S yk", "Present", "7", 7])
def test_mapped_statuses_win(found: Any, write: Write) -> None:
    """What input.statuses says holds, also of a word we would understand otherwise, and of a number."""
    row = read_row(write, 5, found, statuses={"Syk": NOT_PRESENT, "present": NOT_PRESENT, "7": NOT_PRESENT})

    assert (row.status, row.result) == (NOT_PRESENT, None)


def test_codes_are_told_apart_by_a_hyphen(write: Write) -> None:
    """Only our own words are compared without it: A-1 and A1 may mean different things."""
    row = read_row(write, 5, "A-1", statuses={"A1": NOT_PRESENT})

    assert row.reason == Reason.UNKNOWN_STATUS


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Holidays", NOT_PRESENT), ("Not availble", NOT_PRESENT), ("UNAVAILABEL", NOT_PRESENT),
        ("Urlaub!", NOT_PRESENT), ("Presnt", PRESENT), ("Semster", NOT_PRESENT),
        ("avaliable", ""), ("non available", ""), ("awesend", ""),
        ("FLEX", ""), ("Ledig", ""), ("7", ""), ("StatusSpm2", ""), ("x" * 60, ""),
    ],
)  # fmt: skip
def test_the_closest_status(word: str, status: str) -> None:
    """A misspelling is told by what is close to it, unless a word that means something else is as close."""
    assert closest(word, Input()) == status


def test_the_closest_status_is_one_that_is_allowed() -> None:
    """Nobody is told to write what would be invalid."""
    assert closest("Holidays", Input(allowed_statuses=[PRESENT])) == ""


def test_many_strange_words(write: Write) -> None:
    """A file of nothing but words we do not know is judged like any other."""
    path = write(HEADER + "".join(f"5,word{i},\n" for i in range(1100)) + "5,Away,\n")

    _, rows = read(path)

    assert {row.reason for row in rows[:-1]} == {Reason.UNKNOWN_STATUS}
    assert rows[-1].status == NOT_PRESENT


def test_a_status_mapped_to_ignore(write: Write) -> None:
    """Such a row asks for nothing: skipped, and no fault."""
    row = read_row(write, 5, "ON-DUTY", "x", statuses={"on-duty": "ignore"})

    assert (row.result, row.reason, row.status) == (Result.SKIPPED, Reason.IGNORED_BY_MAPPING, None)
    assert (row.detail, row.message) == ("its status is mapped to ignore", "")


@pytest.mark.parametrize("line", [",x,", "0,x,", "5,x", "5,x,a,b", f"5,x,{'y' * 300}"])
def test_nothing_is_wrong_in_a_row_that_is_ignored(line: str, write: Write) -> None:
    """Such a row counts as if it were not in the file, also where nobody is named in it."""
    _, (row,) = read(write(f"{HEADER}{line}\n"), statuses={"x": "ignore"})

    assert (row.result, row.reason, row.status) == (Result.SKIPPED, Reason.IGNORED_BY_MAPPING, None)


def test_other_statuses_can_be_allowed(write: Write) -> None:
    """The operator decides what may be set."""
    row = read_row(write, 5, "StatusSpm", allowed_statuses=["StatusSpm"])

    assert (row.status, row.result) == ("StatusSpm", None)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("", ""), (None, ""), ("  Ferie\n", "Ferie"), ("a\nb\tc\r\nd", "a\nb\tc\r\nd"),
        ("x" * 255, "x" * 255),
        (" " * 300, ""), ("a\u030abc\u200b", "\u00e5bc"), ("😀" * 255, "😀" * 255),
        ("e\u0301" * 255, "é" * 255),
    ],
)  # fmt: skip
def test_messages(found: str | None, message: str, write: Write) -> None:
    """A message goes out as it is written in one way, without the spaces around it; null is none."""
    row = read_row(write, 5, "Away", found)

    assert (row.message, row.result) == (message, None)


@pytest.mark.parametrize(
    ("found", "reason", "detail"),
    [
        ("x" * 256, "message_too_long", "the comment has 256 characters; shorten it to 255"),
        ("a\x1b[31m", "control_characters", control(2, "001B")),
        ("a\x00b", "control_characters", control(2, "0000")),
        ("a\x0b", "control_characters", control(2, "000B")),
        ("\x1f", "control_characters", control(1, "001F")),
        ("\x85a", "control_characters", control(1, "0085")),
        (
            " \u202ea",
            "control_characters",
            "character 2 of the comment is one that changes the reading direction (U+202E); remove it",
        ),
        (
            "\ud800",
            "control_characters",
            "character 1 of the comment is half a character (U+D800); remove it",
        ),
    ],
)
def test_messages_that_cannot_be_sent(found: str, reason: str, detail: str, write: Write) -> None:
    """A message is never cut in silence, nor are control characters dropped, also at its ends."""
    row = read_row(write, 5, "Away", found)

    assert (row.result, row.reason, row.detail) == (Result.INVALID, reason, detail)


def test_all_faults_are_told(write: Write) -> None:
    """A row's first fault is its reason, its detail tells all, and no fault quotes status or message."""
    row = read_row(write, "x", "FLEX", f"{'secret' * 50}\0")

    assert (row.reason, row.message) == (Reason.BAD_ASSOCIATE_ID, "")
    assert (row.detail or "").count("; ") == 7
    assert "FLEX" not in (row.detail or "")
    assert "secret" not in (row.detail or "")
    assert "secret" not in repr(row)


@pytest.mark.parametrize(
    ("status", "found", "message", "left_out"),
    [("Present", "x", "", 1), ("Present", " ", "", 0), ("Away", "x", "x", 0), ("Away", "", "Borte", 0)],
)
def test_the_message_beside_a_status(
    status: str, found: str, message: str, left_out: int, write: Write
) -> None:
    """Who is present has no message, and those left out are counted; the default is for who is away."""
    path = write(f"{HEADER}5,{status},{found}\n")

    job, rows = read(path, default_message="Borte")

    assert (rows[0].message, job.messages_left_out) == (message, left_out)


def test_protected_ids(write: Write) -> None:
    """Who is in safety.protected_ids is never touched."""
    path = write(f"{HEADER}5,Away,\n6,Away,\n")
    settings = Settings(input=Input(), safety=Safety(protected_ids=[5]))

    with open_job(str(path), settings, date(2026, 12, 1)) as job:
        rows = list(job.rows)

    assert [(row.result, row.reason) for row in rows] == [(Result.INVALID, Reason.PROTECTED), (None, None)]
    assert rows[0].detail == "user 5 is in safety.protected_ids; remove the row"
