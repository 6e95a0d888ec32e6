"""What time it is: a day begins and ends where the operator says."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the moment it is; tests put another clock in its place."""
    return datetime.now(UTC)


def local_time(moment: datetime, zone: str | None) -> datetime:
    """Return a *moment* as clocks show it in a time *zone*; None: where this machine is."""
    return moment.astimezone(ZoneInfo(zone) if zone else None)


def today(zone: str | None) -> date:
    """Return the day it is in a time *zone* such as Europe/Oslo; None: where this machine is."""
    return local_time(now(), zone).date()
