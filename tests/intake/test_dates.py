"""Which day a text names, and what is said where that is not certain."""

from datetime import date, time

import pytest

from presence_worker.errors import Suggestion
from presence_worker.intake.date_guesses import Choice, needs_a_form, ways_of
from presence_worker.intake.dates import Moment, NoDay, date_reader, show_text
from presence_worker.settings import Input

LAST = date(2026, 12, 31)
NO_DAY = "is not a date such as 2026-12-31; if it is one, set input.date_format"
NO_SUCH_DAY = "does not exist; correct it"
SET = "is not in the form 2026-12-31; set input.date_format ="
TWO_DIGITS = "has a year of two digits; write four digits, or set input.date_format ="
SEVERAL = "if the file has dates in several forms, set input.date_format ="
NUMBER = "is only a number;"
NO_DATE = "means no date in many programs; leave the cell empty, or set input.empty = [{}]"
OSLO = Input(timezone="Europe/Oslo")


def words(text: str, config: Input) -> str:
    """Give what is said of a text that is no day for certain."""
    found = date_reader(config)(text)
    assert isinstance(found, NoDay)
    return found.why.words


def moment(text: str, config: Input) -> Moment:
    """Give what a text names."""
    found = date_reader(config)(text)
    assert isinstance(found, Moment)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-31", "20261231", "2026-12-31T00:00:00", "2026-12-31 00:00", "2026-12-31 23:59:59.9999999",
        "2026-12-31T08:00:00,5", "2026-12-31T00:00:00+01:00", "2026-12-30T23:00Z", "2026-12-30T23:00:00.000Z",
        "2026-12-31 00:00:00.0000000 +01:00", "2026-12-30T18:00-0500", "2026-12-31T12:00+02",
    ],
)  # fmt: skip
def test_iso(text: str) -> None:
    """ISO 8601 is understood without a setting; a time with an offset is first brought to our zone."""
    assert moment(text, OSLO).day == LAST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-31", Moment(LAST)),
        ("20261231", Moment(LAST)),
        ("2026-12-31-08:00", Moment(LAST)),  # of XML Schema
        ("2026-12-31Z", Moment(LAST)),
        ("2026-12-31 00:00", Moment(LAST, time())),
        ("2026-12-31T17:30", Moment(LAST, time(17, 30))),
        ("2026-12-30T23:00Z", Moment(LAST, time(), is_instant=True)),
        ("2026-12-31T22:59:59Z", Moment(LAST, time(23, 59, 59), is_instant=True)),
        ("2026-12-31T00:00+01:00", Moment(LAST, time(), is_instant=True)),
    ],
)
def test_a_time_behind_the_day(text: str, expected: Moment) -> None:
    """The time is kept, as a clock in our zone shows it, and so is whether the zone decides the day."""
    assert moment(text, OSLO) == expected


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [
        ("2026-03-28T23:30Z", "Europe/Oslo", date(2026, 3, 29)),  # an hour before summer time
        ("2026-03-29T22:00Z", "Europe/Oslo", date(2026, 3, 30)),  # midnight of summer time
        ("2026-10-24T22:00Z", "Europe/Oslo", date(2026, 10, 25)),
        ("2026-10-25T22:59Z", "Europe/Oslo", date(2026, 10, 25)),
        ("2026-12-31T23:00Z", "Europe/Oslo", date(2027, 1, 1)),
        ("2027-01-01T04:59Z", "America/New_York", date(2026, 12, 31)),
        ("2026-12-31T10:00Z", "Pacific/Kiritimati", date(2027, 1, 1)),
    ],
)
def test_the_day_of_a_zone(text: str, zone: str, day: date) -> None:
    """A moment is on the day that it has where the offices are, summer and winter."""
    assert moment(text, Input(timezone=zone)).day == day


