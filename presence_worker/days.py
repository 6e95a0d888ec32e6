"""Which day it is: rows are due on days, and a day begins and ends where the operator says."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def local(moment: datetime, zone: str | None) -> datetime:
    """Give a *moment* as clocks show it in a time *zone*; None: where this machine is."""
    return moment.astimezone(ZoneInfo(zone) if zone else None)


def clock() -> datetime:
    """Give the moment it is; tests put another clock in its place."""
    return datetime.now(UTC)


def today(zone: str | None) -> date:
    """Give the day it is in a time *zone* such as Europe/Oslo; None: where this machine is."""
    return local(clock(), zone).date()
