"""Times of day as cron writes them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from heapq import merge
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def check_cron(line: str) -> None:
    """Raise ValueError where a *line* has no five fields of cron, or no day has such a time."""
    try:
        next(CronSim(line, ANY_DAY))
    except CronSimError as error:
        raise ValueError(f'{error}; it must have five fields of cron, such as "30 2 * * *"') from None
    except StopIteration:
        raise ValueError("no day has such a time") from None


class MachineZone(tzinfo):
    """The time zone of this machine, whose clock may change twice a year."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return how far clocks here are from UTC."""
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, _: datetime | None) -> timedelta | None:
        """Return that this is not known apart from the offset."""
        return None

    def tzname(self, _: datetime | None) -> str:
        """Return what people call it."""
        return "local time"

    def fromutc(self, when: datetime) -> datetime:
        """Return a moment as clocks here show it."""
        local = when.replace(tzinfo=UTC).astimezone()
        first = local.replace(tzinfo=self)
        return first if first.utcoffset() == local.utcoffset() else first.replace(fold=1)


def times_after(lines: Sequence[str], zone: str | None, after: datetime) -> Iterator[datetime]:
    """Yield the moments of cron *lines* in a time *zone*, in UTC, each once, in their order.

    In the night in which an hour comes twice, a time of day comes once. In the one in which an hour is
    missing, it comes at the next full moment.
    """
    local = after.astimezone(ZoneInfo(zone) if zone else MachineZone())
    last = after
    for moment in merge(*(_in_utc(CronSim(line, local)) for line in lines)):
        if moment > last:
            yield moment
            last = moment


def _in_utc(times: Iterator[datetime]) -> Iterator[datetime]:
    for moment in times:
        yield moment.astimezone(UTC)
