"""JSON as integrations write it: an array, lines, an object map, or an array inside an object."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from ..errors import InputRefused
from ..settings import Input
from ..text import clean
from .columns import IDENTITIES, candidates, understand
from .json_text import JsonText, Place, array, keys, twice
from .knowing import knowing
from .source import Source
from .table import Record, Table

WRAPPERS = ("value", "rows", "items", "data", "users")  # names under which an array of rows is found
NEXT_PAGE = ("odata.nextLink", "@odata.nextLink", "nextLink")  # names beside it that tell of more rows
MORE = "the file says that there are more pages: only this one is read"
EXAMPLE = '{"associateId": 12, "status": "StatusNormal"}'
MOST_NAMES = 1000  # that a job may have; more are no columns, and would fill the memory
Values = Iterator[tuple[Place, Any]]
_ID = re.compile(r"[+-]?\d+", re.ASCII)


def open_json(source: Source, config: Input) -> Table:
    """Find out which shape it is, and be ready for the records."""
    text = JsonText(source.text, source.name)
    if text.peek() == "[":
        return _table("json", _ended(text, array(text)), text, source, config)
    key = text.first_key()
    if key is not None and _ID.fullmatch(key):
        return _table("json", _ended(text, _map(text, config)), text, source, config)
    if _names_somebody(text.preview(), config):
        return open_json_lines(source, config, text)
    notes: list[str] = []
    table = _table("json", _ended(text, _wrapped(text, notes)), text, source, config)
    return replace(table, notes=notes)


def open_json_lines(source: Source, config: Input, text: JsonText | None = None) -> Table:
    """Read objects that follow one another."""
    text = text or JsonText(source.text, source.name)
    return _table("jsonl", _one_after_another(text), text, source, config)


def _one_after_another(text: JsonText) -> Values:
    while text.peek():
        yield text.value()


def _names_somebody(value: Any, config: Input) -> bool:
    return isinstance(value, dict) and any(candidates(list(value), name, config) for name in IDENTITIES)


def _wrapped(text: JsonText, notes: list[str]) -> Values:
    """Read the array of rows inside an object; *notes* tell, once all was read, whether there are others."""
    under: str | None = None
    seen = set[str]()
    for place, key in keys(text):
        if key in seen:
            text.refuse(twice(key), place)
        if len(seen) == MOST_NAMES:
            text.refuse(f"more than {MOST_NAMES} names, and none is that of an array of rows", place)
        seen.add(key)
        if key not in WRAPPERS or text.peek() != "[":
            _, value = text.value()
            if key in NEXT_PAGE and value and MORE not in notes:
                notes.append(MORE)
        elif under:
            text.refuse(f"an array of rows under {key}, and another one under {under}; keep one of them")
        else:
            under = key
            yield from array(text)
    if not under:
        text.refuse(f"no row such as {EXAMPLE}, and no array of rows under {', '.join(WRAPPERS)}")


def _ended(text: JsonText, values: Values) -> Values:
    yield from values
    if text.peek():
        text.refuse("more text after the end of the rows")


def _table(kind: str, values: Values, text: JsonText, source: Source, config: Input) -> Table:
    """Give a table whose columns are the names of the first object; later objects may add some."""
    columns: list[str] = []
    records = _records(values, columns, text, config)
    with knowing(format=kind, encoding=source.encoding):
        first = next(records, None)
    if first is None:
        raise InputRefused(f"{source.name}: no rows; an empty export is usually a broken export")
    return Table(format=kind, columns=columns, records=chain([first], records))


def _records(values: Values, columns: list[str], text: JsonText, config: Input) -> Iterator[Record]:
    known = set[str]()
    for place, value in values:
        if not isinstance(value, dict):
            text.refuse(f"expected an object for each row, such as {EXAMPLE}", place)
        if not known.issuperset(value):
            columns.extend(name for name in value if name not in known)
            known.update(value)
            _judge(columns, text, place, config)
        yield Record(place[0], [value.get(name) for name in columns])


def _judge(columns: list[str], text: JsonText, place: Place, config: Input) -> None:
    if len(columns) > MOST_NAMES:
        text.refuse(f"more than {MOST_NAMES} names in all rows up to here; are some of them values?", place)
    if any("\ud800" <= character <= "\udfff" for name in columns for character in name):
        text.refuse("a name with half a character (a lone surrogate); mend the export", place)
    understand(columns, config, text.where(place))


def _map(text: JsonText, config: Input) -> Values:
    """Read {"12": "StatusNormal"} or {"12": {"status": …, "message": …}}; its keys are associateIds."""
    name, status = config.associate_id or "associateId", config.status or "status"
    for place, key in keys(text):
        _, value = text.value()
        fields = value if isinstance(value, dict) else {status: value}
        if str(fields.get(name, key)) != key:
            text.refuse(f"{clean(key, 60)} has another {name} inside; keep one of them", place)
        yield place, {name: key} | fields | {name: key}