def test_an_offset_in_the_zone_of_the_machine() -> None:
    """Without input.timezone, a time with an offset is brought to where this machine is."""
    assert moment("2026-12-31T12:00Z", Input()).day == LAST


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59Z", "9999-12-31", "99991231", "/Date(253402214400000)/"]
)
def test_for_ever(text: str) -> None:
    """The last day there is can be read in every zone."""
    assert moment(text, Input(timezone="Pacific/Kiritimati")).day == date.max


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Date(1795737600000)/", Moment(date(2026, 11, 27))),  # a day of SuccessFactors
        ("\\/Date(1795737600000)\\/", Moment(date(2026, 11, 27))),
        (
            "/Date(1795734000000)/",
            Moment(date(2026, 11, 27), time(), is_instant=True),
        ),  # .NET: midnight in Oslo
        ("/Date(1795780800000)/", Moment(date(2026, 11, 27), time(13), is_instant=True)),
        ("/Date(1795737600000+0000)/", Moment(date(2026, 11, 27), time(1), is_instant=True)),
        ("/Date(1795737600000+0060)/", Moment(date(2026, 11, 27), time(), is_instant=True)),
    ],
)
def test_dates_of_odata_and_dotnet(text: str, expected: Moment) -> None:
    """/Date(ms)/ at midnight is a day; at another time, or with an offset, it is a moment."""
    assert moment(text, OSLO) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/Date(1795734000000+0060)/",
            "has a time zone offset that can mean two different days; write it as 2026-12-31",
        ),
        ("/Date(999999999999999)/", NO_SUCH_DAY),
        ("/Date(0)/", NO_DATE.format('"NULL", "\\\\N", "NaN", "nan", "/Date(0)/"')),
        ("/Date(-2208988800000)/", "means no date in many programs"),
    ],
)
def test_dates_of_odata_that_are_not_certain(text: str, expected: str) -> None:
    """An offset counts only where both ways to read it name one day; 1970 and 1900 are no dates."""
    assert words(text, OSLO).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00", "1899-12-30", "1900-01-01", "1900-01-00", "00.01.1900", "30.12.1899 00:00:00",
        "0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "1969-12-31T23:00:00Z", "1970-01-01",
        "00000000", "00:00", "0:00:00", "0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [None, "%d.%m.%Y", ["excel", "unix", "%m/%d/%Y"]])
def test_what_programs_write_for_no_date(text: str, form: str | list[str] | None) -> None:
    """A day until 1970 stands for no date; the sentence has the line that makes it an empty cell."""
    found = words(text, Input(date_format=form, empty=["-"]))

    assert found == NO_DATE.format(f'"-", "{text}"')


@pytest.mark.parametrize("form", [None, "%G-W%V-%u", "%d.%m.%Y"])
def test_a_week_is_not_a_day(form: str | None) -> None:
    """A week without a day cannot be read in any form."""
    assert words("2026-W49", Input(date_format=form)) == "is a week; write a day"


