"""How names and words are compared: without what people and programs spell differently."""

import re

from ..message import written


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
    return frozenset(map(plain, listed.split(",")))


def bare_words(listed: str) -> frozenset[str]:
    """Return the words of a list, which has commas between them, as `bare` gives them."""
    return frozenset(map(bare, listed.split(",")))
