"""How our types look in JSON: the one place where their fields become keys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from datetime import date
from typing import TypeAlias

from .next_step import NextStep, command_line

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | bool | None"
MAY_LACK = {"may_lack": True}  # metadata of a field: where its value is None, JSON does not have its key
FLAT = {"is_flat": True}  # likewise; the keys of its value stand in place of its own
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


def _members(values: Iterable[tuple[Field[object], object]]) -> Iterator[tuple[str, Json]]:
    for field, value in values:
        told = to_json(value)
        if told is None and field.metadata:
            continue
        if "is_flat" in field.metadata and isinstance(told, Mapping):
            yield from told.items()
        else:
            yield KEYS.get(field.name, field.name), told
