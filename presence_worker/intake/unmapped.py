"""The statuses of a job that are not understood, counted so that HR can say what they mean."""

from collections import Counter
from typing import Any

from ..settings import Input
from .spelling import unspaced
from .statuses import closest

KEPT = 1000  # different words at most; a file of nothing but sentences stays small in memory
LISTED = 200  # of them, those with the most rows
LONGEST = 60  # characters; a longer one is a sentence, and may be personal


class Unmapped:
    """Owns how many rows there are of each such word."""

    def __init__(self, config: Input) -> None:
        self._config = config
        self._rows = Counter[str]()
        self._others = 0  # rows whose word is not kept

    def add(self, word: str) -> None:
        """Count a row with *word*, which is not empty."""
        if word in self._rows or (len(self._rows) < KEPT and is_listable(word)):
            self._rows[word] += 1
        else:
            self._others += 1

    def listed(self) -> list[dict[str, Any]]:
        """Give each word as it was first spelled, its rows, and the status it may mean; most rows first."""
        return [
            {"value": word, "rows": rows, "closest": closest(word, self._config)}
            for word, rows in self._most()
        ]

    def beyond(self) -> int:
        """Give the number of rows whose word is not among those listed: too long, or too many."""
        return self._rows.total() + self._others - sum(number for _, number in self._most())

    def _most(self) -> list[tuple[str, int]]:
        spelled, rows = dict[str, str](), Counter[str]()
        for word, number in self._rows.items():
            rows[spelled.setdefault(unspaced(word), word)] += number
        return sorted(rows.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]


def is_listable(word: str) -> bool:
    """Whether a value is one that people have agreed on, and that can be stored."""
    return len(word) <= LONGEST and not any("\ud800" <= character <= "\udfff" for character in word)
