"""How operators may write durations, limits, deadlines, delimiters and statuses."""

import json
import tomllib
from datetime import UTC, datetime, time

import pytest

from presence_worker.settings.value_types import Limit, seconds_left
from presence_worker.wording import plain_duration

from .conftest import Complaints, Load

LIMIT_WORDS = 'must be a number, a percentage such as "50%", both in a list, or "none"'
DEADLINE_WORDS = 'must be a duration such as "2h", a local time such as "06:00", or "none"'
DELIMITER_WORDS = 'must be one character such as ";", or "tab", or "auto"'


def found(written: str) -> str:
    """Return how an error quotes a value that is written in TOML."""
    value = tomllib.loads(f"value = {written}")["value"]
    return "a list" if isinstance(value, list) else json.dumps(value)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("20", 20),
        ("1.5", 1.5),
        ('"20"', 20),
        ('"500ms"', 0.5),
        ('"20s"', 20),
        ('"20 s"', 20),
        ('" 10m "', 600),
        ('"1.5h"', 5400),
        ('"90d"', 7_776_000),
    ],
)
def test_a_duration_is_seconds_or_a_text_with_a_unit(written: str, seconds: float, load: Load) -> None:
    """A plain number is seconds; a text may carry ms, s, m, h or d."""
    settings = load(f"[delivery]\nread_timeout = {written}")

    assert settings.delivery.read_timeout == seconds


@pytest.mark.parametrize(
    "written", ['"20 sec"', '"-5s"', '"1e3"', '""', '"٣s"', "true", "[5]", "0", "-1", "inf", "nan"]
)
def test_what_is_no_duration_is_refused(written: str, complaints: Complaints) -> None:
    """Timeouts are finite and above zero, and no unit is guessed."""
    lines = complaints(f"[delivery]\nread_timeout = {written}")

    (line,) = lines
    assert line.startswith("FILE, line 2: delivery.read_timeout: ")


@pytest.mark.parametrize(
    "name", ["backoff_base", "backoff_max", "retry_after_max", "outage_patience", "drain"]
)
def test_waiting_can_be_switched_off(name: str, load: Load) -> None:
    """Where nothing is a sensible time to wait, zero is allowed."""
    settings = load(f"[delivery]\n{name} = 0")

    assert getattr(settings.delivery, name) == 0


@pytest.mark.parametrize(
    ("written", "expected", "said"),
    [
        ("500", Limit(count=500), "500"),
        ("0", Limit(count=0), "0"),
        ('"500"', Limit(count=500), "500"),
        ('"10%"', Limit(percent=10), "10%"),
        ('"2.5 %"', Limit(percent=2.5), "2.5%"),
        ('[500, "50%"]', Limit(count=500, percent=50), "500 or 50%"),
        ('["50%", 500]', Limit(count=500, percent=50), "500 or 50%"),
        ('"none"', Limit(), "none"),
        ('" None "', Limit(), "none"),
    ],
)
def test_a_limit_is_a_number_a_percentage_both_or_none(
    written: str, expected: Limit, said: str, load: Load
) -> None:
    """A limit is said in a message as it may be written."""
    settings = load(f"[safety]\nmax_changes = {written}")

    found = settings.safety.max_changes

    assert (found, str(found)) == (expected, said)


@pytest.mark.parametrize(
    "written",
    [
        "-1",
        "5.5",
        "true",
        '""',
        '"many"',
        '"-5%"',
        "[]",
        "[5, 7]",
        '["5%", "7%"]',
        '["none"]',
        '[5, "none"]',
        "nan",
    ],
)
def test_what_is_no_limit_is_refused(written: str, complaints: Complaints) -> None:
    """A safety limit is never switched off or widened by a slip: an empty or doubled list is a mistake."""
    lines = complaints(f"[safety]\nmax_changes = {written}")

    assert lines == [f"FILE, line 2: safety.max_changes: {LIMIT_WORDS}; found {found(written)}"]


@pytest.mark.parametrize(
    ("bound", "number", "whole", "tripped"),
    [
        (Limit(count=5), 5, None, False),
        (Limit(count=5), 6, None, True),
        (Limit(percent=10), 10, 100, False),
        (Limit(percent=10), 11, 100, True),
        (Limit(percent=10), 4, 4, False),  # below the floor
        (Limit(percent=10), 5, 5, True),
        (Limit(percent=10), 99, None, False),  # of nobody knows how many
        (Limit(count=500, percent=10), 11, 100, True),
        (Limit(count=5, percent=10), 6, 1000, True),
        (Limit(), 10**9, 10**9, False),
    ],
)
def test_a_limit_trips_above_it(bound: Limit, number: int, whole: int | None, tripped: bool) -> None:  # noqa: FBT001 - an expectation
    """A limit may be reached; a percentage needs a whole and at least the floor's number of rows."""
    found = bound.is_tripped(number, whole=whole, floor=5)

    assert found is tripped