def test_digits_for_no_date() -> None:
    """Where eight digits are a day by themselves, those of 1900 stand for no date."""
    assert words("19000101", Input(empty=[])) == NO_DATE.format('"19000101"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-30", NO_SUCH_DAY),
        ("2026-12-31T25:00", NO_SUCH_DAY),
        ("30.02.2026", NO_SUCH_DAY),
        ("46357", f'{NUMBER} if it is a day number of Excel, set input.date_format = "excel"'),
        ("46357.0", f'{NUMBER} if it is a day number of Excel, set input.date_format = "excel"'),
        ("1795737600", f'{NUMBER} if it counts seconds since 1970, set input.date_format = "unix"'),
        ("1795737600000", f"{NUMBER} if it counts milliseconds since 1970, set input.date_format"),
        ("31122026", f'{NUMBER} if its digits are a date, set input.date_format = "%d%m%Y"'),
        ("01122026", f'{NUMBER} if its digits are a date, set input.date_format = "%d%m%Y" or "%m%d%Y"'),
        ("-1", f"{NUMBER} give the cells a date format, or set input.date_format"),
        ("12", f"{NUMBER} give the cells a date format, or set input.date_format"),
        (
            "03/04/2026",
            'is ambiguous: 3 April or 4 March; set input.date_format = "%d/%m/%Y" or "%m/%d/%Y"',
        ),
        (
            "3/4/2026 12:00:00 AM",
            'is ambiguous: 3 April or 4 March; set input.date_format = "%d/%m/%Y %I:%M:%S %p" or',
        ),
        (
            "2026/01/02",
            'is ambiguous: 2 January or 1 February; set input.date_format = "%Y/%m/%d" or',
        ),
        ("03.03.2026", f'{SET} "%d.%m.%Y" or "%m.%d.%Y"'),
        ("31.12.2026", f'{SET} "%d.%m.%Y"'),
        ("12/31/2026 00:00", f'{SET} "%m/%d/%Y %H:%M"'),
        ("31.12.26", f'{TWO_DIGITS} "%d.%m.%y" or "%y.%m.%d"'),
        ("26-12-24", f'{TWO_DIGITS} "%d-%m-%y" or "%y-%m-%d"'),
        ("26-12-4", f'{TWO_DIGITS} "%y-%m-%d"'),
        ("2/3/1", NO_DAY),
        ("20 Nov 2026", f'{SET} "%d %B %Y"'),
        ("20-NOVEMBER-2026", f'{SET} "%d-%B-%Y"'),
        ("Dec 31, 2026", f'{SET} "%B %d, %Y"'),
        ("Nov  1 2026 12:00AM", f'{SET} "%B %d %Y %I:%M%p"'),  # SQL Server's own
        ("1. May 26", f'{TWO_DIGITS} "%d. %B %y"'),
        ("31. Dez 2026", f'{SET} "%d. %B %Y" and input.locale = "de"'),
        ("5 mrt. 2026", f'{SET} "%d %B %Y" and input.locale = "nl"'),
        ("2026-W48-5", f'{SET} "%G-W%V-%u"'),
        ("2026W485", f'{SET} "%GW%V%u"'),
        ("2026-W48", "is a week; write a day"),
        ("2026-W60-1", NO_SUCH_DAY),
        ("Nov", NO_DAY),
        ("room 12", NO_DAY),
        ("1/2/345", NO_DAY),
        ("２０２６-12-31", NO_DAY),
    ],
)  # fmt: skip
def test_what_is_not_certain(text: str, expected: str) -> None:
    """No day is guessed, and a sentence says which setting makes it certain."""
    assert words(text, Input()).startswith(expected)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y", "31.12.2026"), ("%d.%m.%Y", "2026-12-31"), ("%m/%d/%Y", "12/31/2026"),
        ("%m/%d/%Y %I:%M:%S %p", "12/31/2026 12:00:00 AM"), ("%d-%b-%y", "31-DEC-26"), ("%d%m%Y", "31122026"),
        ("%d. %B %Y", "31. December 2026"), ("%d. %B %Y", "31. Dec. 2026"), ("%d-%b-%y", "31-December-26"),
        ("%Y%m%d", "20261231"), ("%Y-%m-%d", "2026-12-31T00:00"), ("%d%b%Y", "31Dec2026"),
        ("%d.%m.%Y %H:%M %z", "30.12.2026 23:30 +0000"), ("%Y/%d/%m", "2026/31/12"),
        ("%d%%%m%%%Y", "31%12%2026"), ("%G-W%V-%u", "2026-W53-4"), ("%GW%V%u", "2026W534"),
        ("excel", "46387"), ("excel", "46387.0"), ("excel", "46387,75"), ("excel", "2026-12-31"),
        ("unix", "1798671600"), ("unix", "1798700000.5"), ("unix-ms", "1798671600000"),
        ("%d.%m.%Y", "/Date(1798675200000)/"),
    ],
)  # fmt: skip
def test_what_was_declared(form: str, text: str) -> None:
    """Days are read as input.date_format says, and as ISO 8601 beside it."""
    assert moment(text, Input(date_format=form, timezone="Europe/Oslo")).day == LAST


@pytest.mark.parametrize("text", ["31.12.2026", "46387", "31 Dec 2026", "2026-12-31", "1798675200"])
def test_several_forms(text: str) -> None:
    """Of several forms, the first that fits counts, value by value."""
    config = Input(date_format=["%d.%m.%Y", "excel", "%d %b %Y", "unix"], timezone="UTC")

    assert moment(text, config).day == LAST


