"""How old a job's file is: its last change, or that of the one file in an archive."""

import os
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from ..errors import InputRefused
from ..values import plain_duration
from .containers import Packing, members_of

DAY = 86400  # seconds
NO_DATE = (1980, 1, 1, 0, 0, 0)  # what programs write into a ZIP file that know none
EXTENDED_TIME = 0x5455  # the extra field of a ZIP member that has its date in UTC
HAS_CHANGED = 1  # the bit in it that says that the date of the last change is there


def time_of_change(file: IO[bytes], packing: Packing | None, zone: str | None) -> float | None:
    """Give when a file was last changed, in seconds since 1970; None for what came through a pipe.

    The date of a ZIP member without a time zone is taken to be in *zone*; None: this machine's.
    """
    if isinstance(file, tempfile.SpooledTemporaryFile):
        return None
    own = DATED[packing.name](file, zone) if packing and packing.name in DATED else None
    return os.fstat(file.fileno()).st_mtime if own is None else own


def refuse_old(name: str, changed: float | None, max_age: float | None, zone: str | None) -> None:
    """Raise InputRefused for a file whose last change is longer ago than *max_age* seconds.

    A date as far in the future proves nothing, and is refused as well; less may be a clock that is off.
    """
    if changed is None or max_age is None:
        return
    age = time.time() - changed
    if abs(age) <= max_age:
        return
    is_old = age > 0
    when = (
        f"{_in_words(age)} ago, longer than" if is_old else f"{_in_words(-age)} in the future, further than"
    )
    cause = "did the export fail? Export it again" if is_old else "set the clock, and export the file again"
    raise InputRefused(
        f"{name}: last changed on {_day(changed, zone)}, {when} input.max_age ({_in_words(max_age)}) allows; "
        f"nothing was sent; {cause}. If the file is right as it is, put it on standard input "
        "(`presence-worker run -`)"
    )


def _day(changed: float, zone: str | None) -> str:
    try:
        return datetime.fromtimestamp(changed, ZoneInfo(zone) if zone else None).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # beyond the calendar
        return "an impossible date"


def _in_words(seconds: float) -> str:
    return f"{seconds // DAY:.0f} days" if seconds >= 2 * DAY else plain_duration(seconds)


def _of_gzip(file: IO[bytes], _: str | None) -> float | None:
    file.seek(4)
    (changed,) = struct.unpack("<I", file.read(4))
    return changed or None


def _of_zip(file: IO[bytes], zone: str | None) -> float | None:
    with zipfile.ZipFile(file) as archive:
        (member,) = members_of(archive)
    for kind, value in _extra_fields(member.extra):
        if kind == EXTENDED_TIME and len(value) >= 5 and value[0] & HAS_CHANGED:  # noqa: PLR2004 - bits, time
            return float(struct.unpack("<i", value[1:5])[0])
    if member.date_time == NO_DATE:
        return None
    try:
        return datetime(*member.date_time, tzinfo=ZoneInfo(zone) if zone else None).timestamp()
    except (ValueError, OverflowError):  # no such day
        return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:  # noqa: PLR2004 - kind and length
        kind, length = struct.unpack("<HH", extra[:4])
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


DATED: dict[str, Callable[[IO[bytes], str | None], float | None]] = {"gzip": _of_gzip, "ZIP": _of_zip}
