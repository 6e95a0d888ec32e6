"""Which SuperOffice status a word in the file means."""

from collections.abc import Callable

from ..model import NOT_PRESENT, PRESENT, STATUSES
from ..settings import Input

WORDS = {
    PRESENT: ("Normal", "Present", "Available"),
    NOT_PRESENT: ("Not available", "Not present", "Absent", "Away", "Holiday"),
}


def plain(word: str) -> str:
    """Give a word as it is compared: without case and spaces."""
    return "".join(word.casefold().split())


def status_reader(config: Input) -> Callable[[str], str | None]:
    """Make the function from a word to a status (or IGNORE), or to None where it is not understood.

    `input.statuses` wins over everything; a number is never guessed, for nobody knows whose it is.
    """
    meanings = {plain(name): name for name in STATUSES}
    meanings |= {plain(word): status for status, words in WORDS.items() for word in words}
    meanings |= {plain(word): meaning for word, meaning in config.statuses.items()}
    seen: dict[str, str | None] = {}  # words repeat; people and their spellings are few

    def read(word: str) -> str | None:
        if word in seen:
            return seen[word]
        meaning = meanings.get(plain(word))
        if len(seen) < 1000:  # noqa: PLR2004 - a file of nothing but strange words stays small in memory
            seen[word] = meaning
        return meaning

    return read
