"""Columns that are not used although they may say which rows count, or when: such a file is refused."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..errors import InputRefused
from ..settings import Input
from ..template import DAYS
from .column_kinds import ColumnKind, kind_of
from .columns import FIRST_DAY_BACK, Columns, configured
from .nesting import leaves, steps
from .questions import Suspect, question
from .spelling import bare, plain
from .states import CHANGES, GRANTED, NOT_GRANTED, UNDONE
from .table import text_of

LOOKED_AT = 20  # cells of a column whose name does not say what it holds; empty ones do not count
MOST_VALUES = 100  # different ones of a column
MOST_SHAPES = 200  # different sets of names of objects; more are values
SURE = (ColumnKind.APPROVAL, ColumnKind.CHANGE)  # by name, whatever the cells hold
BY_CONTENT = (ColumnKind.UNKNOWN, ColumnKind.DURATION)
APPROVALS = GRANTED | NOT_GRANTED
CHANGED = CHANGES | NOT_GRANTED | UNDONE
_NUMERIC = r"\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./ ])\d{1,2}\2(?:\d{4}|\d\d)"
_WORDED = r"\d{1,2}[. -]{1,2}[^\W\d]{3,9}[., -]{1,2}(?:\d{4}|\d\d)|[^\W\d]{3,9}\.? \d{1,2},? \d{4}"
_DAY = re.compile(rf"(?:{_NUMERIC}|{_WORDED})(?:[T ,]+\d.*)?|/Date\(-?\d+(?:[+-]\d{{4}})?\)/")
_NEGATIVE = re.compile(r"[-\u2212]\s*[\d.,:]*\d.*|\d+([.,:]\d+)?-")


class Suspects:
    """Owns what was seen in the columns that are not used, until it is certain that they do not matter."""

    def __init__(self, config: Input) -> None:
        self._config = config
        self._empty = frozenset(config.empty)
        self._accepted = set(map(plain, config.unused))
        self._columns: dict[str, Suspect] = {}
        self._known: set[str] = set()  # plain names that are used, or accepted as unused
        self._shapes = Counter[tuple[str, ...]]()  # of objects of JSON: column and names, and how often seen
        self._lacking: list[str] = []  # of DAYS
        self.open: list[tuple[int, Suspect]] = []  # position, column; empty: no row needs to be looked at

    def stand(self, names: Sequence[str], columns: Columns) -> None:
        """Watch the columns that are not used; later objects of JSON may bring more of them."""
        places = {"from": columns.starts, "until": columns.ends}
        self._lacking = [day for day in DAYS if places[day] is None and configured(self._config, day) != ""]
        unused = [
            i for i, name in enumerate(names) if i not in columns.used and plain(name) not in self._accepted
        ]
        self._known = self._accepted | {plain(names[place]) for place in columns.used}
        found = [(i, self._columns.setdefault(names[i], _suspect(names[i]))) for i in unused]
        self.open = [(i, suspect) for i, suspect in found if suspect.kind is not ColumnKind.OTHER_DAY]

    def look(self, cells: Sequence[Any], line: int | None) -> None:
        """Look at a row that counts."""
        settled = False
        for place, suspect in self.open:
            cell = cells[place]
            if isinstance(cell, dict | list):
                self._look_below(suspect, cell, line)
            else:
                settled |= self._see(suspect, cell, line)
        if settled:
            self.open = [(i, suspect) for i, suspect in self.open if not _is_settled(suspect)]

    def _see(self, suspect: Suspect, cell: Any, line: int | None) -> bool:
        text = text_of(cell)
        text = "" if text in self._empty else text
        return bool(text or suspect.kind in SURE) and _note(suspect, text, line)

    def _look_below(self, column: Suspect, value: dict[str, Any] | list[Any], line: int | None) -> None:
        """Look at the fields of an object or array, which may say what no column says."""
        column.is_object = True
        shape = (column.name, *value) if isinstance(value, dict) else (column.name,)
        if len(self._shapes) >= MOST_SHAPES and shape not in self._shapes:
            return
        self._shapes[shape] += 1
        if self._shapes[shape] > LOOKED_AT:
            return
        for path, called, inner in leaves(value, (column.name,), plain(column.name)):
            name = ".".join(path)
            if self._known.isdisjoint(map(plain, steps(path))):
                self._see(self._columns.setdefault(name, _suspect(name, called)), inner, line)

    def refusal(self, where: str) -> InputRefused | None:
        """Return why the job must be refused; None where no column stands against it."""
        found = [(self._says(suspect), suspect) for suspect in self._columns.values()]
        return question([(kind, suspect) for kind, suspect in found if kind], self._lacking, where)

    def _says(self, suspect: Suspect) -> ColumnKind | None:
        """Return what a column says, where that stands against the job."""
        if suspect.is_object and not any(suspect.values):
            return None
        if suspect.kind in SURE or suspect.rows:
            return suspect.kind
        words = {*map(bare, suspect.values)}
        if suspect.kind is ColumnKind.ACTION:
            return ColumnKind.CHANGE if any(map(_may_be_change, words)) else None
        if suspect.kind not in BY_CONTENT or not words:
            return None
        if words <= APPROVALS:
            return ColumnKind.APPROVAL
        if words <= CHANGED:
            return ColumnKind.CHANGE
        days = sum(rows for text, rows in suspect.values.items() if _DAY.fullmatch(text))
        return ColumnKind.DAY if self._lacking and 2 * days >= suspect.values.total() else None


def _suspect(name: str, called: str = "") -> Suspect:
    """Make a suspect of a column; of a field of JSON, what it is *called* may tell more than its path."""
    kind = ColumnKind.OTHER_DAY if plain(name) in FIRST_DAY_BACK else kind_of(called)
    return Suspect(name=name, kind=kind_of(name) if kind is ColumnKind.UNKNOWN else kind)


def _note(suspect: Suspect, text: str, line: int | None) -> bool:
    """Keep what a cell says; return whether the column needs no further look."""
    if len(suspect.values) < MOST_VALUES or text in suspect.values:
        suspect.values[text] += 1
    if suspect.kind is ColumnKind.UNDOING or (
        suspect.kind is ColumnKind.DURATION and _NEGATIVE.fullmatch(text)
    ):
        suspect.rows += 1
        suspect.first = suspect.first or line
    return _is_settled(suspect)


def _may_be_change(word: str) -> bool:
    return word in CHANGED or word in APPROVALS or len(word) == 1  # a code, such as I, U and D


def _is_settled(suspect: Suspect) -> bool:
    return suspect.kind is ColumnKind.UNKNOWN and suspect.values.total() >= LOOKED_AT