@pytest.mark.parametrize(
    ("written", "expected"),
    [('"06:30"', time(6, 30)), ('"6:05"', time(6, 5)), ('"2h"', 7200.0), ("90", 90.0), ('"none"', None)],
)
def test_a_deadline_is_a_duration_or_a_time_of_day(
    written: str, expected: time | float | None, load: Load
) -> None:
    """A run may have so long, or until then."""
    settings = load(f"[delivery]\ndeadline = {written}")

    assert settings.delivery.deadline == expected


@pytest.mark.parametrize(
    "written", ['"24:00"', '"6.30"', '"06.30"', '"06:60"', '"soon"', "0", "-5", "inf", "nan", "true"]
)
def test_what_is_no_deadline_is_refused(written: str, complaints: Complaints) -> None:
    """A deadline that is over before it starts is a mistake, too."""
    lines = complaints(f"[delivery]\ndeadline = {written}")

    assert lines == [f"FILE, line 2: delivery.deadline: {DEADLINE_WORDS}; found {found(written)}"]


@pytest.mark.parametrize(
    ("until", "seconds"), [(time(3, 0), 3600), (time(1, 0), 23 * 3600), (time(2, 0), 24 * 3600), (90.0, 90)]
)
def test_a_time_of_day_is_the_next_one(until: time | float, seconds: float) -> None:
    """At two in the morning, three is in an hour, and two is tomorrow."""
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    left = seconds_left(until, now)

    assert left == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.42, "0.4 s"),
        (42, "42 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (86400, "24 h"),
        (5400, "1 h 30 min"),
    ],
)
def test_a_duration_is_said_as_people_do(seconds: float, words: str) -> None:
    """Tenths matter below ten seconds only, seconds below an hour only."""
    said = plain_duration(seconds)

    assert said == words


@pytest.mark.parametrize(
    ("written", "expected"),
    [('";"', ";"), ('"tab"', "\t"), (r"'\t'", "\t"), (r'"\t"', "\t"), ('"auto"', None), ('" "', " ")],
)
def test_a_delimiter_is_a_character_or_has_a_name(written: str, expected: str | None, load: Load) -> None:
    """A tab is hard to type, so it has a name; "auto" is what holds without the setting."""
    settings = load(f"[input]\ndelimiter = {written}")

    assert settings.input.delimiter == expected


@pytest.mark.parametrize("written", ['""', '";;"', r'"\""', r'"\n"', r'"\r"', '"comma"'])
def test_what_is_no_delimiter_is_refused(written: str, complaints: Complaints) -> None:
    """Quotes and line ends have another meaning in CSV."""
    lines = complaints(f"[input]\ndelimiter = {written}")

    assert lines == [f"FILE, line 2: input.delimiter: {DELIMITER_WORDS}; found {found(written)}"]


@pytest.mark.parametrize("form", ['[input.statuses]\n"Sjuk" = {}', '[input]\nstatuses = {{ "Sjuk" = {} }}'])
@pytest.mark.parametrize("meaning", ["StatusNotAvailable", "StatusDeleted", "ignore"])
def test_a_status_table_gives_words_a_meaning(form: str, meaning: str, load: Load) -> None:
    """A word means one of the service's statuses, or that its rows ask for nothing."""
    settings = load(form.format(f'"{meaning}"'))

    assert settings.input.statuses == {"Sjuk": meaning}


@pytest.mark.parametrize("meaning", ['"Normal"', '"statusnormal"', "1", '""', '"IGNORE"'])
def test_a_status_table_knows_exact_names_only(meaning: str, complaints: Complaints) -> None:
    """On the right stands what is sent; nothing is guessed there."""
    lines = complaints(f"[input.statuses]\nSjuk = {meaning}")

    (line,) = lines
    assert line.startswith("FILE, line 2: input.statuses: must be a status of SuperOffice: ")


@pytest.mark.parametrize("header", ['"SO-Language" = "sv\\n"', '"SO-Language" = ""', '"Authorization" = "x"'])
def test_headers_are_those_four_and_clean(header: str, complaints: Complaints) -> None:
    """No other header can be sent, and none can smuggle in a line."""
    lines = complaints(f"[delivery.headers]\n{header}")

    (line,) = lines
    assert line.startswith("FILE, line 1: delivery.headers.")
