"""The statuses of a job that nobody understands, counted for whoever is to say what they mean."""

from collections import Counter

from .statuses import plain

KEPT = 1000  # different words at most; a file of nothing but sentences stays small in memory
LISTED = 200  # of them, those with the most rows
LONGEST = 60  # characters; a longer one is no status but a sentence, and may be somebody's


class Unmapped:
    """Owns how many rows there are of each such word."""

    def __init__(self) -> None:
        self._rows = Counter[str]()
        self._others = 0  # rows whose word is not kept

    def add(self, word: str) -> None:
        """Count a row with *word*, which is not empty."""
        if word in self._rows or (len(self._rows) < KEPT and _is_listable(word)):
            self._rows[word] += 1
        else:
            self._others += 1

    def listed(self) -> list[tuple[str, int]]:
        """Give each word, as it was first spelled, with its rows; most rows first."""
        spelled, rows = dict[str, str](), Counter[str]()
        for word, number in self._rows.items():
            rows[spelled.setdefault(plain(word), word)] += number
        return sorted(rows.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]

    def beyond(self) -> int:
        """Give the number of rows whose word is not among those listed: too long, or too many."""
        return self._rows.total() + self._others - sum(number for _, number in self.listed())


def _is_listable(word: str) -> bool:
    return len(word) <= LONGEST and not any("\ud800" <= character <= "\udfff" for character in word)
