"""How long the service asks us to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\s*(\d{1,9})\s*", re.ASCII)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Give the seconds of Retry-After, which may be whole seconds or an HTTP date; None for anything else.

    Of several headers the longest wait counts: a proxy may have added its own. A date is taken relative to
    the server's own Date where it sends one, so that clocks may differ.
    """
    values = [value for name, value in headers.items() if name.lower() == "retry-after"]
    start = _date(headers.get("Date", "")) if values else None
    waits = (_seconds(value, start or now) for value in values)
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(value: str, start: datetime | None) -> float | None:
    if match := _SECONDS.fullmatch(value):
        return float(match[1])
    until = _date(value)
    if until is None:
        return None
    return max(0.0, math.ceil((until - (start or datetime.now(UTC))).total_seconds()))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
