"""What stands in a workbook's cells, as the person who typed it reads it."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import IO
from xml.etree.ElementTree import Element

from ..table import ERRORS, FORMULA, OTHER
from .package import at_most, local_name, read_elements

MOST = 100_000  # formats; Excel has at most 65 490
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]")
MOST_SHARED = 5_000_000  # texts; more take minutes
EXACT = 1 << 53  # beyond it, a workbook's numbers are not
DAY = 86_400  # seconds
SINCE_1900, SINCE_1904 = date(1899, 12, 30), date(1904, 1, 1)
LEAP_DAY = 60  # 1900-02-29, which never was: the days before it count from a day later
NO_DAY = "1900-01-00"  # as Excel shows 0, which a reference to an empty cell gives; no calendar has it
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")  # a character that XML cannot have


class NumberFormat(StrEnum):
    """As what a number is shown."""

    NUMBER = "number"
    DAY = "day"  # and perhaps a time of that day
    TIME = "time"
    DURATION = "duration"


BUILT_IN = {  # of which a workbook has only the number
    **dict.fromkeys([*range(14, 18), 22, *range(27, 37), *range(50, 59), *range(71, 78)], NumberFormat.DAY),
    **dict.fromkeys([*range(18, 22), 45, 47], NumberFormat.TIME),
    46: NumberFormat.DURATION,
}


def read_number_formats(styles: IO[bytes]) -> list[NumberFormat]:
    """Return as what the numbers of each style of cells are shown."""
    codes: dict[str, str] = {}
    found: list[NumberFormat] = []
    for element in at_most(read_elements(styles, {"numFmts": "numFmt", "cellXfs": "xf"}), MOST):
        number = element.get("numFmtId", "0")
        if local_name(element.tag) == "numFmt":
            codes[number] = element.get("formatCode", "")
        else:
            built_in = BUILT_IN.get(int(number), NumberFormat.NUMBER)
            found.append(format_of_code(codes[number]) if number in codes else built_in)
    return found


def format_of_code(code: str) -> NumberFormat:
    """Return what a format shows, by its code, such as "dd.mm.yyyy hh:mm"."""
    letters = _LITERAL.sub("", code).lower()
    if _ELAPSED.search(letters):
        return NumberFormat.DURATION
    has_clock = "h" in letters or "s" in letters
    if "y" in letters or "d" in letters or ("m" in letters and not has_clock):
        return NumberFormat.DAY
    return NumberFormat.TIME if has_clock else NumberFormat.NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReader:
    """What it takes to read the cells of a workbook."""

    shared: Sequence[str]
    formats: Sequence[NumberFormat]
    since: date  # on which its days count from

    def read(self, cell: Element) -> str:
        """Return the text of a cell; raise LookupError for what is none."""
        value = formula = inline = None
        for part in cell:
            name = local_name(part.tag)
            if name == "v":
                value = part
            elif name == "f":
                formula = part
            elif name == "is":
                inline = part
        kind = cell.get("t", "n")
        if inline is not None:
            return inline_text(inline)
        if value is None or not value.text:
            # ="" has its value kept: a text, which is empty. What did not calculate leaves out the type, as
            # openpyxl does, or the value, as Apache POI does.
            is_kept = formula is None or (kind == "str" and value is not None)
            return "" if is_kept and kind != "e" else FORMULA if formula is not None else OTHER
        if kind == "n":
            return self._number(value.text, cell.get("s"))
        if kind == "s":
            return self._look_up_shared(int(value.text))
        return TEXTS[kind](value.text)

    def _number(self, text: str, style: str | None) -> str:
        form = self.formats[int(style)] if style and int(style) < len(self.formats) else NumberFormat.NUMBER
        return number_text(text) if form is NumberFormat.NUMBER else _format_measure(text, form, self.since)

    def _look_up_shared(self, place: int) -> str:
        if place < 0:
            raise LookupError(place)
        return self.shared[place]


def read_shared_texts(part: IO[bytes]) -> list[str]:
    """Return the texts that cells share, in the order of the file; raise ValueError for too many."""
    return at_most(map(inline_text, read_elements(part, {"sst": "si"})), MOST_SHARED)


def inline_text(item: Element) -> str:
    """Return the text of a cell or shared item, in one piece or in several; how it sounds is not in it."""
    pieces = (part for child in item for part in (child if local_name(child.tag) == "r" else [child]))
    return _unescape("".join(piece.text or "" for piece in pieces if local_name(piece.tag) == "t"))


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def number_text(text: str) -> str:
    """Write a whole number without a fraction, and never one that only looks exact."""
    try:
        value = float(text)
    except ValueError:
        return text
    if value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    return repr(value) if math.isfinite(value) else text


@lru_cache(maxsize=1 << 16)  # a table has the same days again and again
def _format_measure(text: str, form: NumberFormat, since: date) -> str:
    try:
        seconds = round(float(text) * DAY)  # workbooks count days, so that they are not quite exact
        if form is NumberFormat.DURATION:
            return _duration(seconds)
        return _moment(*divmod(seconds, DAY), form, since) if seconds >= 0 else number_text(text)
    except (ValueError, OverflowError):  # beyond all calendars
        return number_text(text)


def _moment(days: int, seconds: int, form: NumberFormat, since: date) -> str:
    """Write a moment as a day where it is one: a cell that shows a day has no time, not even midnight."""
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    if not days and form is NumberFormat.TIME:
        return _clock(clock)
    day = _day(days, since)
    return f"{day} {_clock(clock)}" if seconds else day


def _day(days: int, since: date) -> str:
    if not days:  # the first day of a calendar, whichever the workbook has, is never meant
        return NO_DAY
    if since == SINCE_1900 and days <= LEAP_DAY:
        return "1900-02-29" if days == LEAP_DAY else (since + timedelta(days + 1)).isoformat()
    return (since + timedelta(days)).isoformat()


def _clock(value: time) -> str:
    return value.isoformat("seconds" if value.second else "minutes")


def _duration(all_seconds: int) -> str:
    minutes, seconds = divmod(all_seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


def _truth(text: str) -> str:
    return {"0": "FALSE", "false": "FALSE", "1": "TRUE", "true": "TRUE"}[text.strip()]


def _iso(text: str) -> str:
    """Write a moment as ISO 8601 has it like any other."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo:
        return text
    clock = moment.time().replace(microsecond=0)
    return f"{moment.date()} {_clock(clock)}" if clock != time() else moment.date().isoformat()


def _error(text: str) -> str:
    return found if (found := text.strip()) in ERRORS else OTHER


TEXTS: dict[str, Callable[[str], str]] = {"str": _unescape, "b": _truth, "d": _iso, "e": _error}