@pytest.mark.parametrize(
    ("locale", "text", "day"),
    [
        ("de", "4. Dezember 2026", date(2026, 12, 4)), ("de", "4. Dez. 2026", date(2026, 12, 4)),
        ("de", "4. DEZ 2026", date(2026, 12, 4)), ("de", "4. März 2026", date(2026, 3, 4)),
        ("de", "4. Ma\u0308rz 2026", date(2026, 3, 4)), ("de", "4. Mrz 2026", date(2026, 3, 4)),
        ("de-AT", "4. Jänner 2026", date(2026, 1, 4)), ("sv", "4. maj 2026", date(2026, 5, 4)),
        ("sv", "4. jun 2026", date(2026, 6, 4)), ("nb", "4. des. 2026", date(2026, 12, 4)),
        ("nb", "4. mar 2026", date(2026, 3, 4)), ("da", "4. marts 2026", date(2026, 3, 4)),
        ("nl", "4. mrt. 2026", date(2026, 3, 4)), ("nl", "4. mei 2026", date(2026, 5, 4)),
        ("nl", "4. May 2026", date(2026, 5, 4)), ("en-GB", "4. Sept 2026", date(2026, 9, 4)),
    ],
)  # fmt: skip
def test_month_names(locale: str, text: str, day: date) -> None:
    """Names of months are understood in the language of the setting and in English, full and short."""
    assert moment(text, Input(date_format="%d. %B %Y", locale=locale)) == Moment(day)


@pytest.mark.parametrize(
    ("locale", "text"),
    [("fi", "4. mar 2026"), ("fr", "4. jui 2026"), ("de", "4. Ma 2026"), ("de", "4. 12 2026")],
)
def test_month_names_that_may_be_two(locale: str, text: str) -> None:
    """A short name that could be two months is none: mar is March of English and November of Finnish."""
    assert words(text, Input(date_format="%d. %B %Y", locale=locale)).startswith("is not written as")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y", "30.02.2026"), ("%d.%m.%Y", "20261231"), ("%d.%m.%Y", "31.13.2026"),
        ("%d%m%Y", "1122026"),  # of January or of November
        ("%d.%m.%y", "31.12.2026"), ("excel", "461234"),
    ],
)  # fmt: skip
def test_what_was_declared_otherwise(form: str, text: str) -> None:
    """Nothing is read in a second way where that could be another day than the one declared."""
    found = date_reader(Input(date_format=form))(text)

    assert isinstance(found, NoDay)
    assert found.why.words.partition(";")[0] == f"is not written as input.date_format says ({form})"
    assert found.doubt is None


@pytest.mark.parametrize(
    ("form", "locale", "text", "remedy"),
    [
        ("%d.%m.%Y", "en", "27/11/2026", f'{SEVERAL} ["%d.%m.%Y", "%d/%m/%Y"]'),
        ("%d.%m.%Y", "en", "46387", f'{SEVERAL} ["%d.%m.%Y", "excel"]'),
        (
            "%d. %B %Y",
            "en",
            "4. Dezember 2026",
            'the month is in another language, so set input.locale = "de"',
        ),
    ],
)
def test_what_would_help_beside_what_was_declared(form: str, locale: str, text: str, remedy: str) -> None:
    """A text that another form or language would make a day leads to that setting."""
    assert words(text, Input(date_format=form, locale=locale)).endswith(f"; {remedy}")


@pytest.mark.parametrize(
    ("form", "text", "other"),
    [
        ("%d/%m/%Y", "11/27/2026", "%m/%d/%Y"), ("%d.%m.%Y", "11/27/2026", "%m/%d/%Y"),
        ("%m/%d/%Y", "27.11.2026", "%d.%m.%Y"), ("%d.%m.%y", "11/27/26", "%m/%d/%y"),
        ("%d/%m/%Y", "11/27/2026 08:00", "%m/%d/%Y %H:%M"), ("%Y-%d-%m", "2026-12-31", "%Y-%m-%d"),
        ("%d%m%Y", "11272026", "%m%d%Y"), (["excel", "%d/%m/%Y"], "11/27/2026", "%m/%d/%Y"),
        (None, "2026-27-11", "%Y-%d-%m"), ("excel", "2026-27-11", "%Y-%d-%m"),
    ],
)  # fmt: skip
def test_the_other_order(form: str | list[str] | None, text: str, other: str) -> None:
    """A day that only fits with day and month swapped casts doubt on all days of its file."""
    found = date_reader(Input(date_format=form))(text)

    assert isinstance(found, NoDay)
    assert found.is_proof is (form not in (None, "excel"))  # of ISO, a typing error is more likely
    assert found.doubt is not None
    assert found.doubt.words.startswith("has day and month in another order than ")
    assert f'set input.date_format = "{other}"' in found.doubt.words


