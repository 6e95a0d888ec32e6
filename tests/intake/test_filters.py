"""Rows that count, and those that are as if they were not in the file."""

import json
from typing import Any

import pytest

from presence_worker.errors import InputRefused
from presence_worker.model import NOT_PRESENT, Reason, Result

from .reading import Write, read, refusal

HEADER = "login,status,message,State,Percent\n"
APPROVED = {"State": ["Approved"]}


@pytest.mark.parametrize(
    ("value", "cell", "counts"),
    [
        ("Approved", " APPROVED ", True), ("Approved", "Approved by HR", False), ("approved", "", False),
        ("", "", True), ("", "NULL", True), ("", "x", False), ("Not  valid", "not valid", True),
        (100, "100", True), (100, "100.0", True), (100, "100,00", True), (100, "100 %", True),
        ("100%", "100", True), (100, "50", False), (100, "1", False), (100, "1000", False),
        (7, "007", False), ("007", "007", True), (1, "1,000", False), (True, "TRUE", True),
    ],
)  # fmt: skip
def test_values_are_compared_as_people_read_them(value: Any, cell: str, counts: bool, write: Write) -> None:  # noqa: FBT001
    """Without case and the spaces around; numbers as numbers, but codes with a leading zero as texts."""
    path = write(f'{HEADER}anna,Away,,"{cell}",\n')

    _, (row,) = read(path, only={"State": [value]})

    assert (row.result, row.reason) == ((None, None) if counts else (Result.SKIPPED, Reason.FILTERED_OUT))


@pytest.mark.parametrize(
    ("value", "cell", "counts"),
    [
        (True, True, True), (True, "true", True), (True, False, False), (100, 100, True), (100, 100.0, True),
        ("", None, True), (100, None, False), ("x", ["x"], False),
    ],
)  # fmt: skip
def test_values_of_json(value: Any, cell: Any, counts: bool, write: Write) -> None:  # noqa: FBT001
    """Numbers, true and false are compared as JSON writes them; null is empty."""
    path = write(json.dumps([{"login": "anna", "status": "Away", "State": cell}]))

    _, (row,) = read(path, only={"State": [value]})

    assert (row.reason is None) == counts


@pytest.mark.parametrize(
    "line",
    [
        ",Away,,Cancelled,", "anna,???,,Cancelled,", "anna,Away,#N/A,Cancelled,", "anna,Away,,Cancelled",
        "anna,Away,,Cancelled,,more", f"anna,Away,{'x' * 300},Cancelled,",
    ],
)  # fmt: skip
def test_nothing_is_wrong_in_a_row_that_does_not_count(line: str, write: Write) -> None:
    """Whatever else stands in it, and however many cells it has, such a row is skipped."""
    _, (row,) = read(write(f"{HEADER}{line}\n"), only=APPROVED)

    assert (row.result, row.reason, row.status, row.message) == (
        Result.SKIPPED, Reason.FILTERED_OUT, None, "",
    )  # fmt: skip


def test_all_columns_must_match_and_the_first_one_counts_the_row(write: Write) -> None:
    """Rows are listed by column and value, most rows first."""
    lines = ["a,Away,,Approved,100", "b,Away,,Approved,50", "c,Away,,Pending,50", "d,Away,,Pending,100"]
    path = write(HEADER + "\n".join(lines))

    job, rows = read(path, only={**APPROVED, "Percent": [100]})

    assert [row.reason for row in rows] == [None, *[Reason.FILTERED_OUT] * 3]
    assert job.reader.facts().filtered == (("State", "Pending", 2), ("Percent", "50", 1))
    assert (job.reader.facts().filtered_others, job.reader.notes()) == (0, [])


def test_very_many_values_take_no_room(write: Write) -> None:
    """Those with most rows are listed, the others counted."""
    lines = [f"a,Away,,v{number},\n" for number in range(1500)] + ["a,Away,,v7,\n", f"a,Away,,{'y' * 99},\n"]

    job, _ = read(write(HEADER + "".join(lines)), only=APPROVED)

    facts = job.reader.facts()
    assert (len(facts.filtered), facts.filtered[0].value) == (200, "v7")
    assert facts.filtered_others == 1502 - 201


def test_that_no_row_counts_is_said(write: Write) -> None:
    """A wrong value in the setting would else look like a night without news."""
    job, rows = read(write(f"{HEADER}a,Away,,Aproved,\n"), only=APPROVED)

    assert rows[0].reason == Reason.FILTERED_OUT
    assert job.reader.notes()[0].startswith("no row counts, as input.only skips all rows")


def test_a_whole_list_of_which_no_row_counts(write: Write) -> None:
    """All planned absences would be dropped: it is as good as an empty file, and refused like one."""
    path = write(f"{HEADER}a,Away,,Approved by HR,\nb,Away,,Confirmed,\n")

    with pytest.raises(InputRefused, match=r"no row counts, as input\.only skips all rows") as caught:
        read(path, only=APPROVED, coverage="everyone")

    assert caught.value.ways == ({"only": {"State": ["Confirmed"]}}, {})
    assert caught.value.facts.values == {"State": [("Approved by HR", 1), ("Confirmed", 1)]}


@pytest.mark.parametrize("content", ["login,status\na,Away\n", '[{"login": "a", "status": "Away"}]'])
def test_a_column_that_is_not_there(content: str, write: Write) -> None:
    """Without the column it is not known which rows count: the file is refused, naming those found."""
    words = refusal(write(content), only=APPROVED)

    assert words == "FILE: input.only names 'State', but the file has no such column. Found: login, status"


def test_a_column_that_only_later_objects_have(write: Write) -> None:
    """In JSON a row without the column has an empty value."""
    rows = [{"login": "a", "status": "Away"}, {"login": "b", "status": "Away", "State": "Approved"}]

    _, found = read(write(json.dumps(rows)), only=APPROVED)

    assert [row.reason for row in found] == [Reason.FILTERED_OUT, None]


def test_two_columns_that_may_be_meant(write: Write) -> None:
    """The name in the setting must tell them apart."""
    words = refusal(write("login,status,STATE,sta-te\na,Away,x,y\n"), only=APPROVED)

    assert (
        "STATE and sta-te could both be 'State' of input.only. Write the name exactly as in the file" in words
    )


def test_a_column_to_filter_by_need_not_be_the_status(write: Write) -> None:
    """With a default status, a column called Status may say only which rows count."""
    path = write("login,Status\na,Approved\nb,Cancelled\n")

    _, rows = read(path, only={"Status": ["Approved"]}, default_status=NOT_PRESENT)

    assert [(row.status, row.reason) for row in rows] == [(NOT_PRESENT, None), (None, Reason.FILTERED_OUT)]
