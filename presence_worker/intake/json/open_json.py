"""JSON as integrations write it: an array, lines, an object map, or an array inside an object."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from ...errors import InputRefused
from ...settings import Input
from ...text import clean, toml_quoted
from ..columns import IDENTITIES, candidates, configured
from ..knowing import knowing
from ..table import Record, Source, Table
from .find_rows import EXAMPLE, KEY, KEYED, MOST_NAMES, RECORDS, Search, Values, are_columns, keyed
from .json_text import BETWEEN, JsonText, Place, array, keys
from .nested import Row, flattener, is_row_below, judge
from .pagination import Beside, may_tell, refuse_part, signs, told

TOP = "."  # as input.rows: the document itself is the array
JOINED = (
    "more text after the end of the rows; if several answers were put together, "
    "write their rows into one array, or one row on each line"
)
_ID = re.compile(r"[+-]?\d+", re.ASCII)


class _Opened(NamedTuple):
    """A source, and how to understand it."""

    text: JsonText
    source: Source
    config: Input


def open_json(source: Source, config: Input) -> Table:
    """Find out which shape it is, and be ready for the records."""
    text = JsonText(source.text, source.name)
    opened = _Opened(text, source, config)
    wanted = config.rows or None
    if text.peek() == "[":
        if wanted not in (None, TOP):
            words = f"an array at the top; leave out input.rows, or set input.rows = {toml_quoted(TOP)}"
            raise InputRefused(f"{text.where(text.place())}: {words}", {"rows": TOP})
        return _table("json", _ended(text, array(text)), opened)
    if wanted:
        return _searched(opened)
    key = text.first_key()
    if _keyed_by(config) or (key is not None and _ID.fullmatch(key)):
        return _table("json", _ended(text, _map(text, config)), opened)
    if _is_row(text.preview(), config):
        return _table("jsonl", _one_after_another(text), opened)
    return _searched(opened)


def open_json_lines(source: Source, config: Input) -> Table:
    """Read objects that follow one another."""
    text = JsonText(source.text, source.name)
    if config.rows:
        text.refuse("input.rows has no meaning for JSON Lines; leave out input.rows, or input.format")
    return _table("jsonl", _one_after_another(text), _Opened(text, source, config))


def _one_after_another(text: JsonText) -> Values:
    while text.peek(BETWEEN):
        yield text.value()


def _is_row(value: Any, config: Input) -> bool:
    if not isinstance(value, dict) or are_columns(value):
        return False
    flatten = flattener(config)
    names = list(flatten(value) if flatten else value)
    return any(candidates(names, way, config) for way in IDENTITIES) or is_row_below(value, config)


def _ended(text: JsonText, values: Values) -> Values:
    yield from values
    if text.peek(BETWEEN):
        text.refuse(JOINED)


def _searched(opened: _Opened) -> Table:
    """Return the table of the array that input.rows names, or of the only one."""
    text, _, config = opened
    read_map = (lambda: _map(text, config)) if _keyed_by(config) else None
    search = Search(text, config.rows or None, read_map)
    rows = search.values()
    notes: list[str] = []
    try:
        table = _table("json", _ended(text, _judged(rows, search, notes, opened)), opened)
    except InputRefused:
        for _ in rows:  # another array further on may be the one; that refuses the file with all of them
            pass
        raise
    return replace(table, notes=notes, rows_path=None if config.rows else search.path)


def _judged(rows: Values, search: Search, notes: list[str], opened: _Opened) -> Values:
    """Yield the rows; then tell what the document says of others, or raise InputRefused for it."""
    yield from rows
    found = signs(search.beside, search.rows, tuple((search.path or "").split(".")))
    if found and opened.config.coverage == "everyone":
        refuse_part(found, opened.text)
    notes.extend([search.note] if search.note else [])
    notes.extend(told(found))


# -- an object of rows ---------------------------------------------------------------------------------------


def _keyed_by(config: Input) -> str | None:
    """Return the way to name people for which the configuration says that it is the key of each object."""
    return next((way for way in IDENTITIES if configured(config, way) == KEY), None)


def _map(text: JsonText, config: Input) -> Values:
    """Read {"12": "StatusNormal"}; and {"12": {"status": …}}, if the configuration says what the keys are."""
    way = _keyed_by(config)
    name, status = KEY if way else config.associate_id or "associateId", config.status or "status"
    beside: Beside = []
    for place, key in keys(text):
        _, value = text.value()
        if not isinstance(value, dict):
            beside += [((key,), place, value)] if not way and may_tell((key,)) else []
            yield place, {name: key, status: value}
            continue
        if not way:
            words = "an object under a number, which may be HR's own number, or only the number of a row"
            raise InputRefused(f"{text.where(place)}: {words}; {RECORDS}; {keyed(None)}", *KEYED)
        inside = next((value[found] for found in _also(value, way) if str(value[found]) != key), key)
        if inside != key:
            text.refuse(f"{clean(key, 60)} has another {IDENTITIES[way]} inside; keep one of them", place)
        yield place, {name: key} | value
    if config.coverage == "everyone" and (found := signs(beside, sys.maxsize, ())):
        refuse_part(found, text)


def _also(value: Row, way: str) -> Iterator[str]:
    """Return the names of what an object says itself of whom it is about."""
    names = list(value)
    return (names[place] for place in candidates(names, way, Input()))


# -- records -------------------------------------------------------------------------------------------------


def _table(kind: str, values: Values, opened: _Opened) -> Table:
    """Return a table whose columns are the names of the first object; later objects may add some."""
    columns: list[str] = []
    records = _records(values, columns, opened)
    with knowing(format=kind, encoding=opened.source.encoding):
        first = next(records, None)
    if first is None:
        raise InputRefused(f"{opened.source.name}: no rows; an empty export is usually a broken export")
    return Table(format=kind, columns=columns, records=chain([first], records), is_nested=True)


def _records(values: Values, columns: list[str], opened: _Opened) -> Iterator[Record]:
    known = set[str]()
    flatten: Callable[[Row], Row] | None = flattener(opened.config)
    for place, value in values:
        if not isinstance(value, dict):
            opened.text.refuse(f"expected an object for each row, such as {EXAMPLE}", place)
        row = flatten(value) if flatten else value
        if not known.issuperset(row):
            columns.extend(name for name in row if name not in known)
            known.update(row)
            _judge(columns, row, place, opened)
        yield Record(place[0], [row.get(name) for name in columns])


def _judge(columns: list[str], row: Row, place: Place, opened: _Opened) -> None:
    """Raise InputRefused for columns that cannot be right; a row's deeper fields may be what is missing."""
    text, _, config = opened
    if len(columns) > MOST_NAMES:
        text.refuse(f"more than {MOST_NAMES} names in all rows up to here; are some of them values?", place)
    if any("\ud800" <= character <= "\udfff" for name in columns for character in name):
        text.refuse("a name with half a character (a lone surrogate); correct the export", place)
    judge(columns, row, config, text.where(place))