@pytest.mark.parametrize("text", ["03.04.2026", "11272026", "112726", "27.11.2026"])
def test_what_proves_no_other_order(text: str) -> None:
    """A text that fits the declared order as well, or may be any number, casts no doubt on other days."""
    found = date_reader(Input(date_format="%d/%m/%Y"))(text)

    assert isinstance(found, NoDay)
    assert found.doubt is None


def test_the_end_of_a_day_of_excel() -> None:
    """However close a serial number is to the next midnight, it is on its own day."""
    assert moment("46387.999999", Input(date_format="excel")) == Moment(LAST, time(23, 59, 59))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30.02.2026 0:00", " '30.02.2026 0:00'"), ("2026-W49", " '2026-W49'"), ("-", " '-'"),
        ("/Date(0)/", " '/Date(0)/'"), ("sick", ""), ("MAT", ""), ("", ""),
    ],
)  # fmt: skip
def test_only_what_looks_like_a_date_is_shown(text: str, expected: str) -> None:
    """A cell with words may be a reason of absence: sentences never show it."""
    assert show_text(text) == expected


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (["1.12.2026", "31.12.2026", "9.12.2026"], ["%d.%m.%Y"]),
        (["1.12.2026", "9.12.2026"], ["%d.%m.%Y", "%m.%d.%Y"]),
        (["1 May 2026", "20 November 2026"], ["%d %B %Y"]),
        (["46387", "46360.5"], ["excel"]),
        (["1795737600"], ["unix"]),
        (["1795737600000"], ["unix-ms"]),
        (["01122026", "27112026"], ["%d%m%Y"]),
        (["2026-W48-5"], ["%G-W%V-%u"]),
        (["1.12.2026", "12/31/2026"], []),
        (["31.12.2026", "soon"], ["%d.%m.%Y"]),
        ([], []),
    ],
)
def test_the_form_that_fits_them_all(texts: list[str], forms: list[str]) -> None:
    """A day that could be two is told by its neighbours, for the person who says how days are written."""
    alone = [choice.forms[0] for choice in ways_of(texts) if len(choice.forms) == 1 and not choice.locale]

    assert alone == forms


@pytest.mark.parametrize(
    ("texts", "choices"),
    [
        (["31.12.2026", "46387"], [Choice(("%d.%m.%Y", "excel"), None)]),
        (["1.12.2026", "46387"], [Choice(("%d.%m.%Y", "excel"), None), Choice(("%m.%d.%Y", "excel"), None)]),
        (["4. Dezember 2026"], [Choice(("%d. %B %Y",), "de")]),
        (["4. Dezember 2026", "28. Nov. 2026"], [Choice(("%d. %B %Y",), "de")]),
        (["4. Dezember 2026", "31.12.2026"], [Choice(("%d. %B %Y", "%d.%m.%Y"), "de")]),
        (["4. Dezember 2026", "1. maj 2026"], []),
        (["27.11.2026", "11/28/2026"], []),
    ],
)
def test_choices_of_settings(texts: list[str], choices: list[Choice]) -> None:
    """Where no single form fits all texts, a few may; they never mix orders or languages."""
    assert ways_of(texts) == choices


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2026-12-31", False), ("20261231", False), ("/Date(1)/", False), ("46387", True), ("31.12.2026", True)],
)
def test_what_needs_a_form(text: str, *, expected: bool) -> None:
    """A text that is a day by itself needs no setting."""
    assert needs_a_form(text) is expected


@pytest.mark.parametrize("error", ["#N/A", "#BEZUG!", "#DIV/0!"])
def test_an_error_of_a_formula_is_no_day(error: str) -> None:
    """No form of dates would read it, and it does not mean that there is no end."""
    assert date_reader(Input())(error) == NoDay(
        Suggestion("is a formula error such as #N/A; correct the formula and export again")
    )
