"""What a setting may be: a type for each kind of value, with the check that makes it."""

import codecs
import ipaddress
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from ..loading import is_installed, load
from ..message_template import parse_template
from ..message_text import find_misleading, normalize_message
from ..model import MAX_ASSOCIATE_ID, MAX_MESSAGE_LENGTH, STATUSES

SECONDS_PER_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
Raw: TypeAlias = "str | int | float | bool | date | time | list[Raw] | Mapping[str, Raw] | None"  # unchecked

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_DOTTED_TIME = re.compile(r"\s*\d{1,2}\.\d\d\s*", re.ASCII)  # "06.30": hardly meant as seconds
_PERCENTAGE = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)
_COUNT = re.compile(r"\d{1,12}", re.ASCII)
LONGEST_TENANT = 64  # characters
CRON_FIELDS = 5  # minute, hour, day of the month, month, day of the week
CRON = "cronsim"  # the package that reads them; the extra `serve` brings it
INSTALL_CRON = "pip install 'presence-worker[serve]'"
IGNORE = "ignore"  # in input.statuses: rows with that value count as not in the file
WITHDRAWN = "withdrawn"  # in input.statuses: rows with that value cancel a leave of an earlier job


def parse_duration(value: Raw) -> int | float:
    """Return seconds for a number, or for a text with a unit such as "500ms", "20s", "10m", "24h", "90d"."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if not match:
            raise ValueError('must be seconds, or a number with ms, s, m, h or d, such as "20s"')
        return float(match[1]) * SECONDS_PER_UNIT[match[2] or "s"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError('must be seconds, or text such as "20s"')  # noqa: TRY004 - pydantic wants it
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
            raise ValueError('must be a number, a percentage such as "50%", both in a list, or "none"')
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
        raise ValueError('must be a duration such as "2h", a local time such as "06:00", or "none"')
    return seconds


Deadline = Annotated[float | time | None, BeforeValidator(parse_deadline)]


def seconds_left(until: float | time, now: datetime) -> float:
    """Return the seconds from *now* (local, aware) to the deadline; a time of day is its next occurrence."""
    if not isinstance(until, time):
        return until
    at = now.replace(hour=until.hour, minute=until.minute, second=0, microsecond=0)
    return ((at if at > now else at + timedelta(days=1)) - now).total_seconds()


def is_loopback(host: str) -> bool:
    """Check whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _check_delimiter(value: Raw) -> Raw:
    value = {"tab": "\t", "\\t": "\t", "auto": None}.get(value, value) if isinstance(value, str) else value
    if isinstance(value, str) and (len(value) != 1 or value in '"\r\n\0'):
        raise ValueError('must be one character such as ";", or "tab", or "auto"')
    return value


def _check_status(value: Raw) -> str:
    if not isinstance(value, str) or value not in STATUSES:
        raise ValueError(f"must be a status of SuperOffice: {', '.join(STATUSES)}")
    return value


def _check_meaning(value: Raw) -> str:
    return value if isinstance(value, str) and value in (IGNORE, WITHDRAWN) else _check_status(value)


def _write_cell(value: Raw) -> Raw:
    """Return a value of input.only as a cell has it: TOML's numbers and booleans as JSON writes them."""
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _write_cells(value: Raw) -> list[Raw]:
    return [_write_cell(each) for each in (value if isinstance(value, list) else [value])]


def _read_never(value: Raw) -> Raw:
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


def _read_limits(value: "Raw | Limit") -> Limit | dict[str, Limit]:
    if not isinstance(value, dict):
        return parse_limit(value)
    return {_check_status(status): parse_limit(each) for status, each in value.items()}


LimitOrLimits = Annotated[Limit | dict[str, Limit], BeforeValidator(_read_limits)]


def _check_tenant(value: str) -> str:
    if not (value.isascii() and value.isalnum() and len(value) <= LONGEST_TENANT):
        raise ValueError("must be a customer number such as Cust12345")
    return value


def _check_encoding(value: Raw) -> Raw:
    try:
        if isinstance(value, str):
            "".encode(value)  # rejects what does not encode text, such as base64
            codecs.getincrementaldecoder(value)().decode(b"", final=True)
    except (LookupError, ValueError):
        raise ValueError("must be an encoding such as utf-8 or cp1252") from None
    return value


def _check_zone(value: Raw) -> Raw:
    try:
        if isinstance(value, str):
            ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/Oslo") from None
    return value


def _read_cron_times(value: Raw) -> list[str]:
    """Return cron lines of five fields each: one alone, or a list."""
    lines = value if isinstance(value, list) else [value]
    for line in lines:
        if not isinstance(line, str) or len(line.split()) != CRON_FIELDS:
            raise ValueError('must have five fields of cron, such as "30 2 * * *", or be a list of such')
        if is_installed(CRON):  # `run` needs no times of day
            load(".cron:check_cron")(line)
    return [*map(str, lines)]


def _check_language(value: Raw) -> Raw:
    if isinstance(value, str):
        load(".languages:find_locale")(value)  # takes a while, and few say one
    return value


def _check_message(value: str) -> str:
    if fault := find_misleading(value):
        raise ValueError(fault)
    message = normalize_message(value)
    if len(message) > MAX_MESSAGE_LENGTH:
        raise ValueError(f"{len(message)} characters; the limit is {MAX_MESSAGE_LENGTH}")
    return message


def _expand_home(value: Path) -> Path:
    """Return what a shell would make of "~/runs"."""
    try:
        return value.expanduser()
    except RuntimeError:
        raise ValueError(
            f"this user has no home directory for {value.parts[0]}; write the whole path"
        ) from None


def _check_template(value: Raw) -> Raw:
    if isinstance(value, str):
        alone = sum(len(part) for part in parse_template(value) if isinstance(part, str))
        if alone > MAX_MESSAGE_LENGTH:
            raise ValueError(f"{alone} characters without any column; the limit is {MAX_MESSAGE_LENGTH}")
    return value


Tenant = Annotated[str, AfterValidator(_check_tenant)]
HomePath = Annotated[Path, AfterValidator(_expand_home)]
CronTimes = Annotated[list[str], BeforeValidator(_read_cron_times)]
Language = Annotated[str, BeforeValidator(_check_language)]
Message = Annotated[str, AfterValidator(_check_message)]
MessageTemplate = Annotated[str | None, BeforeValidator(_check_template)]
Zone = Annotated[str | None, BeforeValidator(_check_zone)]
Encoding = Annotated[str | None, BeforeValidator(_check_encoding)]
Status = Annotated[str, BeforeValidator(_check_status)]
Meaning = Annotated[str, BeforeValidator(_check_meaning)]
Values = Annotated[list[str], BeforeValidator(_write_cells), Field(min_length=1)]
Delimiter = Annotated[str | None, BeforeValidator(_check_delimiter)]
HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")]
Seconds = Annotated[Duration, Field(gt=0)]
SecondsOrNever = Annotated[Seconds | None, BeforeValidator(_read_never)]
SecondsOrNone = Annotated[Duration, Field(ge=0)]
AssociateId = Annotated[int, Field(ge=1, le=MAX_ASSOCIATE_ID)]

Accept = Literal[  # what SuperOffice's reference lists for answers
    "application/json",
    "text/json",
    "application/xml",
    "text/xml",
    "application/json-patch+json",
    "application/merge-patch+json",
]
ContentType = Literal[Accept, "application/x-www-form-urlencoded"]
