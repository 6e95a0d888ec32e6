"""Which SuperOffice status a row asks for."""

from collections import Counter
from collections.abc import Callable

from ..model import PRESENT, Reason
from ..run_states import UnknownStatus
from ..settings import ANY_OTHER, IGNORE, WITHDRAWN, Input
from .spelling import plain, without_spaces
from .status_words import KNOWN, closest, is_approval, is_not_granted
from .table import FORMULA_ERROR, Cells, is_error, text_of

APPROVAL = "the status only says whether a leave is approved"
KEPT = 1000  # different words at most; a file of nothing but sentences stays small in memory
LISTED = 200  # of them, those with the most rows
LONGEST = 60  # characters; a longer one is a sentence, and may be personal


def status_reader(config: Input) -> Callable[[str], str | None]:
    """Build the function from a trimmed word to a status, IGNORE or WITHDRAWN; None: it is not understood.

    `input.statuses` wins over everything. A number is never guessed: each system has its own.
    """
    mapped = {without_spaces(word): meaning for word, meaning in config.statuses.items()}
    any_other = mapped.get(ANY_OTHER)
    empty = frozenset(config.empty)

    def read(word: str) -> str | None:
        if found := mapped.get(without_spaces(word)):
            return found
        if word in empty:
            return mapped.get("")
        return KNOWN.get(plain(word)) or (any_other if _may_be_any(word, any_other) else None)

    return read


def fault_of(word: str, status: str | None, config: Input) -> tuple[Reason, str]:
    """Return what is wrong with a *word* whose *status* is not understood (None) or not allowed."""
    allowed = config.allowed_statuses
    if status is not None:
        return Reason.STATUS_NOT_ALLOWED, f"{status} is not allowed; use {' or '.join(allowed)}"
    remedy = f"write {' or '.join(allowed)}, or add the value to input.statuses"
    if not word or word in config.empty:
        return Reason.UNKNOWN_STATUS, f'no status; {remedy}, where "" is an empty cell'
    if is_error(word):
        return Reason.UNKNOWN_STATUS, f"the status {FORMULA_ERROR}"
    if is_approval(word):
        return Reason.UNKNOWN_STATUS, f"{APPROVAL}; {remedy}"
    return Reason.UNKNOWN_STATUS, f"the status is unknown; {remedy}"


def _may_be_any(word: str, meaning: str | None) -> bool:
    """Return whether "*" of input.statuses covers a word: a value, and none by which a leave does not hold.

    What is cancelled, rejected or not yet approved sets no person away unless it is mapped itself.
    """
    sets_away = meaning not in (None, IGNORE, WITHDRAWN, PRESENT)
    return bool(without_spaces(word)) and not is_error(word) and not (sets_away and is_not_granted(word))


class StatusColumn:
    """Owns the words that the status of rows had, with what they mean."""

    def __init__(self, config: Input) -> None:
        self._config = config
        self._place: int | None = None
        self._mean = status_reader(config)
        self.allowed = frozenset({*config.allowed_statuses, WITHDRAWN})
        self.words: dict[str, str | None] = {}  # they repeat
        self.unmapped = Unmapped(config)

    def use_column(self, place: int | None) -> None:
        """Read the column at this place from now on; None: input.default_status holds for all rows."""
        self._place = place

    def read(self, cells: Cells) -> str | None:
        """Return the status of a row, IGNORE or WITHDRAWN; None where it is not understood."""
        if self._place is None:
            return self._config.default_status
        found = cells[self._place]
        word = found.strip() if type(found) is str else text_of(found)
        try:
            return self.words[word]
        except KeyError:
            status = self._mean(word)
        if len(self.words) < KEPT:
            self.words[word] = status
        return status

    def fault(self, cells: Cells, status: str | None) -> tuple[Reason, str]:
        """Return what is wrong with a row's *status*; a word that is not understood is counted."""
        found = "" if self._place is None else cells[self._place]
        word = text_of(found)
        is_empty = not word or word in self._config.empty
        if status is None and not is_empty and not is_error(word) and not isinstance(found, list | dict):
            self.unmapped.add(word)
        return fault_of(word, status, self._config)


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

    def most_frequent(self) -> list[UnknownStatus]:
        """Return each word as it was first spelled, its rows, and the status it may mean; most rows first."""
        return [UnknownStatus(word, rows, closest(word, self._config)) for word, rows in self._most()]

    def beyond(self) -> int:
        """Return the number of rows whose word is not among those listed: too long, or too many."""
        return self._rows.total() + self._others - sum(number for _, number in self._most())

    def _most(self) -> list[tuple[str, int]]:
        spelled, rows = dict[str, str](), Counter[str]()
        for word, number in self._rows.items():
            rows[spelled.setdefault(without_spaces(word), word)] += number
        return sorted(rows.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]


def is_listable(word: str) -> bool:
    """Return whether a value is one that people have agreed on, and that can be stored."""
    return len(word) <= LONGEST and not any("\ud800" <= character <= "\udfff" for character in word)
