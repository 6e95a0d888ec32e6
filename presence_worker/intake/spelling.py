"""How names and words are compared: without what people and programs spell differently."""

import re
import unicodedata
from collections.abc import Iterator

from ..message import written

_AS_TWO = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa", "ß": "ss"})
_AS_ONE = str.maketrans({"æ": "a", "ø": "o", "ß": "ss"})  # others are parted from what stands above them


def unspaced(word: str) -> str:
    """Return a word without case, spaces and what cannot be seen; hyphens may tell two codes apart."""
    return "".join(written(word).casefold().split())


def plain(name: str) -> str:
    """Return a name without case, spaces, _, -, dots and what cannot be seen."""
    return re.sub(r"[\s_.-]+", "", written(name).casefold())


def bare(name: str) -> str:
    """Return the letters and digits of a name or word, without case."""
    return re.sub(r"[\W_]+", "", written(name).casefold())


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
