"""Maintenance windows of SuperOffice Online: told before a run falls into one."""

from datetime import UTC, datetime, timedelta

import pytest

from presence_worker.superoffice.online_hints import ZONE, maintenance

MONDAY = datetime(2026, 11, 23, tzinfo=ZONE)
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds


def at(days: int, hours: float) -> datetime:
    """Return a moment of that week, by the clock of the announcement."""
    return MONDAY + timedelta(days=days, hours=hours)


@pytest.mark.parametrize("days", range(7))
def test_a_daily_slot_after_six_is_free_of_them(days: int) -> None:
    """Whatever the day, and for some hours, in winter as in summer."""
    for summer in (timedelta(), timedelta(weeks=30)):
        assert maintenance(at(days, 6) + summer, 4 * HOUR) is None


@pytest.mark.parametrize(
    ("moment", "seconds", "words"),
    [
        (at(0, 0.9), MINUTE, None),
        (at(0, 0.9), HOUR, "every night, now Monday 01:00 to Monday 03:00"),
        (at(0, 1), MINUTE, "every night"),
        (at(0, 2.99), MINUTE, "every night"),
        (at(0, 3), MINUTE, None),
        (at(3, 21.9), MINUTE, None),
        (at(3, 21.9), HOUR, "patches its servers from Thursday 22:00 to Friday 06:00"),
        (at(4, 2), MINUTE, "patches its servers from Thursday 22:00"),
        (at(4, 5.99), MINUTE, "patches its servers"),
        (at(5, 20), MINUTE, "is maintained from Saturday 20:00 to Sunday 06:00"),
        (at(6, 5), MINUTE, "Saturday 20:00"),
        (at(1, 20), MINUTE, "in some weeks from Tuesday 20:00 to Wednesday 05:00"),
        (at(2, 4), MINUTE, "in some weeks from Tuesday 20:00"),
        (at(4, 23), MINUTE, "in some weeks from Friday 20:00"),
        (at(0, 12), 14 * HOUR, "every night, now Tuesday 01:00"),
        (at(0, 12), 4 * DAY, "patches its servers"),
        (at(0, 12), float("inf"), "patches its servers"),
        (at(0, 12), 1e15, "patches its servers"),
    ],
)
def test_a_run_that_would_fall_into_one_is_told(moment: datetime, seconds: float, words: str | None) -> None:
    """It begins in one, or would reach into one; of several the most serious counts."""
    told = maintenance(moment, seconds)

    assert (words is None) is (told is None)
    assert (words or "") in (told or "")


def test_the_clock_of_whoever_asks_does_not_matter() -> None:
    """Half past midnight in London is half past one of the announcement."""
    assert maintenance(datetime(2026, 7, 2, 0, 30, tzinfo=UTC), MINUTE) is not None
    assert maintenance(datetime(2026, 7, 2, 2, 30, tzinfo=UTC), MINUTE) is None
