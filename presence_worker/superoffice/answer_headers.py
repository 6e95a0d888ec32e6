"""What the headers of an answer ask of us: to wait, or to show credentials in one of some ways."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from yarl import URL

from ..sanitize import clean
from ..wording import series

THROTTLED, UNAVAILABLE = 429, 503
LONGEST = 1000  # characters of a header; nothing that says a time needs more
MOST_APART = timedelta(days=1)  # between two clocks; beyond it theirs is not believed
SINCE_1970 = 10**9  # a larger number is a moment, not a duration
IN_MILLISECONDS = 10**12  # a larger number is a moment in milliseconds
WINDOWS = ("ntlm", "negotiate")  # the schemes of a Windows account
MOST_SCHEMES = 6  # named
_SECONDS = re.compile(r"\s*(\d{1,9})\s*", re.ASCII)
_NUMBER = re.compile(r"\s*(\d{1,13})(?:\.\d{1,9})?\s*", re.ASCII)
_BETWEEN = re.compile(r",(?!\s*\d{1,2}[ -][A-Za-z]{3})")  # not the comma of a date
_QUOTED = re.compile(r'"[^"]*"')
_PART = re.compile(r"(?:^|(?<=[;,\s]))(remaining|reset|r|t)=(\d{1,9})(?=[;,\s]|$)", re.ASCII)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')  # of a challenge
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,29}(?=\s|$)(?!\s*=)")


def retry_after_of(status: int, headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds an answer asks everybody to wait; None where it does not.

    Retry-After is the wait. Where it is missing in a 429 or 503, the wait is the time until a used-up rate
    limit starts again. Other answers may show their limits all the time.
    """
    wait = retry_after(headers, now)
    if wait is None and status in (THROTTLED, UNAVAILABLE):
        return _until_reset(headers, now or datetime.now(UTC), is_throttled=status == THROTTLED)
    return wait


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds of Retry-After, which may be whole seconds or an HTTP date; None for anything else.

    Of several values the longest wait counts: a proxy may have added its own. A date is taken relative to
    the server's own Date where it sends one, so that clocks may differ.
    """
    values = _values(headers, "retryafter")
    if not values:
        return None
    start = their_now(headers.get("Date", ""), now)
    waits = (_seconds(part, start) for value in values for part in _BETWEEN.split(value))
    return max((wait for wait in waits if wait is not None), default=None)


def their_now(date: str, now: datetime | None = None) -> datetime:
    """Return the moment of an answer by its *date*; by our clock where it is missing or a day off."""
    ours = now or datetime.now(UTC)
    theirs = http_date(date)
    return theirs if theirs and abs(theirs - ours) <= MOST_APART else ours


def redirect_host(headers: Mapping[str, str]) -> str:
    """Name the host that an answer sends us to, and nothing else of the address."""
    try:
        return clean(URL(headers.get("Location", "")).host or "another page", 100)
    except ValueError:
        return "another page"


def http_date(text: str) -> datetime | None:
    """Read the date of a header; None for anything else, such as a year or a zone that does not exist."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(value: str, start: datetime) -> float | None:
    if match := _SECONDS.fullmatch(value):
        return float(match[1])
    until = http_date(value)
    return None if until is None else max(0.0, math.ceil((until - start).total_seconds()))


def _until_reset(headers: Mapping[str, str], now: datetime, *, is_throttled: bool) -> float | None:
    """Return the seconds until a used-up limit starts again; *is_throttled*: it is known to be used up."""
    start = their_now(headers.get("Date", ""), now)
    remaining = [value.strip() for value in _values(headers, "ratelimitremaining")]
    waits = []
    if "0" in remaining or (is_throttled and not remaining):
        resets = _values(headers, "ratelimitreset") + _values(headers, "ratelimitresetafter")
        waits = [_reset(value, start) for value in resets]
    for value in _values(headers, "ratelimit"):
        waits += [
            float(left["reset"]) for left in _limits(value) if _is_used_up(left, is_throttled=is_throttled)
        ]
    return max((wait for wait in waits if wait is not None), default=None)


def _values(headers: Mapping[str, str], name: str) -> list[str]:
    """Return the values of a header, also as `X-…`, and wherever its name has hyphens."""
    values = (value for key, value in headers.items() if _bare(key) == name)
    return [value for value in values if len(value) <= LONGEST]


def _bare(name: str) -> str:
    return name.lower().removeprefix("x-").replace("-", "")


def _reset(value: str, start: datetime) -> float | None:
    """Read a time of reset: seconds from now, or a moment: seconds or milliseconds since 1970, or a date."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return _seconds(value, start)
    number = float(value)
    if number < SINCE_1970:
        return math.ceil(number)
    number = number / 1000 if number >= IN_MILLISECONDS else number
    return max(0.0, math.ceil(number - start.timestamp()))


def _limits(value: str) -> Iterator[dict[str, str]]:
    """Read the drafts' RateLimit: `limit=10, remaining=0, reset=30`, or `"name";r=0;t=30` once or more."""
    bare = _QUOTED.sub("", value)
    for limit in [bare] if "reset" in bare else bare.split(","):
        parts = {
            {"r": "remaining", "t": "reset"}.get(name, name): number for name, number in _PART.findall(limit)
        }
        if "reset" in parts:
            yield parts


def _is_used_up(limit: dict[str, str], *, is_throttled: bool) -> bool:
    return int(limit["remaining"]) == 0 if "remaining" in limit else is_throttled


def schemes(headers: Mapping[str, str], name: str = "www-authenticate") -> list[str]:
    """Return the schemes that are offered, each once, in order, in the server's own spelling."""
    found: dict[str, str] = {}
    for offer in offers(headers, name):
        if match := _SCHEME.match(offer):
            found.setdefault(match[0].lower(), match[0])
    return list(found.values())[:MOST_SCHEMES]


def offers(headers: Mapping[str, str], name: str = "www-authenticate") -> Iterator[str]:
    """Yield what is offered, part by part: a scheme with what belongs to it, or one more parameter."""
    values = (value for key, value in headers.items() if key.lower() == name)
    return (part for value in values for each in _STRING.sub("", value).split(",") if (part := each.strip()))


def advice(headers: Mapping[str, str]) -> str:
    """Write which schemes SuperOffice offers, with what follows from that; nothing where it offers none."""
    found = schemes(headers)
    if not found:
        return ""
    words = f"it offers {series(found, 'and')}"
    known = {scheme.lower() for scheme in found}
    if known.isdisjoint(WINDOWS) or "basic" in known:
        return words
    return f'{words} but not Basic. Set auth.scheme = "ntlm" and use a Windows account'
