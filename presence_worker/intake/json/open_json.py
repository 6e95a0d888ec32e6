"""JSON as integrations write it: an array, lines, an object map, or an array inside an object."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from ...errors import InputRefused, JobFacts, refusals_with
from ...sanitize import clean, quote_toml
from ...settings import Input
from ..columns import IDENTITIES, candidates, column_setting
from ..table import NO_EXPORT, Record, Source, Table
from .find_rows import EXAMPLE, KEY, KEYED, MOST_NAMES, RECORDS, RowSearch, are_columns, words_for_keys
from .json_text import BETWEEN, Json, JsonText, Place, Values, array, keys
from .nested import Row, check_columns, flattener, is_row_below
from .pagination import Beside, may_be_sign, notes_on_part, refuse_part, signs_of_part

TOP = "."  # as input.rows: the document itself is the array
JOINED = (
    "more text after the end of the rows. If several answers were joined, "
    "write their rows into one array, or one row on each line"
)
_ID = re.compile(r"[+-]?\d+", re.ASCII)


class _JsonFile(NamedTuple):
    """A source, and how to understand it."""

    text: JsonText
    source: Source
    config: Input


def open_json(source: Source, config: Input) -> Table:
    """Read as far as the first row, and be ready for the others; raise InputRefused naming the place."""
    text = JsonText(source.text, source.name)
    opened = _JsonFile(text, source, config)
    wanted = config.rows or None
    if text.peek() == "[":
        if wanted not in (None, TOP):
            words = (
                f"the rows are an array at the top. Remove input.rows, or set input.rows = {quote_toml(TOP)}"
            )
            raise InputRefused(f"{text.where(text.place())}: {words}", {"rows": TOP})
        return _make_table("json", _values_then_end(text, array(text)), opened)
    if wanted:
        return _search_table(opened)
    key = text.first_key()
    if _key_identity(config) or (key is not None and _ID.fullmatch(key)):
        return _make_table("json", _values_then_end(text, _read_map(text, config)), opened)
    if _is_row(text.preview(), config):
        return _make_table("jsonl", _values_to_end(text), opened)
    return _search_table(opened)


def open_json_lines(source: Source, config: Input) -> Table:
    """Read objects that follow one another as `open_json` does."""
    text = JsonText(source.text, source.name)
    if config.rows:
        text.refuse("input.rows has no meaning for JSON Lines. Remove input.rows, or input.format")
    return _make_table("jsonl", _values_to_end(text), _JsonFile(text, source, config))


def _values_to_end(text: JsonText) -> Values:
    while text.peek(BETWEEN):
        yield text.value()


def _is_row(value: Json, config: Input) -> bool:
    if not isinstance(value, dict) or are_columns(value):
        return False
    flatten = flattener(config)
    names = list(flatten(value) if flatten else value)
    return any(candidates(names, way, config) for way in IDENTITIES) or is_row_below(value, config)


def _values_then_end(text: JsonText, values: Values) -> Values:
    yield from values
    if text.peek(BETWEEN):
        text.refuse(JOINED)


def _search_table(opened: _JsonFile) -> Table:
    """Return the table of the array that input.rows names, or of the only one."""
    text, _, config = opened
    read_map = (lambda: _read_map(text, config)) if _key_identity(config) else None
    search = RowSearch(text, config.rows or None, read_map)
    rows = search.values()
    notes: list[str] = []
    values = _values_then_end(text, _rows_and_notes(rows, search, notes, opened))
    try:
        table = _make_table("json", values, opened)
    except InputRefused:
        for _ in rows:  # another array further on may be the one; that refuses the file with all of them
            pass
        raise
    return replace(table, notes=notes, rows_path=None if config.rows else search.path)


def _rows_and_notes(rows: Values, search: RowSearch, notes: list[str], opened: _JsonFile) -> Values:
    """Yield the rows; then note what the document says about other rows, or raise InputRefused for it."""
    yield from rows
    found = signs_of_part(search.beside, search.rows, tuple((search.path or "").split(".")))
    if found and opened.config.coverage == "everyone":
        refuse_part(found, opened.text)
    notes.extend([search.note] if search.note else [])
    notes.extend(notes_on_part(found))


# -- an object of rows ---------------------------------------------------------------------------------------


def _key_identity(config: Input) -> str | None:
    """Return the way to name people for which the configuration says that it is the key of each object."""
    return next((way for way in IDENTITIES if column_setting(config, way) == KEY), None)


def _read_map(text: JsonText, config: Input) -> Values:
    """Read {"12": "StatusNormal"}; and {"12": {"status": …}}, if the configuration says what the keys are."""
    way = _key_identity(config)
    name, status = KEY if way else config.associate_id or "associateId", config.status or "status"
    beside: Beside = []
    for place, key in keys(text):
        _, value = text.value()
        if not isinstance(value, dict):
            beside += [((key,), place, value)] if not way and may_be_sign((key,)) else []
            yield place, {name: key, status: value}
            continue
        if not way:
            words = "an object under a number, which may be HR's own number or a row number"
            raise InputRefused(f"{text.where(place)}: {words}. {RECORDS}. {words_for_keys(None)}", *KEYED)
        if any(str(value[own]) != key for own in _names_of_person(value, way)):
            text.refuse(f"{clean(key, 60)} has another {IDENTITIES[way]} inside. Keep one of them", place)
        yield place, {name: key, **value}
    if config.coverage == "everyone" and (found := signs_of_part(beside, sys.maxsize, ())):
        refuse_part(found, text)


def _names_of_person(value: Row, way: str) -> Iterator[str]:
    """Return the names of what an object says itself of whom it is about."""
    names = list(value)
    return (names[place] for place in candidates(names, way, Input()))


# -- records -------------------------------------------------------------------------------------------------


def _make_table(kind: str, values: Values, opened: _JsonFile) -> Table:
    """Return a table whose columns are the names of the first object; later objects may add some."""
    columns: list[str] = []
    records = _records(values, columns, opened)
    with refusals_with(JobFacts(format=kind, encoding=opened.source.encoding)):
        first = next(records, None)
    if first is None:
        raise InputRefused(f"{opened.source.name}: no rows. {NO_EXPORT}")
    return Table(format=kind, columns=columns, records=chain([first], records), is_nested=True)


def _records(values: Values, columns: list[str], opened: _JsonFile) -> Iterator[Record]:
    known = set[str]()
    flatten: Callable[[Row], Row] | None = flattener(opened.config)
    for place, value in values:
        if not isinstance(value, dict):
            opened.text.refuse(f"not an object. Write one object for each row, such as {EXAMPLE}", place)
        row = flatten(value) if flatten else value
        if not known.issuperset(row):
            columns.extend(name for name in row if name not in known)
            known.update(row)
            _check_columns(columns, row, place, opened)
        yield Record(place[0], [row.get(name) for name in columns])


def _check_columns(columns: list[str], row: Row, place: Place, opened: _JsonFile) -> None:
    """Raise InputRefused for columns that cannot be right; a row's deeper fields may be what is missing."""
    text, _, config = opened
    if len(columns) > MOST_NAMES:
        text.refuse(f"more than {MOST_NAMES} names in all rows up to here. Are some of them values?", place)
    if any("\ud800" <= character <= "\udfff" for name in columns for character in name):
        text.refuse("a name with half a character (a lone surrogate). Correct the export", place)
    check_columns(columns, row, config, text.where(place))
