"""How operators write quantities; what a whole configuration says of them is in tests/settings."""

import math
from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from presence_worker.report.page import RATE
from presence_worker.settings import Settings
from presence_worker.settings.sections import SECTIONS
from presence_worker.settings.value_types import (
    Duration,
    Limit,
    parse_deadline,
    parse_duration,
    parse_limit,
    seconds_left,
)
from presence_worker.wording import duration_of_setting, plain_duration

LIMIT_WORDS = 'must be a number, a percentage such as "50%", both in a list, or "none"'
DEADLINE_WORDS = 'must be a duration such as "2h", a local time such as "06:00", or "none"'


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (20, 20), (0.5, 0.5), ("20", 20), ("1.5", 1.5), ("500ms", 0.5), ("20s", 20), (" 10 m ", 600),
        ("24h", 86_400),
        ("90d", 7_776_000), ("0", 0),
    ],
)  # fmt: skip
def test_durations(written: Any, seconds: float) -> None:
    """A plain number is seconds, a text may carry a unit."""
    assert parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["0s", "500ms", "20s", "90s", "20m", "25h", "1d", "90d"])
def test_a_duration_is_written_as_a_setting_has_it(written: str) -> None:
    """In the largest unit that needs no fraction, so that it can be copied into the configuration."""
    assert duration_of_setting(parse_duration(written)) == written


def test_each_setting_with_a_fraction_is_a_duration() -> None:
    """The rate alone is not; a page shows the others with their unit."""
    found = {
        key
        for section in Settings().model_dump(mode="json").values()
        for key, value in section.items()
        if isinstance(value, float)
    }
    durations = {
        field.alias
        for section in SECTIONS.values()
        for field in section.model_fields.values()
        if any(getattr(each, "func", None) is parse_duration for each in field.metadata)
    }

    assert found - durations == {RATE}


@pytest.mark.parametrize("written", ["", "s", "5 sec", "5S", "-5s", "1e3", "1,5s", "٣s", "5s5s", "none"])
def test_texts_that_are_no_duration(written: str) -> None:
    """No unit is guessed, and the error shows how one is written."""
    with pytest.raises(ValueError, match=r"^must be seconds, or a number with ms, s, m, h or d"):
        parse_duration(written)


@pytest.mark.parametrize("written", [True, None, [5], {}])
def test_what_is_neither_text_nor_number(written: Any) -> None:
    """A boolean is no number of seconds."""
    with pytest.raises(ValueError, match=r"^must be seconds, or text"):
        parse_duration(written)


@pytest.mark.parametrize("written", [math.inf, math.nan, "9" * 400])
def test_a_duration_is_finite(written: Any) -> None:
    """Nobody waits for ever, and nan would be no time at all."""
    with pytest.raises(ValidationError, match="finite"):
        TypeAdapter(Duration).validate_python(written)


@pytest.mark.parametrize(
    ("written", "read", "shown"),
    [
        (500, Limit(count=500), "500"), ("500", Limit(count=500), "500"), (0, Limit(count=0), "0"),
        ("50%", Limit(percent=50), "50%"), (" 12.5 % ", Limit(percent=12.5), "12.5%"),
        (" None ", Limit(), "none"),
        ([500, "50%"], Limit(count=500, percent=50), "500 or 50%"), (("50%",), Limit(percent=50), "50%"),
        (Limit(count=3), Limit(count=3), "3"),
    ],
)  # fmt: skip
def test_limits(written: Any, read: Limit, shown: str) -> None:
    """A number, a percentage, both, or none; shown as it is written."""
    assert (parse_limit(written), str(parse_limit(written))) == (read, shown)


@pytest.mark.parametrize(
    "written",
    [
        True,
        "",
        "x",
        -1,
        "1.5",
        "-5%",
        [],
        [5, 6],
        ["5%", "6%"],
        ["none"],
        [5, "none"],
        [True],
        {},
        "1" * 13,
    ],
)
def test_what_is_no_limit(written: Any) -> None:
    """What could be meant in two ways, or in none, is refused."""
    with pytest.raises(ValueError, match=r"^must be") as caught:
        parse_limit(written)

    assert str(caught.value) == LIMIT_WORDS


@pytest.mark.parametrize(
    ("limit", "number", "whole", "floor", "tripped"),
    [
        (Limit(), 10**9, 1, 0, False),
        (Limit(count=5), 5, 5, 0, False),
        (Limit(count=5), 6, None, 99, True),
        (Limit(percent=10), 10, 100, 5, False),
        (Limit(percent=10), 11, 100, 5, True),
        (Limit(percent=10), 4, 4, 5, False),
        (Limit(percent=10), 5, 5, 5, True),
        (Limit(percent=10), 99, None, 5, False),
        (Limit(percent=10), 1, 0, 0, True),
        (Limit(count=5, percent=50), 6, 1000, 0, True),
        (Limit(count=500, percent=50), 6, 10, 5, True),
        (Limit(count=500, percent=50), 5, 10, 5, False),
    ],
)
def test_when_it_is_too_many(limit: Limit, number: int, whole: int | None, floor: int, tripped: bool) -> None:  # noqa: FBT001 - the expectation
    """Above the number, or above the percentage of a known whole from the floor on; whichever comes first."""
    assert limit.is_tripped(number, whole=whole, floor=floor) is tripped


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, None), (" None ", None), ("06:30", time(6, 30)), ("6:30", time(6, 30)),
        (" 23:59 ", time(23, 59)),
        ("2h", 7200), (90, 90), ("1.5", 1.5), ("1.25h", 4500),
    ],
)  # fmt: skip
def test_deadlines(written: Any, read: float | time | None) -> None:
    """A duration from the start, a local time of day, or none."""
    assert parse_deadline(written) == read


@pytest.mark.parametrize(
    "written",
    ["24:00", "6:5", "06.30", "6:30pm", "", "x", 0, "0s", -1, True, math.nan, math.inf, "9" * 400, 10**400],
)  # fmt: skip
def test_what_is_no_deadline(written: Any) -> None:
    """A time that could be meant otherwise, and one that has passed at the start, are refused."""
    with pytest.raises(ValueError, match=r"^must be") as caught:
        parse_deadline(written)

    assert str(caught.value) == DEADLINE_WORDS


@pytest.mark.parametrize(
    ("until", "seconds"),
    [(90.0, 90), (time(6, 30), 1800), (time(6, 0), 86_400), (time(5, 59), 86_340), (time(6, 1), 60)],
)
def test_seconds_left(until: float | time, seconds: float) -> None:
    """A time of day is its next occurrence, which is tomorrow where it is now or has passed."""
    now = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

    assert seconds_left(until, now) == seconds


@given(
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    now=st.datetimes(max_value=datetime(9999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - Hypothesis wants it so
)
def test_a_time_of_day_is_within_a_day(hour: int, minute: int, now: datetime) -> None:
    """There is always time left, and never more than a day."""
    assert 0 < seconds_left(time(hour, minute), now) <= 86_400


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"), (0.44, "0.4 s"), (9.9, "9.9 s"), (10, "10 s"), (59.4, "59 s"), (59.5, "1 min"),
        (200, "3 min 20 s"), (7499, "2 h 4 min"), (7500, "2 h 5 min"),
    ],
)  # fmt: skip
def test_durations_are_said_plainly(seconds: float, said: str) -> None:
    """In the two largest units people would use."""
    assert plain_duration(seconds) == said
