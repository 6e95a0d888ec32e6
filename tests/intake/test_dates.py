"""Which day a text names, and what is said where that is not certain."""

from datetime import date

import pytest

from presence_worker.intake.dates import date_reader, forms_of, shown
from presence_worker.settings import Input

LAST = date(2026, 12, 31)
NO_DAY = "where a day such as 2026-12-31 should be; if it is one, say with input.date_format"
SAY = "which is not written as 2026-12-31 is; say with input.date_format, such as"
TWO_DIGITS = "with a year of two digits; write four, or say with input.date_format, such as"
NUMBER = "a bare number; give the cells a date format (Excel counts days), or say with input.date_format what"


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-31", "20261231", "2026-12-31T00:00:00", "2026-12-31 00:00", "2026-12-31 23:59:59.9999999",
        "2026-12-31T08:00:00,5", "2026-12-31T00:00:00+01:00", "2026-12-30T23:00Z", "2026-12-30T23:00:00.000Z",
        "2026-12-31 00:00:00.0000000 +01:00", "2026-12-30T18:00-0500", "2026-12-31T12:00+02",
    ],
)  # fmt: skip
def test_iso(text: str) -> None:
    """ISO 8601 is understood without more ado; a time is left out, once it is brought to our zone."""
    read = date_reader(Input(timezone="Europe/Oslo"))

    assert read(text) == LAST


def test_an_offset_in_the_zone_of_the_machine() -> None:
    """Without input.timezone, a time with an offset is brought to where this machine is."""
    read = date_reader(Input())

    assert read("2026-12-31T12:00Z") == LAST


def test_for_ever() -> None:
    """The last day there is can be read in every zone."""
    read = date_reader(Input(timezone="Pacific/Kiritimati"))

    assert read("9999-12-31T23:59:59Z") == date.max


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", "but there is no such day"),
        ("2026-12-31T25:00", "but there is no such day"),
        ("30.02.2026", "but there is no such day"),
        ("0001-01-01T00:00:00", "but the year 1 can hardly be meant"),
        ("1899-12-30", "but the year 1899 can hardly be meant"),
        ("46357", NUMBER), ("46357.0", NUMBER), ("31122026", NUMBER), ("20122026", NUMBER), ("-1", NUMBER),
        (
            "03/04/2026",
            'which may be 3 April or 4 March; say which with input.date_format: "%d/%m/%Y" or "%m/%d/%Y"',
        ),
        (
            "3/4/2026 12:00:00 AM",
            'which may be 3 April or 4 March; say which with input.date_format: "%d/%m/%Y %I:%M:%S %p" or',
        ),
        (
            "2026/01/02",
            'which may be 2 January or 1 February; say which with input.date_format: "%Y/%m/%d" or',
        ),
        ("03.03.2026", f'{SAY} "%d.%m.%Y" or "%m.%d.%Y", how it is'),
        ("31.12.2026", f'{SAY} "%d.%m.%Y", how it is'),
        ("12/31/2026 00:00", f'{SAY} "%m/%d/%Y %H:%M", how it is'),
        ("31.12.26", f'{TWO_DIGITS} "%d.%m.%y" or "%y.%m.%d", how it is'),
        ("26-12-24", f'{TWO_DIGITS} "%d-%m-%y" or "%y-%m-%d", how it is'),
        ("26-12-4", f'{TWO_DIGITS} "%y-%m-%d", how it is'),
        ("2/3/1", NO_DAY),
        ("20 Nov 2026", f'{SAY} "%d %b %Y", how it is'),
        ("20-NOVEMBER-2026", f'{SAY} "%d-%B-%Y", how it is'),
        ("Dec 31, 2026", f'{SAY} "%b %d, %Y", how it is'),
        ("1. May 26", f'{TWO_DIGITS} "%d. %b %y" or "%d. %B %y", how it is'),
        ("Nov", NO_DAY),
        ("room 12", NO_DAY),
        ("1/2/345", NO_DAY),
        ("31. Dez 2026", NO_DAY),
        ("２０２６-12-31", NO_DAY),
    ],
)  # fmt: skip
def test_what_is_not_certain(text: str, words: str) -> None:
    """Whatever else there is, is not guessed at, and a sentence says how to make it certain."""
    read = date_reader(Input())

    found = read(text)

    assert isinstance(found, str)
    assert found.startswith(words)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y", "31.12.2026"), ("%d.%m.%Y", "2026-12-31"), ("%m/%d/%Y", "12/31/2026"),
        ("%m/%d/%Y %I:%M:%S %p", "12/31/2026 12:00:00 AM"), ("%d-%b-%y", "31-DEC-26"), ("%d%m%Y", "31122026"),
        ("%d. %B %Y", "31. December 2026"), ("%Y%m%d", "20261231"), ("%Y-%m-%d", "2026-12-31T00:00"),
        ("%d.%m.%Y %H:%M %z", "30.12.2026 23:30 +0000"), ("%Y/%d/%m", "2026/31/12"),
        ("%d%%%m%%%Y", "31%12%2026"),
    ],
)  # fmt: skip
def test_what_was_declared(form: str, text: str) -> None:
    """Days are read as input.date_format says, and as ISO 8601 beside it."""
    read = date_reader(Input(date_format=form, timezone="Europe/Oslo"))

    assert read(text) == LAST


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y", "12/31/2026"), ("%d.%m.%Y", "30.02.2026"), ("%d.%m.%Y", "20261231"),
        ("%d%m%Y", "1122026"),  # of January or of November
        ("%Y-%d-%m", "2026-12-31"),  # its neighbour, 2026-12-05, would be in May
        ("%d.%m.%y", "31.12.2026"),
    ],
)  # fmt: skip
def test_what_was_declared_otherwise(form: str, text: str) -> None:
    """Nothing is read in a second way where that could be another day than the one declared."""
    read = date_reader(Input(date_format=form))

    assert read(text) == f"which is no day that is written as input.date_format says ({form})"


def test_a_declared_year_that_cannot_be_meant() -> None:
    """A date that programs put where there is none is no date, however it is written."""
    read = date_reader(Input(date_format="%d.%m.%Y"))

    assert read("01.01.0001") == "but the year 1 can hardly be meant"


@pytest.mark.parametrize(("text", "expected"), [("30.02.2026 0:00", "'30.02.2026 0:00'"), ("sick", "a text")])
def test_only_what_looks_like_a_date_is_shown(text: str, expected: str) -> None:
    """A cell with words may be a reason of absence: sentences never show it."""
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (["1.12.2026", "31.12.2026", "9.12.2026"], ["%d.%m.%Y"]),
        (["1.12.2026", "9.12.2026"], ["%d.%m.%Y", "%m.%d.%Y"]),
        (["1 May 2026", "20 November 2026"], ["%d %B %Y"]),
        (["1.12.2026", "12/31/2026"], []),
        (["31.12.2026", "soon"], ["%d.%m.%Y"]),
        ([], []),
    ],
)
def test_the_form_that_fits_them_all(texts: list[str], forms: list[str]) -> None:
    """A day that could be two is told by its neighbours, for whoever is to say how days are written."""
    assert forms_of(texts) == forms
