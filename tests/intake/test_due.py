"""Which rows are due on the day a job is read, and which are not."""

import json
from datetime import date
from typing import Any

import pytest

from presence_worker.intake.date_guesses import NO_DAY
from presence_worker.intake.date_guesses import NO_SUCH_DAY as NONE
from presence_worker.intake.day_reader import AT_MIDNIGHT, NO_END, NO_ZONE, REMEMBERED, WITH_A_TIME
from presence_worker.model import NOT_PRESENT, PRESENT, Period, Reason, Result, Row

from .reading import DAY, Write, read, refusal

HEADER = "associateId,status,message,from,until\n"
TELL = (
    'but input.coverage is not set; set it to "changes" (the file lists only changes) or '
    '"everyone" (the file is complete). With "everyone", planned absences of people who are '
    "missing from the next file are cancelled"
)
SERIAL = 'is only a number; if it is a day number of Excel, set input.date_format = "excel"'
ZONE_NEEDED = NO_ZONE.words.replace("; set", ". Set")
NO_DATE = "means no date in many programs; leave the cell empty, or set input.empty ="
WORDS = '"NULL", "\\\\N", "NaN", "nan"'  # of input.empty
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
    named = {"from": "from", "until": "until"}  # else the days of who is present may be of employment
    row = read_row(write, f"5,{status},,{starts or ''},{ends or ''}", **named)

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
        ("2026-12-02,", Period(AFTER, None), "waits until 2026-12-02"),
        ("2026-12-02,2026-12-02", Period(AFTER, AFTER), "waits until 2026-12-02"),
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
    assert row.detail == f"the first day (2026-12-02) is in the future, {TELL}"


