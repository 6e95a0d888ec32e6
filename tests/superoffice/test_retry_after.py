"""How long the service asks us to wait, in all the ways it may say so."""

import math
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from presence_worker.superoffice.waiting import retry_after

NOW = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
ALMOST_A_DATE = re.compile(r"\w{3}, \d\d (Jan|Feb|Dec) \d{4} \d\d:\d\d:\d\d [+-]?\w{3,6}", re.ASCII)
LATER = "Tue, 24 Nov 2026 02:00:42 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("3", 3.0),
        (" 3 ", 3.0),
        ("007", 7.0),
        ("86400", 86400.0),
        ("999999999", 999999999.0),
        (LATER, 42.0),
        ("Tue, 24 Nov 2026 02:00:42 -0000", 42.0),
        ("Tue, 24 Nov 2026 03:00:42 +0100", 42.0),
        ("Tuesday, 24-Nov-26 02:00:42 GMT", 42.0),
        ("Tue, 24 Nov 2026 01:59:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251606815199.0),
    ],
)
def test_takes_seconds_and_dates(value: str, seconds: float) -> None:
    """Whole seconds, or an HTTP date from now on; what is past means at once."""
    headers = {"Retry-After": value}

    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            "-1",
            "-86400",
            "+3",
            "1.5",
            "3,5",
            "1e3",
            "0x10",
            "1_000",
            "nan",
            "inf",
            "-inf",
            "Infinity",
        ),
        *("soon", "3 s", "3s", "٣", "３", "9999999999", "9" * 5000, "3, 5", "Tue, 99 Nov 2026 02:00:42 GMT"),
        *("Tue, 24 Nov 2026 99:00:42 GMT", "Tue, 24 Nov 99999 02:00:42 GMT", "24 Nov", "\x00", "PT3S"),
        "Tue, 24 Nov 2026 02:00:42 +9999999999",
    ],
)
def test_anything_else_is_no_wish(value: str) -> None:
    """Negative, decimal, absurd, empty or nonsense: our own back-off holds."""
    headers = {"Retry-After": value}

    assert retry_after(headers, NOW) is None


def test_no_header_is_no_wish() -> None:
    """Most answers do not say."""
    assert retry_after({}, NOW) is None


def test_a_date_counts_from_the_server_s_own_clock() -> None:
    """Its clock may be wrong, or ours: with its Date beside it only the difference matters."""
    headers = CIMultiDict(
        {"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT", "date": "Tue, 24 Nov 2026 12:00:00 GMT"}
    )

    assert retry_after(headers, NOW) == 30.0


def test_seconds_do_not_care_about_clocks() -> None:
    """A duration is a duration."""
    headers = {"Retry-After": "5", "Date": "Tue, 24 Nov 2020 12:00:00 GMT"}

    assert retry_after(headers, NOW) == 5.0


def test_a_senseless_date_header_does_not_count() -> None:
    """Then our own clock has to do."""
    headers = {"Retry-After": LATER, "Date": "yesterday"}

    assert retry_after(headers, NOW) == 42.0


def test_our_own_clock_is_the_default() -> None:
    """Without any time given, now is now."""
    headers = {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}

    assert (retry_after(headers) or 0) > 200e9


@given(st.text(max_size=60) | st.from_regex(ALMOST_A_DATE, fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_stumble(value: str) -> None:
    """Whatever comes, the answer is None or a time one can sleep."""
    headers = {"Retry-After": value, "Date": value[::-1]}

    seconds = retry_after(headers, NOW)

    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [(("3", "7"), 7.0), (("7", "nonsense"), 7.0), (("3", LATER), 42.0), (("", "-1"), None)],
)
def test_of_several_the_longest_counts(values: tuple[str, ...], seconds: float | None) -> None:
    """Service and proxy may both say something: whoever waits longer disobeys nobody."""
    headers = CIMultiDict([("retry-after", value) for value in values])

    assert retry_after(headers, NOW) == seconds
