"""Any day that is written comes back, and any other text is a sentence, not a crash."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from presence_worker.date_formats import parser
from presence_worker.intake.columns import Columns
from presence_worker.intake.dates import LAST_NONE, Moment, NoDay, date_reader
from presence_worker.intake.day_reader import PeriodReader
from presence_worker.message_template import Gap, parse_template
from presence_worker.message_text import find_misleading, normalize_message
from presence_worker.settings import Input

DAYS = st.dates(LAST_NONE + timedelta(1), date.max)
NEAR = st.dates(date(2001, 9, 10), date(2068, 12, 31))  # which all forms can write
FORMS = (
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%Y-%d-%m",
    "%d-%b-%Y",
    "%Y%m%d",
    "%d%m%Y",
    "%d. %B %Y %H:%M:%S",
    "%G-W%V-%u",
)
MORE_FORMS = (
    *FORMS,
    *("%d.%m.%y", "%d-%m-%y", "%y-%m-%d", "%m/%d/%y", "%d%m%y", "%y%m%d", "%Y%m%d%H", "%d/%m/%y%H"),
    *("%d.%m.%Y %H:%M", "%y%m%d%H%M", "%y%m%d%H%M%S", "%Y/%m/%d", "%GW%V%u", "excel", "unix", "unix-ms"),
)
LOCALES = ("en", "de", "sv", "nb", "da", "nl")
TEXTS = st.text("0123456789-/.:TZ +,APMé\ud800", max_size=30) | st.text(max_size=30)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ZONES = st.sampled_from(
    ["Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati", "UTC"]
)


def write(form: str, moment: datetime) -> str:
    """Write a moment in a form of input.date_format."""
    if form == "excel":
        return str((moment.date() - date(1899, 12, 30)).days)
    scale = {"unix": 1, "unix-ms": 1000}.get(form)
    return str(int(moment.timestamp()) * scale) if scale else moment.strftime(form)


@pytest.mark.parametrize("form", FORMS)
@given(day=DAYS)
def test_any_day_comes_back(form: str, day: date) -> None:
    """What is written as input.date_format says is read as that day."""
    read = date_reader(Input(date_format=form))

    found = read(day.strftime(form))

    assert isinstance(found, Moment)
    assert found.day == day


@pytest.mark.parametrize("form", ["excel", "unix", "unix-ms"])
@given(day=NEAR)
def test_any_count_comes_back(form: str, day: date) -> None:
    """What counts days, seconds or milliseconds is read as its day in the zone of the offices."""
    read = date_reader(Input(date_format=form, timezone="UTC"))

    found = read(write(form, datetime.combine(day, time(), UTC)))

    assert isinstance(found, Moment)
    assert found.day == day


@pytest.mark.parametrize("pattern", ["d. MMMM y", "d. MMM y", "dd. LLLL y", "d. LLL y"])
@pytest.mark.parametrize("locale", LOCALES)
@given(day=DAYS)
def test_any_day_with_a_name_comes_back(locale: str, pattern: str, day: date) -> None:
    """What Unicode's library writes in a language is read in that language."""
    read = date_reader(Input(date_format="%d. %B %Y", locale=locale))

    assert read(f"{format_date(day, pattern, locale):0>4}") == Moment(day)


@given(day=DAYS, at=st.times(), zone=st.none() | OFFSETS)
def test_any_iso_day_comes_back(day: date, at: time, zone: timezone | None) -> None:
    """Whatever the standard library writes is read: as the day it is, or was in the zone of the operator."""
    read = date_reader(Input(timezone="UTC"))
    moment = datetime.combine(day, at, zone)
    assume(day > date(1971, 1, 1))

    found = [read(moment.isoformat()), read(moment.isoformat(" "))]

    seen = moment.astimezone(UTC) if zone and day.year < date.max.year else moment
    assert found == [Moment(seen.date(), seen.time(), bool(zone) and day.year < date.max.year)] * 2


@given(day=st.dates(date(1971, 1, 1), date(9998, 1, 1)), at=st.times(), zone=ZONES)
def test_any_moment_is_on_its_day(day: date, at: time, zone: str) -> None:
    """A clock of the zone, also where summer time begins or ends, shows the day that is read."""
    local = datetime.combine(day, at.replace(microsecond=0), ZoneInfo(zone))
    there = local.astimezone(UTC)

    found = date_reader(Input(timezone=zone))(there.isoformat().replace("+00:00", "Z"))

    assert isinstance(found, Moment)
    assert found.day == there.astimezone(ZoneInfo(zone)).date()


@given(
    forms=st.lists(st.sampled_from(MORE_FORMS), min_size=2, max_size=4), moment=st.datetimes(), data=st.data()
)
def test_no_text_is_two_days(forms: list[str], moment: datetime, data: st.DataObject) -> None:
    """Of the forms of a list that is accepted, no two read one text as different days."""
    try:
        Input(date_format=forms)
    except ValidationError:
        return
    soon = moment.replace(year=data.draw(st.integers(2001, 2068)), tzinfo=UTC)
    text = data.draw(
        st.sampled_from(forms).map(lambda form: write(form, soon)) | st.text("0123456789-./:", max_size=16)
    )

    days = [found for form in forms if (found := parser(form)(text))]

    assert len({(day.date() if isinstance(day, datetime) else day) for day in days if day.year > 1970}) <= 1


@given(starts=DAYS, ends=DAYS, form=st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %b %Y"]))
def test_the_first_day_back_is_the_day_after_the_last(starts: date, ends: date, form: str) -> None:
    """An end that is the first day back comes to one day less than the same text as the last day."""
    columns = Columns(named_by="login", person=0, status=1, message=None, starts=2, ends=3)
    back = PeriodReader(replace(columns, ends_means="first_day_back"), Input(date_format=form))
    last = PeriodReader(columns, Input(date_format=form))
    texts = "", ends.strftime(form)

    one, other = (reader.read(texts, quoted=True).period for reader in (back, last))

    days = one.ends if one else None, other.ends if other else None
    assert days[1] in (ends, None)
    assert days[0] == (days[1] and days[1] - timedelta(1))
    is_valid = not back.read((starts.strftime(form), texts[1]), quoted=True).faults
    assert is_valid == (starts < ends or ends.year == date.max.year) or starts.year == date.max.year


@pytest.mark.parametrize("form", [None, *FORMS, "excel", "unix", ["%d.%m.%Y", "excel", "unix-ms"]])
@given(text=TEXTS)
def test_any_text_is_a_day_or_words(form: str | list[str] | None, text: str) -> None:
    """No text that stands in place of a day stops a job."""
    read = date_reader(Input(date_format=form))

    assert isinstance(read(text), Moment | NoDay)


@given(text=st.text("{}:%!dBx.[] é", max_size=20))
def test_any_template_is_taken_apart_or_refused(text: str) -> None:
    """A template is understood, or it is a problem of the configuration; it never is another error."""
    parts: tuple[str | Gap, ...] = ()
    with suppress(ValueError):
        parts = parse_template(text)

    assert all(part.name for part in parts if isinstance(part, Gap))


@given(text=st.text())
def test_any_message_is_written_one_way(text: str) -> None:
    """Writing a message once more changes nothing, and makes nothing misleading of it."""
    once = normalize_message(text)

    assert normalize_message(once) == once
    assert find_misleading(text) or not find_misleading(once)