@pytest.mark.parametrize(
    ("cells", "detail"),
    [
        (",2026-11-30", "ended on 2026-11-30"),
        ("2026-11-30,2026-11-30", "ended on 2026-11-30"),
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
        (
            "2026-12-02,2026-12-01",
            "the last day (2026-12-01) is before the first day (2026-12-02); correct one of them",
        ),
        (
            "2026-02-30,2026-02-31",
            f"the first day '2026-02-30' {NONE}; also the last day '2026-02-31' {NONE}",
        ),
        (",46357", f"the last day '46357' {SERIAL}"),
        ("sick since May,", f"the first day {NO_DAY}"),
        (",open", f"the last day {NO_END.words}"),
        ("2026-12-01,-", f"the last day '-' {NO_END.words}"),
        (",1900-01-01", f"the last day '1900-01-01' {NO_DATE} [{WORDS}, \"1900-01-01\"]"),
        ("1899-12-30,", f"the first day '1899-12-30' {NO_DATE} [{WORDS}, \"1899-12-30\"]"),
        ("9999-12-31,", f"the first day '9999-12-31' {NO_DATE} [{WORDS}, \"9999-12-31\"]"),
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
    assert (rows[2].detail or "").endswith("; also the first day is not a date")


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
    assert (row.detail or "").endswith("the comment has 256 characters; shorten it to 255")


def test_a_row_to_be_ignored(write: Write) -> None:
    """A row that is as if it were not in the file is skipped, whatever its days are."""
    path = write(f"{HEADER}5,ON,,2026-12-02,\n5,ON,,x,2026-12-01T12:00Z\n")

    _, rows = read(path, statuses={"on": "ignore"})

    assert [row.reason for row in rows] == [Reason.IGNORED_BY_MAPPING] * 2


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


@pytest.mark.parametrize(
    ("cells", "period", "reason"),
    [
        ("2026-11-25,2026-12-02", Period(date(2026, 11, 25), DAY), None),
        ("2026-11-25,2026-12-01", Period(date(2026, 11, 25), BEFORE), Reason.NO_LONGER_DUE),
        (",2026-12-01", Period(None, BEFORE), Reason.NO_LONGER_DUE),
        ("2026-12-01,2026-12-02T00:00", Period(DAY, DAY), None),
        ("2026-12-01,9999-12-31", Period(DAY, None), None),
        ("2026-12-01,", Period(DAY, None), None),
    ],
)
def test_the_first_day_back(cells: str, period: Period, reason: Reason | None, write: Write) -> None:
    """An end that is the first day back is turned into the last day away; midnight begins that day."""
    row = read_row(write, f"5,Away,,{cells}", until_means="first_day_back")

    assert (row.period, row.reason) == (period, reason)


def test_the_last_day_in_a_message(write: Write) -> None:
    """A message that names the end names the last day away, whatever the file has."""
    row = read_row(
        write, "5,Away,,,2026-12-24", until_means="first_day_back", message_template="until {until:%-d %B}"
    )

    assert row.message == "until 23 December"


@pytest.mark.parametrize(
    ("cells", "detail"),
    [
        (
            "2026-12-01,2026-12-01",
            "the first day back (2026-12-01) is not after the first day (2026-12-01); correct one of them",
        ),
        (
            "2026-12-01,2026-11-30",
            "the first day back (2026-11-30) is not after the first day (2026-12-01); correct one of them",
        ),
        ("2026-12-01,2026-12-02 08:00", f"the last day '2026-12-02 08:00' {WITH_A_TIME.words}"),
    ],
)
def test_a_first_day_back_that_cannot_be(cells: str, detail: str, write: Write) -> None:
    """A person is not back before being away, and a first day back has no time."""
    row = read_row(write, f"5,Away,,{cells}", until_means="first_day_back")

    assert (row.reason, row.detail) == (Reason.BAD_DATE, detail)


@pytest.mark.parametrize(
    "until",
    [
        "2026-12-04T00:00:00", "2026-12-04 00:00", "2026-12-03T23:00:00Z", "2026-12-04 00:00:00.000",
        "2026-12-04T00:00+01:00", "/Date(1796338800000)/",
    ],
)  # fmt: skip
def test_midnight_at_the_end(until: str, write: Write) -> None:
    """Midnight may be the beginning of the last day, or of the first day back: the setting says which."""
    row = read_row(write, f"5,Away,,,{until}", timezone="Europe/Oslo")

    assert (row.reason, row.detail) == (Reason.BAD_DATE, f"the last day '{until}' {AT_MIDNIGHT.words}")


@pytest.mark.parametrize(("means", "day"), [("last_day", 4), ("first_day_back", 3)])
def test_midnight_that_is_clear(means: str, day: int, write: Write) -> None:
    """With the setting, the day is the one that it says."""
    row = read_row(write, "5,Away,,,2026-12-03T23:00:00Z", timezone="Europe/Oslo", until_means=means)

    assert row.period == Period(None, date(2026, 12, day))


def test_midnight_of_a_column_of_first_days_back(write: Write) -> None:
    """A column whose name says that it has first days back needs no setting."""
    path = write("associateId,status,from,First day back\n5,Away,2026-11-27,2026-12-04T00:00:00\n")

    _, (row,) = read(path)

    assert row.period == Period(date(2026, 11, 27), date(2026, 12, 3))


@pytest.mark.parametrize(
    ("cells", "period"),
    [
        ("2026-11-30T00:00:00,", Period(BEFORE, None)),
        ("2026-11-29T23:00:00Z,2026-12-02T22:59:59Z", Period(BEFORE, AFTER)),
        ("2026-11-30,2026-12-02T23:59", Period(BEFORE, AFTER)),
        ("2026-11-30,2026-12-02T16:00", Period(BEFORE, AFTER)),
        ("/Date(1795996800000)/,/Date(1796169600000)/", Period(BEFORE, AFTER)),
    ],
)
def test_moments_that_are_clear(cells: str, period: Period, write: Write) -> None:
    """A first day may begin at midnight, other times are on their day, SuccessFactors' midnights are days."""
    row = read_row(write, f"5,Away,,{cells}", timezone="Europe/Oslo")

    assert row.period == period


def test_one_column_for_both_ends(write: Write) -> None:
    """A file with one row a day has its first and its last day in one column; midnight is part of it."""
    path = write("associateId,status,Date\n5,Away,2026-12-01T00:00:00\n6,Away,2026-11-30\n")

    _, rows = read(path, **{"from": "Date", "until": "Date"})

    assert [(row.period, row.reason) for row in rows] == [
        (Period(DAY, DAY), None),
        (Period(BEFORE, BEFORE), Reason.NO_LONGER_DUE),
    ]


def test_words_for_no_end(write: Write) -> None:
    """A word of input.empty is an empty cell."""
    row = read_row(write, "5,Away,,2026-12-01,unbefristet", empty=["unbefristet"])

    assert row.period == Period(DAY, None)


@pytest.mark.parametrize("until", ["2026-12-01T22:59:59Z", "2026-12-01T23:59+0100", "/Date(1796170000000)/"])
def test_moments_without_a_zone(until: str, write: Write) -> None:
    """Where the time zone decides the day, that of the machine is a guess: the file is refused."""
    path = write(f"{HEADER}4,Away,,2026-12-01,\n5,Away,,,{until}\n6,Away,,,{until}\n")

    assert refusal(path) == f"FILE, line 3: the last day '{until}' {ZONE_NEEDED}"


def test_unix_times_without_a_zone(write: Write) -> None:
    """Unix times are moments."""
    path = write(f"{HEADER}5,Away,,1795737600,\n")

    assert refusal(path, date_format="unix") == f"FILE, line 2: the first day '1795737600' {ZONE_NEEDED}"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("%d/%m/%Y", "4,Away,,11/12/2026,12/12/2026\n5,Away,,11/27/2026,\n"),
        ("%d.%m.%Y", "4,Away,,11.12.2026,\n5,Away,,11/27/2026,\n"),
        (["excel", "%d.%m.%Y"], "4,Away,,11.12.2026,\n5,Away,,11/27/2026,\n"),
    ],
)
def test_days_of_the_other_order(form: str | list[str], content: str, write: Write) -> None:
    """One day that can only be November 27 proves that all days may be American: the file is refused."""
    words = refusal(write(HEADER + content), date_format=form, coverage="everyone")

    assert words.startswith("FILE, line 3: the first day '11/27/2026' has day and month in another order")
    assert 'Set input.date_format = "%m/%d/%Y"' in words


