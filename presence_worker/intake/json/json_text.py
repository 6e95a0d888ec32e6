"""One JSON value after another out of a text of any size, each with its place.

A value is decoded whole, by the standard library: a row is small, and has to come back as one. What reads
event by event, such as ijson, takes rows of any size, but has no line numbers. Of two equal names it keeps
the last in silence.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn, TextIO, TypeAlias

from ...errors import InputRefused
from ...sanitize import clean

CHUNK = 1 << 16  # characters read at once
LONGEST = 1 << 17  # characters one value may have, as a field of CSV: a row must be able to come back
AHEAD = 3  # characters by which a number may go on in the next piece: "1" and "e+5"
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Place = tuple[int, int]  # line and column, 1-based
Values = Iterator[tuple[Place, Json]]
MARK = "\ufeff"  # of byte order: amid a text, two files were put together
AMID = "a byte-order mark (U+FEFF) inside the text. Were two files joined? Remove it"
_SPACE = " \t\r\n"
BETWEEN = _SPACE + MARK  # what may stand between values that follow one another
_FIRST_KEY = re.compile(r'\{\s*"([^"\\]*)"\s*:')


class JsonText:
    """Owns a text and the place in it; every fault is an InputRefused with line and column."""

    def __init__(self, text: TextIO, source: str) -> None:
        self._text = text
        self._source = source
        self._buffer = ""
        self._at = 0  # in the buffer
        self._counted = 0  # in the buffer: the place whose line and column follow
        self._line = 1
        self._column = 1
        self._after_return = False  # a line feed that follows ends no line of its own
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite_number
        )

    def peek(self, space: str = _SPACE) -> str:
        """Return the next character that is not *space*, without taking it; "" at the end."""
        while True:
            while self._at < len(self._buffer):
                character = self._buffer[self._at]
                if character not in space:
                    return character
                self._at += 1
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Read the next character, which must be one of *wanted*."""
        found = self.peek()
        if not found:
            self.refuse("the text ends too early. Is it cut off?")
        if found not in wanted:
            self.refuse(AMID if found == MARK else f"expected {' or '.join(wanted)}, found {found!r}")
        self._at += 1
        return found

    def first_key(self) -> str | None:
        """Return the first key of the object that comes next, without taking anything."""
        self.peek()
        while not (found := _FIRST_KEY.match(self._buffer, self._at)):
            if not self._grow():
                return None
        return found[1]

    def preview(self) -> Json:
        """Return the value that comes next, not taking it; None where it is faulty, or too long for a row."""
        self.peek()
        while True:
            try:
                found: tuple[Json, int] = self._decoder.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError):  # reading it will say what and where
                if not self._grow():
                    return None
            else:
                return found[0]

    def value(self) -> tuple[Place, Json]:
        """Read the next value, with the place where it starts."""
        if not self.peek():
            self.refuse("the text ends too early. Is it cut off?")
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if not self._grow():
                    self._refuse_broken(error)
            except RecursionError:
                self.refuse("a row with too many levels. Write one object for each row")
            except ValueError as error:
                words = str(error)
                self.refuse("a number with too many digits. Correct it" if "digits" in words else words)
            else:
                if end + AHEAD <= len(self._buffer) or not self._grow():
                    place, self._at = self.place(), end
                    return place, value

    def name(self) -> tuple[Place, str]:
        """Read the name of a member of an object, with the place where it starts."""
        if self.peek() not in ('"', ""):
            self.refuse("expected a name in double quotes")
        place, name = self.value()
        return place, str(name)

    def place(self) -> Place:
        """Return the place of what comes next; a line ends as people's editors show it."""
        passed = self._buffer[self._counted : self._at]
        self._counted = self._at
        if passed:
            end = max(passed.rfind("\n"), passed.rfind("\r"))
            self._column = self._column + len(passed) if end < 0 else len(passed) - end
            self._line += _line_ends(passed) - (self._after_return and passed[0] == "\n")
            self._after_return = passed[-1] == "\r"
        return self._line, self._column

    def where(self, place: Place) -> str:
        """Return the words for a place with which refusals begin."""
        return f"{self._source}, line {place[0]}, column {place[1]}"

    def refuse(self, words: str, place: Place | None = None) -> NoReturn:
        """Raise InputRefused for what is at a place, by default for what comes next."""
        raise InputRefused(f"{self.where(place or self.place())}: {words}") from None

    def _refuse_broken(self, error: json.JSONDecodeError) -> NoReturn:
        cut_off = error.msg.startswith("Unterminated") or error.pos >= len(self._buffer)
        if cut_off and len(self._buffer) - self._at >= LONGEST:
            self.refuse(f"a row of more than {LONGEST} characters. Is a quote or a bracket missing?")
        self._at = max(self._at, min(error.pos, len(self._buffer)))
        if cut_off:
            self.refuse("the text ends too early. Is it cut off?")
        if self._buffer[self._at] == MARK:
            self.refuse(AMID)
        self.refuse(f"not valid JSON: {error.msg.removesuffix(' at')}. Correct that place")

    def _grow(self) -> bool:
        return len(self._buffer) - self._at < LONGEST and self._more()

    def _more(self) -> bool:
        """Drop what was taken and read on; False at the end of the text."""
        piece = self._text.read(CHUNK)
        if piece:
            self.place()
            self._buffer = self._buffer[self._at :] + piece
            self._at = self._counted = 0
        return bool(piece)


def words_for_repeat(key: str) -> str:
    """Return the words for a key that an object has twice."""
    return f"the name {clean(key, 60)!r} twice in one object. Keep one of them"


def array(text: JsonText) -> Values:
    """Read an array; yield its values, each with its place."""
    text.take("[")
    return elements(text)


def elements(text: JsonText) -> Values:
    """Read what follows the bracket that opens an array; yield its values, each with its place."""
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


def keys(text: JsonText) -> Iterator[tuple[Place, str]]:
    """Read an object; yield its keys, each with its place; the caller reads the value before the next key."""
    text.take("{")
    if text.peek() == "}":
        text.take("}")
        return
    while True:
        place, key = text.name()
        text.take(":")
        yield place, key
        if text.take(",}") == "}":
            return


def _line_ends(text: str) -> int:
    returns = text.count("\r")
    return text.count("\n") + (returns - text.count("\r\n") if returns else 0)


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(words_for_repeat(next(name for name in names if names.count(name) > 1)))
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON. Write null or a number")


def _finite_number(digits: str) -> float:
    """Return a number as it would be written again: nothing can be, of one that is too large."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number that is too large. Correct it")
    return number
