"""What stands in a workbook's cells, as the person who typed it reads it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

EXACT = 1 << 53  # beyond it, a workbook's numbers are not
HALF_A_SECOND = timedelta(microseconds=500_000)


def texts_of(cells: Sequence[Any]) -> list[str]:
    """Give the cells of a row as texts."""
    return [cell if type(cell) is str else TEXTS[type(cell)](cell) for cell in cells]


def _number(value: float) -> str:
    """Write a whole number without a fraction, and never one that only looks exact."""
    return str(int(value)) if value.is_integer() and abs(value) <= EXACT else repr(value)


def _truth(value: bool) -> str:  # noqa: FBT001 - it is the cell
    return "TRUE" if value else "FALSE"


def _moment(value: datetime) -> str:
    """Write a moment as a day where it is one; workbooks count days, so that seconds are not quite exact."""
    exact = (value + HALF_A_SECOND).replace(microsecond=0)
    if exact.time() == time():
        return exact.date().isoformat()
    return exact.isoformat(" ", "seconds" if exact.second else "minutes")


def _time(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


TEXTS: dict[type, Callable[[Any], str]] = {
    float: _number,
    int: str,
    bool: _truth,
    date: date.isoformat,
    datetime: _moment,
    time: _time,
    timedelta: _duration,
}