@pytest.mark.parametrize("day", ["31/13/2026", "27.13.2026", "30/02/2026"])
def test_a_day_of_no_order(day: str, write: Write) -> None:
    """A typing error that is a day in no order is the fault of its row alone."""
    path = write(f"{HEADER}4,Away,,01/12/2026,\n5,Away,,{day},\n")

    _, rows = read(path, date_format="%d/%m/%Y")

    assert [row.reason for row in rows] == [None, Reason.BAD_DATE]


@pytest.mark.parametrize("cell", ["11/27/2026", "2026-12-01T12:00Z"])
def test_doubts_of_rows_that_do_not_count(cell: str, write: Write) -> None:
    """A row that is ignored, and one whose cells stand in the wrong columns, prove nothing."""
    path = write(f"{HEADER}4,ON,,{cell},\n5,Away,,{cell},,\n6,Away,,01/12/2026,\n")

    _, rows = read(path, date_format="%d/%m/%Y", statuses={"on": "ignore"})

    assert [row.reason for row in rows] == [Reason.IGNORED_BY_MAPPING, Reason.RAGGED_ROW, None]


def test_a_failed_csv_that_came_back(write: Write) -> None:
    """Rows that a run has rejected are corrected one by one: their file was accepted before."""
    header = "associateId,status,from,_result,_reason,_detail,_http_status,_attempts,_line,_run\n"
    fate = "invalid,bad_date,x,,,2,y\n"

    _, rows = read(write(f"{header}5,Away,11/27/2026,{fate}6,Away,01/12/2026,{fate}"), date_format="%d/%m/%Y")

    assert [row.reason for row in rows] == [Reason.BAD_DATE, None]


def test_doubts_outlive_new_columns_of_json(write: Write) -> None:
    """What the first record showed is remembered when later ones bring more columns."""
    rows = [
        {"associateId": 5, "status": "Away", "until": "2026-12-01T12:00Z"},
        {"associateId": 6, "status": "Away", "until": "2026-12-01", "more": 1},
    ]

    assert ZONE_NEEDED in refusal(write(json.dumps(rows)))


@pytest.mark.parametrize("days", [["2026-13-05"], ["2026-13-05", "2026-13-05"]])
def test_a_typing_error_in_iso(days: list[str], write: Write) -> None:
    """One day that ISO 8601 does not have is a typing error, however often it is there."""
    lines = [f"{i},Away,,{day},\n" for i, day in enumerate(["2026-11-05", *days], 4)]

    _, rows = read(write(HEADER + "".join(lines)))

    assert [row.detail for row in rows[1:]] == [f"the first day '2026-13-05' {NONE}" for _ in days]


def test_days_of_iso_in_the_other_order(write: Write) -> None:
    """Two different days that can only be year, day, month prove that all days of the file may be so."""
    path = write(f"{HEADER}4,Away,,2026-05-11,\n5,Away,,2026-27-11,\n6,Away,,2026-28-11,\n")

    assert refusal(path).startswith("FILE, line 3: the first day '2026-27-11' has day and month in")
