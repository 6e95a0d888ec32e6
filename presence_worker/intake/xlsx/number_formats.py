"""What the numbers of a workbook are, by the formats of their cells: days, times of day, durations."""

import re
from enum import StrEnum
from typing import IO

from .elements import elements, few, local

MOST = 100_000  # formats; Excel has 65 490 at the most
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|general', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]")


class Shown(StrEnum):
    """As what a number is shown."""

    NUMBER = "number"
    DAY = "day"  # and perhaps a time of that day
    TIME = "time"
    DURATION = "duration"


BUILT_IN = {  # of which a workbook has only the number
    **dict.fromkeys([*range(14, 18), 22, *range(27, 37), *range(50, 59), *range(71, 78)], Shown.DAY),
    **dict.fromkeys([*range(18, 22), 45, 47], Shown.TIME),
    46: Shown.DURATION,
}


def formats_of(styles: IO[bytes]) -> list[Shown]:
    """Give as what the numbers of each style of cells are shown."""
    codes: dict[str, str] = {}
    found: list[Shown] = []
    for element in few(elements(styles, {"numFmts": "numFmt", "cellXfs": "xf"}), MOST):
        number = element.get("numFmtId", "0")
        if local(element.tag) == "numFmt":
            codes[number] = element.get("formatCode", "")
        else:
            code = codes.get(number)
            found.append(BUILT_IN.get(int(number), Shown.NUMBER) if code is None else shown_as(code))
    return found


def shown_as(code: str) -> Shown:
    """Return what a format shows, by its code, such as "dd.mm.yyyy hh:mm"."""
    letters = _LITERAL.sub("", code).lower()
    if _ELAPSED.search(letters):
        return Shown.DURATION
    has_clock = "h" in letters or "s" in letters
    if "y" in letters or "d" in letters or ("m" in letters and not has_clock):
        return Shown.DAY
    return Shown.TIME if has_clock else Shown.NUMBER
