"""How our types look in JSON: the one place where their fields become keys."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from .next_step import NextStep, command_line

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | bool | None"
T = TypeVar("T")
Read: TypeAlias = Callable[[Any], Any]  # from what JSON has to a value of ours
MAY_LACK = {"may_lack": True}  # metadata of a field: where its value is None, JSON does not have its key
FLAT = {"is_flat": True}  # the keys of its value stand in place of its own
KEYS = {"starts": "from", "ends": "until"}  # of fields that cannot be called so: `from` is a word of Python


def to_json(value: object) -> Json:
    """Return *value* as JSON has it: a type by its fields, in their order, a next step as a command line."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, NextStep):
        return command_line(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: to_json(each) for key, each in value.items()}
    if is_dataclass(value):
        return dict(_members((each, getattr(value, each.name)) for each in fields(value)))
    return [to_json(each) for each in value] if isinstance(value, Iterable) else str(value)


def json_object(value: object) -> dict[str, Json]:
    """Return the fields of a type as JSON has them."""
    form = to_json(value)
    return {**form} if isinstance(form, Mapping) else {}


def _members(values: Iterable[tuple[Field[object], object]]) -> Iterator[tuple[str, Json]]:
    for field, value in values:
        form = to_json(value)
        if form is None and field.metadata:
            continue
        if "is_flat" in field.metadata and isinstance(form, Mapping):
            yield from form.items()
        else:
            yield KEYS.get(field.name, field.name), form


def from_json(kind: type[T], found: Json) -> T:
    """Return the value that was written as *found*; raise ValueError if it is not of that *kind*.

    What is missing, or null, has its default. Unknown keys are skipped.
    """
    try:
        value: T = _reader_of(kind)(found)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a valid {kind.__name__}: {error}") from error
    return value


def _reader_of(kind: Any) -> Read:
    return _reader(kind)


@cache
def _reader(kind: Any) -> Read:
    if get_origin(kind) is Mapping:
        return dict  # of texts
    options = [each for each in get_args(kind) if each not in (type(None), ...)]
    if options:
        read = _reader(options[0])
        is_optional = type(None) in get_args(kind)
        return _optional(read) if is_optional else lambda found: tuple(map(read, found))
    if kind is date:
        return date.fromisoformat
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        return _type_reader(kind)
    return kind if issubclass(kind, StrEnum) else _plain(kind)


def _optional(read: Read) -> Read:
    return lambda found: None if found is None else read(found)


def _plain(kind: type) -> Read:
    def read(found: Json) -> Json:
        if isinstance(found, kind) or (kind is float and isinstance(found, int)):
            return found
        raise ValueError(f"expected {kind.__name__}")

    return read


def _type_reader(kind: Any) -> Read:
    hints = get_type_hints(kind)
    flat = {each.name for each in fields(kind) if "is_flat" in each.metadata} if is_dataclass(kind) else set()
    names = {KEYS.get(name, name): name for name in hints if name not in flat}
    readers = {name: _reader(hint) for name, hint in hints.items()}
    keys_of = {name: get_type_hints(get_args(hints[name])[0]).keys() for name in flat}
    may_be_null = {name for name, hint in hints.items() if type(None) in get_args(hint)}

    def read(found: Mapping[str, Json]) -> Any:
        form = {names[key]: value for key, value in found.items() if key in names}
        known = {
            name: readers[name](value)
            for name, value in form.items()
            if value is not None or name in may_be_null
        }
        known |= {name: readers[name](found) for name, keys in keys_of.items() if keys & found.keys()}
        return kind(**known)

    return read
