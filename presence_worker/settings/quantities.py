"""How operators write quantities: durations, limits and times of day, as text or number."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
Raw: TypeAlias = "str | int | float | bool | date | time | list[Raw] | Mapping[str, Raw] | None"  # unchecked

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_DOTTED_TIME = re.compile(r"\s*\d{1,2}\.\d\d\s*", re.ASCII)  # "06.30": hardly meant as seconds
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)
_COUNT = re.compile(r"\d{1,12}", re.ASCII)


def parse_duration(value: Raw) -> int | float:
    """Return seconds for a number, or for a text with a unit such as "500ms", "20s", "10m", "24h", "90d"."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if not match:
            raise ValueError('expected seconds, or a number with ms, s, m, h or d, such as "20s"')
        return float(match[1]) * SECONDS_PER_UNIT[match[2] or "s"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError('expected seconds, or a text such as "20s"')  # noqa: TRY004 - pydantic wants it
    return value


Duration = Annotated[float, BeforeValidator(parse_duration), Field(allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many is too many: above *count*, or above *percent* of the whole, whichever comes first.

    Both None means that nothing is too many.
    """

    count: int | None = None
    percent: float | None = None

    def is_tripped(self, number: int, *, whole: int | None, floor: int) -> bool:
        """Return whether *number* is too many of *whole*.

        A percentage trips on no less than *floor*. Where the whole is not known (None), only the count holds.
        """
        if self.count is not None and number > self.count:
            return True
        if self.percent is None or whole is None or number < floor:
            return False
        return number * 100 > whole * self.percent

    def __str__(self) -> str:
        parts = [] if self.count is None else [str(self.count)]
        parts += [] if self.percent is None else [f"{self.percent:g}%"]
        return " or ".join(parts) or "none"


def parse_limit(value: "Raw | Limit") -> Limit:
    """Read a limit: a number, "N%", "none", or a list of a number and a percentage."""
    if isinstance(value, Limit):
        return value
    count: int | None = None
    percent: float | None = None
    for part in value if isinstance(value, list | tuple) and value else [value]:
        text = "" if isinstance(part, bool) else str(part).strip().lower()
        if percent is None and (match := _PERCENTAGE.fullmatch(text)):
            percent = float(match[1])
        elif count is None and _COUNT.fullmatch(text):
            count = int(text)
        elif text != "none" or isinstance(value, list | tuple):
            raise ValueError('expected a number, a percentage such as "50%", both in a list, or "none"')
    return Limit(count=count, percent=percent)


AnyLimit = Annotated[Limit, BeforeValidator(parse_limit)]


def parse_deadline(value: Raw) -> float | time | None:
    """Read when a run must end: seconds from its start, or a local time of day "HH:MM"."""
    if value is None or (isinstance(value, str) and value.strip().lower() == "none"):
        return None
    if isinstance(value, str) and (match := _TIME_OF_DAY.fullmatch(value.strip())):
        return time(int(match[1]), int(match[2]))
    dotted = isinstance(value, str) and _DOTTED_TIME.fullmatch(value)
    try:
        seconds = 0.0 if dotted else float(parse_duration(value))
    except (ValueError, OverflowError):
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ValueError('expected a duration such as "2h", a local time "HH:MM", or "none"')
    return seconds


Deadline = Annotated[float | time | None, BeforeValidator(parse_deadline)]


def seconds_left(until: float | time, now: datetime) -> float:
    """Return the seconds from *now* (local, aware) to the deadline; a time of day is its next occurrence."""
    if not isinstance(until, time):
        return until
    at = now.replace(hour=until.hour, minute=until.minute, second=0, microsecond=0)
    return ((at if at > now else at + timedelta(days=1)) - now).total_seconds()
