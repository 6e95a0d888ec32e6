"""Which rows are due on the day a job is read, and which are not."""

import json
from datetime import date
from typing import Any

import pytest

from presence_worker.intake.dates import BARE_NUMBER, NO_DAY
from presence_worker.intake.dates import NO_SUCH_DAY as NONE
from presence_worker.intake.due import REMEMBERED
from presence_worker.model import NOT_PRESENT, PRESENT, Period, Reason, Result, Row

from .reading import DAY, Write, read

HEADER = "associateId,status,message,from,until\n"
TELL = (
    'a day to come; say with input.coverage what the file tells: "changes" (only news) or "everyone" (all '
    "there is: who is missing from a later file no longer goes on leave)"
)
BEFORE, AFTER = date(2026, 11, 30), date(2026, 12, 2)  # DAY


def read_row(write: Write, line: str, **config: Any) -> Row:
    """Give the only row of a CSV job with dates."""
    _, (row,) = read(write(f"{HEADER}{line}\n"), **config)
    return row


def read_json(write: Write, **cells: Any) -> Row:
    """Give the only row of a JSON job."""
    _, (row,) = read(write(json.dumps([{"associateId": 5, "status": "Away", **cells}])))
    return row


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (DAY, DAY), (BEFORE, AFTER), (None, DAY), (DAY, None), (BEFORE, None), (None, AFTER),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [PRESENT, NOT_PRESENT])
def test_a_row_that_is_due(status: str, starts: date | None, ends: date | None, write: Write) -> None:
    """On its days, the first and the last included, a row is sent, whatever it asks for; they are kept."""
    row = read_row(write, f"5,{status},,{starts or ''},{ends or ''}")

    assert (row.result, row.reason, row.detail) == (None, None, None)
    assert (row.status, row.period) == (status, Period(starts, ends))


@pytest.mark.parametrize("cells", [",", " , ", ",9999-12-31"])
def test_a_row_without_days(cells: str, write: Write) -> None:
    """Empty cells are no dates, and the last day of all is how programs say that there is none."""
    row = read_row(write, f"5,Away,,{cells}")

    assert (row.result, row.period) == (None, None)


def test_an_end_that_never_comes(write: Write) -> None:
    """A row that ends on the last day of all has no end."""
    row = read_row(write, "5,Away,,2026-12-01,9999-12-31")

    assert (row.result, row.period) == (None, Period(DAY, None))


@pytest.mark.parametrize("coverage", ["changes", "everyone"])
@pytest.mark.parametrize(
    ("cells", "period", "detail"),
    [
        ("2026-12-02,", Period(AFTER, None), "due from 2026-12-02"),
        ("2026-12-02,2026-12-02", Period(AFTER, AFTER), "due from 2026-12-02 until 2026-12-02"),
    ],
)
def test_a_row_that_is_not_yet_due(
    cells: str, period: Period, detail: str, coverage: str, write: Write
) -> None:
    """A row for a day to come is skipped, and all that is needed on its day is kept."""
    row = read_row(write, f"5,Away,Ferie,{cells}", coverage=coverage)

    assert (row.result, row.reason, row.detail) == (Result.SKIPPED, Reason.NOT_YET_DUE, detail)
    assert (row.associate_id, row.status, row.message, row.period) == (5, NOT_PRESENT, "Ferie", period)


def test_a_day_to_come_without_coverage(write: Write) -> None:
    """Nobody said what the file covers: a row for a day to come is invalid, and says how to say it."""
    row = read_row(write, "5,Away,,2026-12-02,")

    assert (row.result, row.reason) == (Result.INVALID, Reason.NO_COVERAGE)
    assert row.detail == f"due from 2026-12-02, {TELL}"


