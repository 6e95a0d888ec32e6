"""How names, words and numbers are compared: without what people and programs spell differently."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from ..message_text import normalize_message

_AS_TWO = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa", "ß": "ss"})
_AS_ONE = str.maketrans({"æ": "a", "ø": "o", "ß": "ss"})  # others are parted from what stands above them

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)
_POSITIVE = re.compile(r"[+-]?(\d*[.,]?\d+)", re.ASCII)
_SHORT = re.compile(r"([+-]?(?:0|[1-9]\d*))(?:[.,](\d{1,2}))?\s*%?", re.ASCII)  # 007 is a code
_NEGATIVE = re.compile(r"[-\u2212]\s*[\d.,:]*\d.*|\d+([.,:]\d+)?-")


def without_spaces(word: str) -> str:
    """Return a word without case, spaces and what cannot be seen; hyphens stay, as codes may need them."""
    return "".join(normalize_message(word).casefold().split())


def plain(name: str) -> str:
    """Return a name without case, spaces, _, -, dots and what cannot be seen."""
    return re.sub(r"[\s_.-]+", "", normalize_message(name).casefold())


def bare(name: str) -> str:
    """Return the letters and digits of a name or word, without case."""
    return re.sub(r"[\W_]+", "", normalize_message(name).casefold())


def plain_names(listed: str) -> frozenset[str]:
    """Return the names of a list, which has commas between them, as `plain` gives them."""
    return frozenset(map(plain, _spellings(listed)))


def bare_words(listed: str) -> frozenset[str]:
    """Return the words of a list, which has commas between them, as `bare` gives them."""
    return frozenset(map(bare, _spellings(listed)))


def _spellings(listed: str) -> Iterator[str]:
    """Yield each word as it is, and as programs write it that have ASCII alone: ö is oe, or only o."""
    for word in listed.lower().split(","):
        yield word
        if not word.isascii():
            yield word.translate(_AS_TWO)
            parted = unicodedata.normalize("NFD", word.translate(_AS_ONE))
            yield "".join(character for character in parted if not unicodedata.combining(character))


def is_number(text: str) -> bool:
    """Return whether a text is a number, with decimals or without."""
    return bool(_NUMBER.fullmatch(text))


def is_negative(text: str) -> bool:
    """Return whether a text is less than nothing: a number, or hours and minutes."""
    return bool(_NEGATIVE.fullmatch(text))


def number_in(text: str) -> float | None:
    """Return how far the number of a text is from nothing; None: it is not a number."""
    match = _POSITIVE.fullmatch(text)
    return float(match[1].replace(",", ".")) if match else None


def short_number_in(text: str) -> Decimal | None:
    """Return a number of at most two decimals, perhaps of percent: 100, "100.0" and "100 %" are the same."""
    match = _SHORT.fullmatch(text)
    return Decimal(f"{match[1]}.{match[2] or 0}") if match else None
