"""How long the service asks us to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\s*(\d{1,9})\s*", re.ASCII)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Give the seconds of Retry-After, which may be whole seconds or an HTTP date; None for anything else.

    A date is taken relative to the server's own Date where it sends one, so that clocks may differ.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    if match := _SECONDS.fullmatch(value):
        return float(match[1])
    until = _date(value)
    if until is None:
        return None
    start = _date(headers.get("Date", "")) or now or datetime.now(UTC)
    return max(0.0, math.ceil((until - start).total_seconds()))


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
