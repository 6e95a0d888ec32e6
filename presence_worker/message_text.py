"""The text of messages: without characters that hide or mislead, and with fields that a row fills.

- Accents are written as one character (Unicode NFC), however the file has them.
- What shows nothing and means nothing (zero-width space, word joiner, a byte-order mark amid the text) is
  left out. Joiners and marks that words and emoji are made of stay.
- What makes a text look like another one is refused: control characters but newline and tab, line
  separators few programs know, and characters that turn the order of reading round.

A template is text with fields in braces: columns of the row, or its days.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from string import Formatter

from .loading import load
from .sanitize import clean

KEPT = "\n\r\t"  # control characters a message may have
_NOTHING = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_KINDS = {
    "Cc": "a control character",
    "Cs": "half a character",
    "Zl": "a line separator",
    "Zp": "a line separator",
}
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


def normalize_message(text: str) -> str:
    """Return *text* as it is measured, sent and compared."""
    if text.isascii():
        return text.strip()
    if not text.isprintable():  # asked first, for leaving out takes 20 times as long
        text = text.translate(_NOTHING)
    return unicodedata.normalize("NFC", text).strip()


def find_misleading(text: str) -> str | None:
    """Return words on the first character that no message may have; None where there is none."""
    if text.isprintable():
        return None
    found = ((place, character, _kind(character)) for place, character in enumerate(text, 1))
    place, character, kind = next((each for each in found if each[2]), (0, "", ""))
    return f"character {place} of the message is {kind} (U+{ord(character):04X}); remove it" if kind else None


def _kind(character: str) -> str:
    if character in _TURNING:
        return "one that turns the order of reading round"
    return "" if character in KEPT else _KINDS.get(unicodedata.category(character), "")


@dataclass(frozen=True, slots=True)
class Gap:
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
        raise ValueError(f"braces that do not match; expected a text such as {EXAMPLE}") from None
    found = tuple(_parts(parts))
    if fault := find_misleading("".join(part for part in found if isinstance(part, str))):
        raise ValueError(fault)
    return found


def columns_in(text: str | None) -> list[str]:
    """Return the names of columns in a template, each once; None: there is no template."""
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
        raise ValueError(f"{shown} names no column; expected a text such as {EXAMPLE}")
    if conversion or _INSIDE.search(name):
        raise ValueError(f"{shown}: expected the name of a column, and nothing with it")
    day = name.casefold()
    if day in DAYS:
        return Gap(day, _pattern(form, shown) if form else None)
    if form:
        raise ValueError(f"{shown}: only {{from}} and {{until}} have a form behind the colon")
    return Gap(name)


def _pattern(form: str, shown: str) -> str:
    """Return Unicode's pattern for a form of strftime's."""
    pieces = _PIECE.findall(form)
    letters = LETTERS if {"%d", "%-d"} & {*pieces} else LETTERS | _ALONE
    wrong = [piece for piece in pieces if _is_letter(piece) and piece not in letters]
    if wrong or "{" in form:
        what = wrong[0] if wrong else "{"
        raise ValueError(
            f"{shown}: {what} is not understood behind the colon; there are {', '.join(LETTERS)}"
        )
    return "".join(letters[piece] if _is_letter(piece) else _literal(piece) for piece in pieces)


def _is_letter(piece: str) -> bool:
    return piece[0] == "%" and not piece.startswith("%%")


def _literal(text: str) -> str:
    return "'{}'".format(text.replace("%%", "%").replace("'", "''"))
