"""Which rows count, by what input.only says of their columns."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from ..errors import InputRefused, JobFacts
from ..message_text import normalize_message
from ..model import Reason
from ..run_states import FilteredValue
from ..settings import Input
from .columns import Columns, column_called
from .file_checks import FileCheck
from .spelling import bare, short_number_in
from .status_words import GRANTED
from .statuses import KEPT, LISTED, is_listable
from .table import FORMULA_ERROR, Cells, is_error, text_of

REMEMBERED = 1000  # different texts of a column; a filter is on one with few
NONE_COUNTS = "no row counts, as input.only skips all rows. Compare its values with those of the file"
ALL_DROPPED = 'With input.coverage = "everyone", all planned absences would be cancelled'


class Filter(FileCheck):
    """Owns how many rows it left out, by column and value."""

    def __init__(self, config: Input) -> None:
        self.is_open = False  # it is asked, and need not see all rows
        self._is_decisive = config.coverage == "everyone"
        self._wanted = {name: frozenset(map(_plain, values)) for name, values in config.only.items()}
        self._empty = frozenset(config.empty)
        self._known: dict[str, dict[str, bool]] = {name: {} for name in config.only}
        self._places: list[tuple[str, int | None]] = []
        self._rows = Counter[tuple[str, str]]()
        self._others = 0  # rows whose value is not kept
        self._kept = 0

    def use_columns(self, columns: Columns) -> None:
        """Use these columns from now on; one that is not there is empty."""
        self._places = [(name, columns.only.get(name)) for name in self._wanted]

    def takes(self, cells: Cells) -> bool:
        """Return whether a row counts; one that does not is counted by the first column against it."""
        for name, place in self._places:
            text = "" if place is None else text_of(cells[place])
            if not self._has(name, text) and not is_error(text):  # an error decides nothing
                self._add((name, text))
                return False
        self._kept += 1
        return True

    def faults(self, cells: Cells) -> list[tuple[Reason, str]]:
        """Return a fault for each column that has an error in place of the value that decides."""
        return [
            (Reason.FORMULA_WITHOUT_VALUE, f"{column_called(name)} {FORMULA_ERROR}")
            for name, place in self._places
            if place is not None and is_error(text := text_of(cells[place])) and not self._has(name, text)
        ]

    def _excludes_all(self) -> bool:
        """Return whether there were rows, and none of them counts."""
        return not self._kept and bool(self._rows or self._others)

    def notes(self) -> Iterable[str]:
        """Return that no row counts, where that is so."""
        return [NONE_COUNTS] if self._excludes_all() else []

    def values_left_out(self) -> list[FilteredValue]:
        """Return the rows that do not count by column and value, most rows first."""
        return [FilteredValue(name, text, rows) for (name, text), rows in self._most()]

    def refusal(self, where: str) -> InputRefused | None:
        """Return the refusal of a whole list of which no row counts; it has the values that were found."""
        if not self._is_decisive or not self._excludes_all():
            return None
        values: dict[str, list[tuple[str, int]]] = {}
        for (name, text), rows in self._most():
            values.setdefault(name, []).append((text, rows))
        likely = {
            name: [text for text, _ in found if bare(text) in GRANTED] or [found[0][0]]
            for name, found in values.items()
        }
        words, ways = f"{where}: {NONE_COUNTS}. {ALL_DROPPED}", [{"only": likely}] * bool(likely)
        return InputRefused(words, *ways, {}, facts=JobFacts(values=values))

    def beyond(self) -> int:
        """Return the number of rows whose value is not among those listed: too long, or too many."""
        return self._rows.total() + self._others - sum(rows for _, rows in self._most())

    def _most(self) -> list[tuple[tuple[str, str], int]]:
        return sorted(self._rows.items(), key=lambda pair: (-pair[1], pair[0]))[:LISTED]

    def _has(self, name: str, text: str) -> bool:
        known = self._known[name]
        if text not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[text] = _plain("" if text in self._empty else text) in self._wanted[name]
        return known[text]

    def _add(self, pair: tuple[str, str]) -> None:
        if pair in self._rows or (len(self._rows) < KEPT and is_listable(pair[1])):
            self._rows[pair] += 1
        else:
            self._others += 1


def _plain(text: str) -> str | Decimal:
    """Return a value as it is compared: without case; 100, "100.0" and "100 %" are the same."""
    text = normalize_message(text)
    number = short_number_in(text)
    return " ".join(text.casefold().split()) if number is None else number
