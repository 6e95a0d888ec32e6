"""Times of day in the nights in which clocks change."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest

from presence_worker.cron import times_after

OSLO = "Europe/Oslo"
SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)  # 02:00 is followed by 03:00 the next night
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)  # 02:00 to 03:00 come twice the next night


@pytest.fixture(params=[OSLO, None])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str | None]:
    """Oslo, named, and as the zone of this machine."""
    if request.param is None and not hasattr(time, "tzset"):
        pytest.skip("the zone of this machine cannot be set")
    if request.param is None:
        monkeypatch.setenv("TZ", OSLO)
        time.tzset()
    yield request.param
    monkeypatch.undo()
    if request.param is None:
        time.tzset()


def between(*lines: str, zone: str | None, after: datetime, days: float = 1) -> list[str]:
    until = after + timedelta(days=days)
    return [
        f"{each:%d %H:%M}" for each in takewhile(lambda each: each <= until, times_after(lines, zone, after))
    ]


def test_an_hour_that_comes_twice(zone: str | None) -> None:
    """A time in it comes once, the first time."""
    assert between("30 2 * * *", zone=zone, after=AUTUMN) == ["25 00:30"]
    assert between("30 2 * * *", zone=zone, after=datetime(2026, 10, 25, 0, 50, tzinfo=UTC)) == []
    assert between("30 2 * * *", zone=zone, after=datetime(2026, 10, 25, 1, 10, tzinfo=UTC), days=0.5) == []


def test_an_hour_that_is_missing(zone: str | None) -> None:
    """A time in it comes at the next full moment; times that fall together come once."""
    assert between("30 2 * * *", zone=zone, after=SPRING) == ["29 01:00"]
    assert between("30 2 * * *", "0 3 * * *", "15 2 * * *", zone=zone, after=SPRING) == ["29 01:00"]


def test_each_hour_is_each_hour(zone: str | None) -> None:
    """What is to come every hour comes as often as there are hours."""
    assert len(between("0 * * * *", zone=zone, after=AUTUMN)) == 24
    assert len(between("0 * * * *", zone=zone, after=SPRING)) == 24


def test_summer_and_winter(zone: str | None) -> None:
    """A time of day is one of the clock on the wall."""
    assert between("0 7 * * *", zone=zone, after=AUTUMN) == ["25 06:00"]
    assert between("0 7 * * *", zone=zone, after=SPRING) == ["29 05:00"]


def test_lines_are_merged(zone: str | None) -> None:
    """Several lines make one sequence, each moment once."""
    lines = ("0 7 * * *", "0 7,19 * * *")

    assert between(*lines, zone=zone, after=datetime(2026, 12, 1, tzinfo=UTC)) == ["01 06:00", "01 18:00"]
