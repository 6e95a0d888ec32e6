"""Any day that is written comes back, and any other text is a sentence, not a crash."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.intake.dates import EARLIEST, date_reader
from presence_worker.message import misleading, written
from presence_worker.settings import Input
from presence_worker.template import Gap, parse

DAYS = st.dates(date(EARLIEST, 1, 1), date.max)
FORMS = ("%d.%m.%Y", "%m/%d/%Y", "%Y-%d-%m", "%d-%b-%Y", "%Y%m%d", "%d%m%Y", "%d. %B %Y %H:%M:%S")
TEXTS = st.text("0123456789-/.:TZ +,APMé\ud800", max_size=30) | st.text(max_size=30)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize("form", FORMS)
@given(day=DAYS)
def test_any_day_comes_back(form: str, day: date) -> None:
    """What is written as input.date_format says is read as that day."""
    read = date_reader(Input(date_format=form))

    assert read(day.strftime(form)) == day


@given(day=DAYS, at=st.times(), zone=st.none() | OFFSETS)
def test_any_iso_day_comes_back(day: date, at: time, zone: timezone | None) -> None:
    """Whatever the standard library writes is read: as the day it is, or was in the zone of the operator."""
    read = date_reader(Input(timezone="UTC"))
    moment = datetime.combine(day, at, zone)

    found = [read(moment.isoformat()), read(moment.isoformat(" "))]

    seen = moment.astimezone(UTC) if zone and day.year < date.max.year else moment
    assert found == [seen.date()] * 2


@pytest.mark.parametrize("form", [None, *FORMS])
@given(text=TEXTS)
def test_any_text_is_a_day_or_words(form: str | None, text: str) -> None:
    """Nothing that stands where a day should be stops a job."""
    read = date_reader(Input(date_format=form))

    assert isinstance(read(text), date | str)


@given(text=st.text("{}:%!dBx.[] é", max_size=20))
def test_any_template_is_taken_apart_or_refused(text: str) -> None:
    """A template is understood, or it is a problem of the configuration; it never is another error."""
    parts: tuple[str | Gap, ...] = ()
    with suppress(ValueError):
        parts = parse(text)

    assert all(part.name for part in parts if isinstance(part, Gap))


@given(text=st.text())
def test_any_message_is_written_one_way(text: str) -> None:
    """Writing a message once more changes nothing, and makes nothing misleading of it."""
    once = written(text)

    assert written(once) == once
    assert misleading(text) or not misleading(once)
