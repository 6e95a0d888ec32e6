"""Templates of messages: text with fields in braces, which are columns of the row or its days."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from string import Formatter
from typing import NamedTuple

from .loading import load
from .message_text import find_misleading
from .sanitize import clean

DAYS = ("from", "until")  # fields that are the row's days; all others are columns
LETTERS = {  # of strftime: what Unicode calls it
    "%d": "dd",
    "%-d": "d",
    "%m": "MM",
    "%-m": "M",
    "%B": "MMMM",
    "%b": "MMM",
    "%Y": "y",
    "%y": "yy",
    "%A": "EEEE",
    "%a": "EEE",
}
EXAMPLE = '"Away until {until:%-d %B}, contact {deputy}"'
_ALONE = {"%B": "LLLL", "%b": "LLL"}  # the month's name where no day stands beside it
_PIECE = re.compile(r"(?:[^%]|%%)+|%-?.|%", re.DOTALL)  # text, else a letter of strftime's
_INSIDE = re.compile(r"[\[\]]")  # dots may be in a name, or lead into a field of JSON


class Gap(NamedTuple):
    """A place that a row fills."""

    name: str  # of a column, as the template has it; or one of DAYS
    form: str | None = None  # Unicode's pattern of a day; None: as it is, days as 2026-12-31

    @property
    def is_day(self) -> bool:
        """Return whether the row's days fill it."""
        return self.name in DAYS


Template = tuple[str | Gap, ...]


def parse_template(text: str) -> Template:
    """Return the parts of a template; raise ValueError saying what cannot be understood in it.

    A field is a name and, of a day, its form. Nothing is looked up inside a value, and nothing is converted.
    """
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(f"the braces do not match; write a text such as {EXAMPLE}") from None
    found = tuple(_parts(parts))
    if fault := find_misleading("".join(part for part in found if isinstance(part, str))):
        raise ValueError(fault)
    return found


def columns_in(text: str | None) -> list[str]:
    """Return the names of columns in a template, each once; None without a template."""
    gaps = [part for part in parse_template(text or "") if isinstance(part, Gap) and not part.is_day]
    return list(dict.fromkeys(gap.name for gap in gaps))


def day_writer(form: str | None, language: str) -> Callable[[date], str]:
    """Return the function that writes a day in the *form* of a Gap."""
    if form is None:
        return date.isoformat
    write: Callable[[date], str] = load(".languages:day_writer")(form, language)
    return write


def _parts(parts: list[tuple[str, str | None, str | None, str | None]]) -> Iterator[str | Gap]:
    for text, name, form, conversion in parts:
        if text:
            yield text
        if name is not None:
            yield _gap(name.strip(), form or "", conversion)


def _gap(name: str, form: str, conversion: str | None) -> Gap:
    shown = f"{{{clean(name, 60)}}}"
    if not name:
        raise ValueError(f"{shown} names no column; write a text such as {EXAMPLE}")
    if conversion or _INSIDE.search(name):
        raise ValueError(f"{shown}: write only the name of a column in the braces")
    day = name.casefold()
    if day in DAYS:
        return Gap(day, _pattern(form, shown) if form else None)
    if form:
        raise ValueError(f"{shown}: only {{from}} and {{until}} can have a date form after the colon")
    return Gap(name)


def _pattern(form: str, shown: str) -> str:
    """Return Unicode's pattern for a form of strftime's."""
    pieces = _PIECE.findall(form)
    letters = LETTERS if {"%d", "%-d"} & {*pieces} else LETTERS | _ALONE
    wrong = [piece for piece in pieces if _is_letter(piece) and piece not in letters]
    if wrong or "{" in form:
        what = wrong[0] if wrong else "{"
        raise ValueError(f"{shown}: {what} cannot be used after the colon; possible are {', '.join(LETTERS)}")
    return "".join(letters[piece] if _is_letter(piece) else _literal(piece) for piece in pieces)


def _is_letter(piece: str) -> bool:
    return piece[0] == "%" and not piece.startswith("%%")


def _literal(text: str) -> str:
    return "'{}'".format(text.replace("%%", "%").replace("'", "''"))
