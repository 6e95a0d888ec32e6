"""Which SuperOffice status a word in the file means."""

import re
from collections.abc import Callable
from difflib import SequenceMatcher

from ..message import written
from ..model import NOT_PRESENT, PRESENT, STATUSES
from ..settings import Input

# In English, German, Swedish, Norwegian, Danish and Dutch. No word for free, such as ledig: it is off duty
# in one language, and available in another.
WORDS = {
    PRESENT: """
        Normal, Present, Available, At work, Working, In the office,
        Anwesend, Verfügbar, Im Dienst, Im Büro, Bei der Arbeit,
        Närvarande, Tillgänglig, Anträffbar, På plats, På jobbet, På kontoret, I tjänst,
        Til stede, Tilgjengelig, På jobb, På plass, Tilgængelig, På arbejde, På job,
        Aanwezig, Beschikbaar, Op het werk, Aan het werk, Op kantoor
    """,
    NOT_PRESENT: """
        Not available, Unavailable, Not present, Absent, Away, Out of office, Not at work, Not in the office,
        Holiday, On holiday, Vacation, On vacation, On leave, Annual leave,
        Abwesend, Nicht anwesend, Nicht verfügbar, Nicht im Büro, Nicht im Dienst, Außer Haus,
        Urlaub, Im Urlaub, In Urlaub, Ferien, In den Ferien,
        Frånvarande, Ej närvarande, Inte närvarande, Ej tillgänglig, Inte tillgänglig, Otillgänglig,
        Ej anträffbar, Ej på plats, Inte på plats, Ej i tjänst, Borta, Semester, På semester,
        Fraværende, Ikke til stede, Ikke tilgjengelig, Utilgjengelig, Ikke på jobb, Ikke på plass, Borte,
        Ferie, På ferie, Permisjon, I permisjon, Ikke tilgængelig, Utilgængelig, Ikke på arbejde, Orlov,
        På orlov,
        Afwezig, Niet aanwezig, Niet beschikbaar, Niet op het werk, Niet op kantoor,
        Vakantie, Op vakantie, Met vakantie, Verlof, Met verlof, Op verlof
    """,
}
CLOSE = 0.75  # of two words that may be one misspelled; 1 is the same
CLEAR = 0.1  # closer than to any word with another meaning: "unavailable" is close to "available", too


def plain(word: str) -> str:
    """Give a word as it is compared: without case, spaces and what cannot be seen."""
    return "".join(written(word).casefold().split())


def _bare(word: str) -> str:
    """Give a word as ours are compared, without hyphens as well; HR's codes may be told apart by them."""
    return re.sub("[_.-]+", "", plain(word))


KNOWN = {_bare(name): name for name in STATUSES} | {
    _bare(word): status for status, words in WORDS.items() for word in words.split(",")
}


def status_reader(config: Input) -> Callable[[str], str | None]:
    """Make the function from a word to a status (or IGNORE), or to None where it is not understood.

    `input.statuses` wins over everything; a number is never guessed, for nobody knows whose it is.
    """
    mapped = {plain(word): meaning for word, meaning in config.statuses.items()}
    seen: dict[str, str | None] = {}  # words repeat; people and their spellings are few

    def read(word: str) -> str | None:
        if word in seen:
            return seen[word]
        meaning = mapped.get(plain(word)) or KNOWN.get(_bare(word))
        if len(seen) < 1000:  # noqa: PLR2004 - a file of nothing but strange words stays small in memory
            seen[word] = meaning
        return meaning

    return read


def closest(word: str, config: Input) -> str:
    """Give the allowed status of which *word* may be a misspelling, "" where that is not clear."""
    matcher, likeness = SequenceMatcher(b=_bare(word)), dict[str, float]()
    for known, status in KNOWN.items():
        matcher.set_seq1(known)
        if matcher.real_quick_ratio() >= CLOSE - CLEAR and matcher.quick_ratio() >= CLOSE - CLEAR:
            likeness[status] = max(likeness.get(status, 0), matcher.ratio())
    best, *others = [*sorted(likeness, key=likeness.__getitem__, reverse=True), ""]
    is_clear = bool(best) and all(likeness[best] - likeness.get(other, 0) >= CLEAR for other in others)
    return best if is_clear and likeness[best] >= CLOSE and best in config.allowed_statuses else ""
