"""What time it is: a day begins and ends where the operator says."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOUR = 3600  # seconds
CLOCKS_DIFFER = timedelta(minutes=1)  # a clock that is corrected in small steps does not deserve an alarm


def now() -> datetime:
    """Return the moment it is; tests put another clock in its place."""
    return datetime.now(UTC)


def local_time(moment: datetime, zone: str | None) -> datetime:
    """Return a *moment* as clocks show it in a time *zone*; None: where this machine is."""
    return moment.astimezone(ZoneInfo(zone) if zone else None)


def today(zone: str | None) -> date:
    """Return the day it is in a time *zone* such as Europe/Oslo; None: where this machine is."""
    return local_time(now(), zone).date()


def is_from_the_future(began: str, now: datetime) -> bool:
    """Return whether a run began later than *now*, by the clock: its clock was wrong, or ours is."""
    return datetime.fromisoformat(began) > now + CLOCKS_DIFFER


class LocalClock(NamedTuple):
    """A time zone at one moment: in a night in which clocks change, its times only go up."""

    place: str  # for people
    offset: timedelta  # from UTC

    @classmethod
    def at(cls, moment: str, zone: str | None) -> "LocalClock":
        """Return the clock of a time *zone* at a *moment*, ISO 8601; None: of this machine."""
        began = local_time(datetime.fromisoformat(moment), zone)
        offset = began.utcoffset() or timedelta()
        name = zone or began.tzname() or ""
        known = _utc(offset)
        return cls(known if name in ("", "UTC", known) else f"{name}, {known}", offset)

    def date_and_time(self, moment: str) -> str:
        """Return a moment of the journal in words: "Monday 23 November 2026, 03:00"."""
        local = self._local(moment)
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M}"

    def time(self, moment: str) -> str:
        """Return the time of day, with seconds."""
        return f"{self._local(moment):%H:%M:%S}"

    def _local(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment).astimezone(timezone(self.offset) if self.offset else UTC)


def _utc(offset: timedelta) -> str:
    hours, rest = divmod(abs(int(offset.total_seconds())), HOUR)
    if not (hours or rest):
        return "UTC"
    return f"UTC{'+' if offset > timedelta() else '-'}{hours}{f':{rest // 60:02}' if rest else ''}"
