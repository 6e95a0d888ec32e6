"""When SuperOffice Online is at work on itself, by its own announcement."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=1))  # UTC+1, in summer as well
WEEK = 7 * 86400.0  # seconds; whoever runs longer meets them all
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = range(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time that comes again every week, or every day."""

    days: tuple[int, ...] | range  # it begins on, Monday is 0
    begins: int  # o'clock
    hours: int
    words: str


WINDOWS = (
    Window(days=(3,), begins=22, hours=8, words="patches its servers from {begin} to {end}"),
    Window(days=(5,), begins=20, hours=10, words="is maintained from {begin} to {end}"),
    Window(days=(1, 4), begins=20, hours=9, words="is maintained in some weeks from {begin} to {end}"),
    Window(days=EVERY_DAY, begins=1, hours=2, words="restarts its servers every night, now {begin} to {end}"),
)


def maintenance(moment: datetime, expected_seconds: float) -> str | None:
    """Say into which window a run would fall that begins at *moment* and takes so long; None for none.

    Of several the most serious one is told. What may happen then is waited out: it is no reason not to run.
    """
    begin = moment.astimezone(ZONE)
    end = begin + timedelta(seconds=min(expected_seconds, WEEK))
    return next((words for window in WINDOWS for words in _met(window, begin, end)), None)


def _met(window: Window, begin: datetime, end: datetime) -> Iterator[str]:
    day = begin.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    while day <= end:
        opens = day + timedelta(hours=window.begins)
        closes = opens + timedelta(hours=window.hours)
        if opens.weekday() in window.days and opens <= end and begin < closes:
            words = window.words.format(begin=_at(opens), end=_at(closes))
            yield f"SuperOffice Online {words} (UTC+1); this run would fall into that time"
        day += timedelta(days=1)


def _at(moment: datetime) -> str:
    return f"{DAYS[moment.weekday()]} {moment:%H:%M}"
