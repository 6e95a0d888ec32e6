"""What a reader should know of comments that are sent: they may not say what was written."""

from collections import Counter

from ..text import counted

LOST = "\ufffd"  # a letter that another program could not read
_LISTED = """
    n/a, n.a., na, none, null, nil, (null), <null>, undefined, nan, -, --, ---, –, —, ., ingen, inget, keine,
    kein, geen, intet, k.a., n.v.t., e.t.
"""  # what programs and people write where there is nothing
_WORDS = [word.strip() for word in _LISTED.split(",")]
NOTHING = frozenset(form for word in _WORDS for form in (word, word.upper(), word.capitalize()))


class Comments:
    """Owns how many comments have lost a letter, or may stand for nothing."""

    def __init__(self) -> None:
        self._lost = 0
        self._nothing = Counter[str]()

    def add(self, message: str) -> None:
        """Count the comment of a row that is sent, now or later."""
        if message in NOTHING:
            self._nothing[message] += 1
        self._lost += LOST in message

    def notes(self) -> list[str]:
        """Return a sentence on each kind; the words are ours and no reasons of absence."""
        found = []
        if self._lost:
            found.append(
                f"a letter was lost before the file was read (it has {LOST} in its place) in "
                f"{counted(self._lost, 'comment')}; export the file as UTF-8"
            )
        if self._nothing:
            words = ", ".join(f'"{word}"' for word, _ in self._nothing.most_common())
            found.append(
                f"{counted(self._nothing.total(), 'comment')} may stand for nothing and will be shown: "
                f"{words}; if such cells are empty, add these words to input.empty"
            )
        return found
