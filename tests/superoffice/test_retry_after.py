"""How long SuperOffice asks us to wait, in all the ways it may say so."""

import math
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from presence_worker.superoffice.answer_headers import retry_after, retry_after_of
from tests.examples import examples

NOW = datetime(2026, 11, 24, 2, 0, 0, tzinfo=UTC)
ALMOST_A_DATE = re.compile(r"\w{3}, \d\d (Jan|Feb|Dec) \d{4} \d\d:\d\d:\d\d [+-]?\w{3,6}", re.ASCII)
LATER = "Tue, 24 Nov 2026 02:00:42 GMT"
WAITS = ("Retry-After", "RateLimit", "RateLimit-Reset", "X-RateLimit-Reset", "X-RateLimit-Reset-After")


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
            "1e3",
            "0x10",
            "1_000",
            "nan",
            "inf",
            "-inf",
            "Infinity",
        ),
        *("soon", "3 s", "3s", "٣", "３", "9999999999", "9" * 5000, ",", "Tue, 99 Nov 2026 02:00:42 GMT"),
        *("Tue, 24 Nov 2026 99:00:42 GMT", "Tue, 24 Nov 99999 02:00:42 GMT", "24 Nov", "\x00", "PT3S"),
        *("Tue, 24 Nov 2026 02:00:42 +9999999999", "Tue, 24 Nov 2026 02:00:42 +9900"),
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


@given(st.text(max_size=60) | st.from_regex(ALMOST_A_DATE, fullmatch=True), st.sampled_from(WAITS))
@settings(max_examples=examples(300), deadline=None)
def test_no_text_makes_it_stumble(value: str, name: str) -> None:
    """Whatever comes, the answer is None or a time one can sleep."""
    headers = {name: value, "Date": value[::-1]}

    seconds = retry_after_of(429, headers, NOW)

    assert seconds is None or (math.isfinite(seconds) and seconds >= 0)


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (("3", "7"), 7.0),
        (("7", "nonsense"), 7.0),
        (("3", LATER), 42.0),
        (("", "-1"), None),
        (("1, 3",), 3.0),
        (("5,1",), 5.0),
        (("1, soon",), 1.0),
        ((f"3, {LATER}",), 42.0),
        ((f"{LATER}, 50",), 50.0),
    ],
)
def test_of_several_the_longest_counts(values: tuple[str, ...], seconds: float | None) -> None:
    """Service and proxy may both say something: whoever waits longer disobeys nobody."""
    headers = CIMultiDict([("retry-after", value) for value in values])

    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 16 Nov 2026 02:00:00 GMT",  # a week ago, as a cache may keep it
        "Wed, 02 Dec 2026 02:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Tue, 24 Nov 99999 02:00:00 GMT",
        "Tue, 24 Nov 2026 02:00:00 +9900",
        "Tue, 24 Nov 2026 02:00:00 +9999999999",
    ],
)
def test_a_clock_that_is_days_off_does_not_count(date: str) -> None:
    """Where both clocks disagree by more than a day, or theirs is absurd, ours counts."""
    headers = {"Retry-After": LATER, "Date": date}

    assert retry_after(headers, NOW) == 42.0


EPOCH = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit-Reset": "30"}, 30.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 42)}, 42.0),
        ({"X-RateLimit-Reset": str((EPOCH + 42) * 1000)}, 42.0),
        ({"X-Rate-Limit-Reset": str(EPOCH + 42)}, 42.0),
        ({"X-RateLimit-Reset": LATER}, 42.0),
        ({"X-RateLimit-Reset": str(EPOCH - 42)}, 0.0),
        ({"X-RateLimit-Reset-After": "64.57"}, 65.0),
        ({"X-RateLimit-Reset": "7", "X-RateLimit-Reset-After": "9"}, 9.0),
        ({"RateLimit": "limit=10, remaining=0, reset=30"}, 30.0),
        ({"RateLimit": "limit=10,reset=30"}, 30.0),
        ({"RateLimit": '"default";r=0;t=30'}, 30.0),
        ({"RateLimit": '"default";t=30;r=0;pk=:cHk=:'}, 30.0),
        ({"RateLimit": '"a, b;t=99";r=0;t=30, "day";r=0;t=60, "year";r=7;t=90'}, 60.0),
        ({"RateLimit": '"default";r=0;t=30', "X-RateLimit-Reset": "50"}, 50.0),
        ({"Retry-After": "3", "RateLimit-Reset": "30"}, 3.0),
        ({"Retry-After": "soon", "RateLimit-Reset": "30"}, 30.0),
    ],
)
def test_a_used_up_rate_limit_asks_for_patience(headers: dict[str, str], seconds: float) -> None:
    """In all forms in use: seconds, moments, and the drafts' own. A Retry-After that says it goes before."""
    assert retry_after_of(429, headers, NOW) == seconds


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit-Remaining": "5", "RateLimit-Reset": "3600"},
        {"X-RateLimit-Remaining": "900", "X-RateLimit-Reset": str(EPOCH + 3600)},
        {"RateLimit": "limit=10, remaining=5, reset=3600"},
        {"RateLimit": '"default";r=5;t=3600'},
        {"RateLimit": '"default";q=100;w=60'},
        {"RateLimit-Policy": '"default";q=0;w=60'},
        {"RateLimit-Limit": "10, 10;w=1"},
        *({"RateLimit-Reset": value} for value in ("", "-1", "nan", "1e9", "12h", "9" * 5000, "٣")),
        *({"RateLimit": value} for value in ("", "0", "reset=-3", "reset=1.5", '"t=30', "t=30x", "xt=30")),
    ],
)
def test_other_limits_ask_for_nothing(headers: dict[str, str]) -> None:
    """A limit that is not used up did not cause the refusal; nonsense says nothing."""
    assert retry_after_of(429, headers, NOW) is None


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (503, {"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30.0),
        (503, {"RateLimit-Reset": "30"}, None),
        (503, {"RateLimit": "limit=10, reset=30"}, None),
        (500, {"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, None),
        (500, {"Retry-After": "30"}, 30.0),
    ],
)
def test_a_rate_limit_counts_where_it_explains_the_answer(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    """A gateway may show its limits with each answer: only a 429, or a 503 of a used-up one, means them."""
    assert retry_after_of(status, headers, NOW) == seconds


@pytest.mark.parametrize("name", WAITS)
def test_a_header_that_is_far_too_long_is_not_read(name: str) -> None:
    """It would only take time: all rows wait while it is read."""
    value = ";r=0;t=3," * 30_000 if name == "RateLimit" else "3," * 30_000

    assert retry_after_of(429, {name: value}, NOW) is None
