"""JSON as integrations write it: an array, lines, an object map, or an array inside an object."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from ..errors import InputRefused
from ..settings import Input
from .columns import IDENTITIES, candidates, understand
from .json_text import TWICE, JsonText, array, keys
from .knowing import knowing
from .source import Source
from .table import Record, Table

WRAPPERS = ("value", "rows", "items", "data", "users")  # names under which an array of rows is found
EXAMPLE = '{"associateId": 12, "status": "StatusNormal"}'
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
    return _table("json", _ended(text, _wrapped(text)), text, source, config)


def open_json_lines(source: Source, config: Input, text: JsonText | None = None) -> Table:
    """Read objects that follow one another."""
    text = text or JsonText(source.text, source.name)
    return _table("jsonl", _one_after_another(text), text, source, config)


def _one_after_another(text: JsonText) -> Iterator[tuple[int, Any]]:
    while text.peek():
        yield text.value()


def _names_somebody(value: Any, config: Input) -> bool:
    return isinstance(value, dict) and any(candidates(list(value), name, config) for name in IDENTITIES)


def _wrapped(text: JsonText) -> Iterator[tuple[int, Any]]:
    found: str | None = None
    seen = set[str]()
    for _, key in keys(text):
        if key in seen:
            text.refuse(TWICE)
        seen.add(key)
        if key not in WRAPPERS or text.peek() != "[":
            text.value()
        elif found:
            text.refuse(f"an array of rows under {key}, and another one under {found}; keep one of them")
        else:
            found = key
            yield from array(text)
    if not found:
        text.refuse(f"no row such as {EXAMPLE}, and no array of rows under {', '.join(WRAPPERS)}")


def _ended(text: JsonText, values: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    yield from values
    if text.peek():
        text.refuse("more text after the end of the rows")


def _table(
    kind: str, values: Iterator[tuple[int, Any]], text: JsonText, source: Source, config: Input
) -> Table:
    """Give a table whose columns are the names of the first object; later objects may add some."""
    columns: list[str] = []
    records = _records(values, columns, text)
    first = next(records, None)
    if first is None:
        raise InputRefused(f"{source.name}: no rows; an empty export is usually a broken export")
    with knowing(format=kind, encoding=source.encoding):
        understand(columns, config, f"{source.name}, line {first.line}")
    return Table(format=kind, columns=columns, records=chain([first], records))


def _records(values: Iterator[tuple[int, Any]], columns: list[str], text: JsonText) -> Iterator[Record]:
    for line, value in values:
        if not isinstance(value, dict):
            raise InputRefused(
                f"{text.name}, line {line}: expected an object for each row, such as {EXAMPLE}"
            )
        columns.extend(_new(value, columns, f"{text.name}, line {line}"))
        yield Record(line, [value.get(name) for name in columns])


def _new(names: Iterable[str], known: list[str], where: str) -> list[str]:
    new = [name for name in names if name not in known]
    if any("\ud800" <= character <= "\udfff" for name in new for character in name):
        raise InputRefused(f"{where}: a name with half a character (a lone surrogate); mend the export")
    return new


def _map(text: JsonText, config: Input) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read {"12": "StatusNormal"} or {"12": {"status": …, "message": …}}; its keys are associateIds."""
    name, status = config.associate_id or "associateId", config.status or "status"
    for line, key in keys(text):
        _, value = text.value()
        fields = value if isinstance(value, dict) else {status: value}
        if str(fields.get(name, key)) != key:
            raise InputRefused(f"{text.name}, line {line}: {key} has another {name} inside; keep one of them")
        yield line, {name: key} | fields | {name: key}
