"""Which day it is: rows are due on days, and a day begins and ends where the operator says."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def today(zone: str | None) -> date:
    """Give the day it is in a time *zone* such as Europe/Oslo; None: where this machine is."""
    return datetime.now(UTC).astimezone(ZoneInfo(zone) if zone else None).date()
