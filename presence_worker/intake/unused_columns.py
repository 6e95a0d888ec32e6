"""Columns that are not used although they may say which rows count, or when: such a file is refused."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache

from ..errors import InputRefused
from ..message_template import DAYS
from ..model import Row
from ..settings import Input
from .column_questions import ColumnKind, UnusedColumn, question
from .column_words import PIECES
from .columns import FIRST_DAY_BACK, Columns, column_setting
from .day_texts import are_days, may_be_day
from .file_checks import FileCheck
from .json.nested import leaves, steps
from .spelling import bare, bare_words, is_negative, plain
from .status_words import ACTIONS, CHANGES, GRANTED, NOT_GRANTED, UNDONE, is_granted, is_not_granted
from .table import Cell, Cells, text_of

NAMES = {  # what names of each kind are made of, the first that fits counts; in braces, words of PIECES
    ColumnKind.APPROVAL: "{leave}*(?:{approved}|{decision}){state}*"
    "|{leave}*{request}(?:status|state|decision|outcome|stand|stage|step|phase)"
    "|(?:status|state|decision)(?:of|for|on|des|der|av|af|van|på|til)?(?:the|de|het)?{leave}*{request}",
    ColumnKind.CHANGE: "{row}*{change}|{leave}*(?:soft)?{undone}{state}*",
    ColumnKind.ACTION: "{row}*{action}",
    ColumnKind.UNDOING: "{leave}*(?:soft)?{undone}s?{beside_undone}+"
    "|(?:reason|date)(?:of|for){leave}*(?:soft)?{undone}",
    ColumnKind.SIGNING: "{leave}*{approved}{when}+",
    ColumnKind.STATE: "{leave}*status{state}*|{leave}*{mark}{state}*|{show}",
    ColumnKind.PERIOD: "{unit_of_time}",
    ColumnKind.DURATION: "(?:{leave}|{of_unit})*{unit}(?:{leave}|{of_unit}|{unit})*",
}
OTHER_DAY = "{other_days}"  # anywhere in a name
OF_LEAVE = "{leave_or_step}.*(?:{first_or_last}|(?<!da)to)$"
LONGEST = 60  # characters of a name that are compared; a longer one is a sentence
SAMPLED = 20  # cells of a column whose name does not say what it holds; empty ones do not count
MOST_VALUES = 100  # different ones of a column
MOST_SHAPES = 200  # different sets of names of objects; more are values
SURE = (ColumnKind.APPROVAL, ColumnKind.CHANGE)  # by name, whatever the cells hold
DIFFERING = (ColumnKind.STATE, ColumnKind.SIGNING)  # where they are not the same in all rows
WATCHED = (*SURE, *DIFFERING)  # whose empty cells say something, too
BY_CONTENT = (ColumnKind.UNKNOWN, ColumnKind.DURATION, ColumnKind.PERIOD, ColumnKind.STATE)
APPROVALS = GRANTED | NOT_GRANTED
CHANGED = CHANGES | NOT_GRANTED | UNDONE
OF_ROWS = CHANGED | APPROVALS | ACTIONS


@cache
def _pieces() -> Mapping[str, str]:
    words = {name: bare_words(listed) for name, listed in PIECES.items()} | {"undone": UNDONE}
    return {name: f"(?:{'|'.join(sorted(some, key=len, reverse=True))})" for name, some in words.items()}


@cache  # it takes a while, and is needed only where columns are unused
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(template.format_map(_pieces()))


def kind_of(name: str) -> ColumnKind:
    """Return what a column says by its name; of a path in JSON, the last part may decide."""
    for part in (name, name.rpartition(".")[2]):
        found = bare(part)[:LONGEST]
        kinds = (kind for kind, template in NAMES.items() if _pattern(template).fullmatch(found))
        if kind := next(kinds, None):
            return kind
    found = bare(name)
    is_other = _pattern(OTHER_DAY).search(found) and not _pattern(OF_LEAVE).search(found)
    return ColumnKind.OTHER_DAY if is_other else ColumnKind.UNKNOWN


class UnusedColumns(FileCheck):
    """Owns what was seen in the columns that are not used, until it is certain that they do not matter."""

    def __init__(self, config: Input) -> None:
        self._config = config
        self._empty = frozenset(config.empty)
        kinds = map(kind_of, config.only)
        self._knows_states = not {ColumnKind.APPROVAL, ColumnKind.STATE}.isdisjoint(kinds)
        self._accepted = set(map(plain, config.unused))
        self._columns: dict[str, UnusedColumn] = {}
        self._known: set[str] = set()  # plain names that are used, or accepted as unused
        self._shapes = Counter[tuple[str, ...]]()  # of objects of JSON: column and names, and how often seen
        self._lacking: list[str] = []  # of DAYS
        self._open: list[tuple[int, UnusedColumn]] = []  # by position; empty: no row needs a look

    def use_columns(self, columns: Columns) -> None:
        """Watch the columns that are not used; later objects of JSON may bring more of them."""
        names = columns.names
        places = {"from": columns.starts, "until": columns.ends}
        self._lacking = [
            day for day in DAYS if places[day] is None and column_setting(self._config, day) != ""
        ]
        unused = [
            i for i, name in enumerate(names) if i not in columns.used and plain(name) not in self._accepted
        ]
        self._known = self._accepted | {plain(names[place]) for place in columns.used}
        found = [(i, self._columns.setdefault(names[i], _watch(names[i]))) for i in unused]
        self._open = [(i, column) for i, column in found if column.kind is not ColumnKind.OTHER_DAY]
        self.is_open = bool(self._open)

    def add(self, row: Row, cells: Cells) -> bool:
        """See the cells that are not used; return whether it is certain that they do not matter."""
        line, settled = row.line, False
        for place, column in self._open:
            cell = cells[place]
            if isinstance(cell, dict | list):
                self._look_below(column, cell, line)
            else:
                settled |= self._see(column, cell, line)
        if settled:
            self._open = [(i, column) for i, column in self._open if not _is_settled(column)]
        return not self._open

    def _see(self, column: UnusedColumn, cell: Cell, line: int | None) -> bool:
        text = text_of(cell)
        text = "" if text in self._empty else text
        return bool(text or column.kind in WATCHED) and _note(column, text, line)

    def _look_below(self, column: UnusedColumn, value: Cell, line: int | None) -> None:
        """See the fields of an object or array, which may say what no column says."""
        column.is_object = True
        shape = (column.name, *value) if isinstance(value, dict) else (column.name,)
        if len(self._shapes) >= MOST_SHAPES and shape not in self._shapes:
            return
        self._shapes[shape] += 1
        if self._shapes[shape] > SAMPLED:
            return
        for path, called, inner in leaves(value, (column.name,), plain(column.name)):
            name = ".".join(path)
            if self._known.isdisjoint(map(plain, steps(path))):
                self._see(self._columns.setdefault(name, _watch(name, called)), inner, line)

    def refusal(self, where: str) -> InputRefused | None:
        """Return why the job must be refused; None where no column stands against it."""
        found = [(self._says(column), column) for column in self._columns.values()]
        return question([(kind, column) for kind, column in found if kind], self._lacking, where)

    def _says(self, column: UnusedColumn) -> ColumnKind | None:
        """Return what a column says, where that stands against the job."""
        if column.is_object and not any(column.values):
            return None
        if column.kind in SURE or column.rows:
            return column.kind
        if column.kind is ColumnKind.ACTION:
            return ColumnKind.CHANGE if any(map(_may_be_change, map(bare, column.values))) else None
        if column.kind in BY_CONTENT and (kind := _by_content(column)):
            return kind
        if column.kind in DIFFERING:
            return column.kind if _differs(column) and not self._knows_states else None
        return self._says_when(column) if self._lacking and column.kind in BY_CONTENT else None

    def _says_when(self, column: UnusedColumn) -> ColumnKind | None:
        """Return how a column says when leaves are, in a job that lacks a column for their days."""
        rows = column.values.total()
        if not any(column.values):
            return None
        if 2 * _rows_with(may_be_day, column) >= rows:
            return ColumnKind.DAY
        is_named_so = column.kind is ColumnKind.PERIOD or are_days(f"{column.name} - {column.name}")
        by_name = is_named_so and len(self._lacking) == len(DAYS)  # a calendar has a column for each day
        return ColumnKind.PERIOD if by_name or 2 * _rows_with(are_days, column) >= rows else None


def _by_content(column: UnusedColumn) -> ColumnKind | None:
    """Return what a column says about the rows by the words in it alone."""
    texts = [text for text in column.values if bare(text)]
    refused, granted = [*filter(is_not_granted, texts)], [*filter(is_granted, texts)]
    if texts and ((refused and granted) or len(refused) + len(granted) == len(texts)):
        return ColumnKind.APPROVAL
    return ColumnKind.CHANGE if texts and {*map(bare, texts)} <= CHANGED else None


def _differs(column: UnusedColumn) -> bool:
    """Return whether a column differs from row to row; of who approved them, in whether that is empty."""
    signs = column.kind is ColumnKind.SIGNING
    return len({bool(text) if signs else text.casefold() for text in column.values}) > 1


def _rows_with(is_so: Callable[[str], bool], column: UnusedColumn) -> int:
    return sum(rows for text, rows in column.values.items() if is_so(text))


def _watch(name: str, called: str = "") -> UnusedColumn:
    """Return a column to watch; of a field of JSON, what it is *called* may say more than its path."""
    kind = ColumnKind.OTHER_DAY if plain(name) in FIRST_DAY_BACK else kind_of(called)
    return UnusedColumn(name=name, kind=kind_of(name) if kind is ColumnKind.UNKNOWN else kind)


def _note(column: UnusedColumn, text: str, line: int | None) -> bool:
    """Keep what a cell says; return whether the column needs no further look."""
    if len(column.values) < MOST_VALUES or text in column.values:
        column.values[text] += 1
    if column.kind is ColumnKind.UNDOING or (column.kind is ColumnKind.DURATION and is_negative(text)):
        column.rows += 1
        column.first = column.first or line
    return _is_settled(column)


def _may_be_change(word: str) -> bool:
    return word in OF_ROWS or len(word) == 1  # a code, such as I, U and D


def _is_settled(column: UnusedColumn) -> bool:
    return column.kind in (ColumnKind.UNKNOWN, ColumnKind.PERIOD) and column.values.total() >= SAMPLED