@pytest.mark.parametrize(
    ("cells", "detail"),
    [
        (",2026-11-30", "was due until 2026-11-30"),
        ("2026-11-30,2026-11-30", "was due from 2026-11-30 until 2026-11-30"),
    ],
)
def test_a_row_that_is_no_longer_due(cells: str, detail: str, write: Write) -> None:
    """A row whose last day is over is skipped; that needs no coverage."""
    row = read_row(write, f"5,Away,,{cells}")

    assert (row.result, row.reason, row.detail) == (Result.SKIPPED, Reason.NO_LONGER_DUE, detail)
    assert row.period is not None
    assert row.period.ends == BEFORE


@pytest.mark.parametrize(
    ("cells", "detail"),
    [
        ("2026-12-02,2026-12-01", "from (2026-12-02) is after until (2026-12-01)"),
        (
            "2026-02-30,2026-02-31",
            f"found '2026-02-30' as from, {NONE}; also found '2026-02-31' as until, {NONE}",
        ),
        (",46357", f"found '46357' as until, {BARE_NUMBER}"),
        ("sick since May,", f"found a text as from, {NO_DAY}"),
    ],
)
def test_dates_that_are_not_certain(cells: str, detail: str, write: Write) -> None:
    """A date that cannot be read for certain makes the row invalid, and its words are not shown."""
    row = read_row(write, f"5,Away,,{cells}", coverage="changes")

    assert (row.result, row.reason, row.detail) == (Result.INVALID, Reason.BAD_DATE, detail)


def test_a_ragged_row(write: Write) -> None:
    """A row whose cells may stand in the wrong columns shows none, whatever rows beside it have."""
    _, rows = read(write(f"{HEADER}5,Away,,46357\n6,Away,,46357,\n7,Away,,46357\n8,Away,,2026-12-02\n"))

    assert {row.result for row in rows} == {Result.INVALID}
    assert ["46357" in (row.detail or "") for row in rows] == [False, True, False, False]
    assert (rows[2].detail or "").endswith("; also from is no day")


@pytest.mark.parametrize(
    ("found", "result"),
    [
        (None, None),
        ("", None),
        (20261201, None),
        (46357.0, "invalid"),
        (True, "invalid"),
        (["2026-12-01"], "invalid"),
    ],
)
def test_what_json_has_as_a_date(found: Any, result: str | None, write: Write) -> None:
    """What JSON has instead of a text is read as failed.csv will write it."""
    row = read_json(write, until=found)

    assert row.result == result


def test_faults_come_before(write: Write) -> None:
    """A row that is wrong is invalid, whenever it would be due."""
    row = read_row(write, f"x,Away,{'x' * 256},,2026-11-30")

    assert (row.result, row.reason) == (Result.INVALID, Reason.BAD_ASSOCIATE_ID)
    assert (row.detail or "").endswith("the message has 256 characters; the service keeps 255")


def test_a_row_to_be_ignored(write: Write) -> None:
    """A row that asks for nothing is skipped for that, whenever it would be due; a bad date is told."""
    path = write(f"{HEADER}5,ON,,2026-12-02,\n5,ON,,x,\n")

    _, rows = read(path, statuses={"on": "ignore"})

    assert [row.reason for row in rows] == [Reason.IGNORED_BY_MAPPING, Reason.BAD_DATE]


def test_names_and_forms_of_the_configuration(write: Write) -> None:
    """The columns may have any name, and the dates any form, that the configuration says."""
    path = write("associateId;status;Start;Slut\n5;Away;30.11.2026;2.12.2026\n")

    _, (row,) = read(path, **{"from": "Start", "until": "Slut", "date_format": "%d.%m.%Y"})

    assert row.period == Period(BEFORE, AFTER)


def test_more_dates_than_are_remembered(write: Write) -> None:
    """A file of nothing but strange dates is judged like any other."""
    path = write(
        HEADER + "".join(f"5,Away,,x{i},\n" for i in range(REMEMBERED + 2)) + "5,Away,,2026-12-01,\n"
    )

    _, rows = read(path)

    assert {row.reason for row in rows[:-1]} == {Reason.BAD_DATE}
    assert rows[-1].period == Period(DAY, None)
