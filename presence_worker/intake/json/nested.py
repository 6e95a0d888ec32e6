"""Fields of JSON that stand deeper in a row: each a column with a dotted path, such as "employee.email"."""

import json
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Final, TypeAlias

from ...errors import InputRefused
from ...message_template import DAYS, columns_in
from ...sanitize import clean, quote_toml
from ...settings import Input
from ...wording import series
from ..columns import (
    ALIASES,
    FIRST_DAY_BACK,
    IDENTITIES,
    candidates,
    column_setting,
    find_columns,
    identity_settings,
)
from ..spelling import plain
from .json_text import Json

WRAPPING = {"value", "datetime", "date", "text"}  # names below which a value stands: {"email": {"value": …}}
LABELS = {"label", "type", "timezone"}  # names beside such a value
DEEPEST = 6  # levels
Path = tuple[str, ...]

FIRST = "0"  # in a path: the first value of an array
MOST_NAMED = 5  # arrays in a sentence
MOST = 200  # fields that are read for suggestions
MEANT = ALIASES | {"until": ALIASES["until"] | FIRST_DAY_BACK}
PEOPLE = ("associate_id", "email", "login")  # a login below may be that of the other system
Row = dict[str, Json]


class Absent(Enum):
    """What a path leads to that leads nowhere."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
Reached: TypeAlias = "Json | Absent"


def leaves(value: Json, path: Path = (), called: str = "") -> Iterator[tuple[Path, str, Json]]:
    """Yield the fields that are not objects or arrays, with what each is called and holds.

    "emails.0.value" is called "email": the last name on the way that says more than "value". Of an array of
    objects, the first stands for all.
    """
    if isinstance(value, list) and value and isinstance(value[0], dict):
        yield from leaves(value[0], (*path, "0"), called.removesuffix("s"))
    elif isinstance(value, dict) and len(path) < DEEPEST:
        for name, inner in value.items():
            yield from leaves(inner, (*path, name), called if plain(name) in WRAPPING else plain(name))
    elif path and not isinstance(value, dict | list) and plain(path[-1]) not in LABELS:
        yield path, called, value


def steps(path: Path) -> Iterator[str]:
    """Yield the dotted path of a field, and those of all that it is in."""
    return (".".join(path[:end]) for end in range(1, len(path) + 1))


def flattener(config: Input) -> Callable[[Row], Row] | None:
    """Return the function that adds the fields the configuration names by a path; None: it names none.

    A name that a row has as it is wins. What a path leads to is None where something on its way is null, or
    an array is too short. Where it leads nowhere, the row has no such field.
    """
    days = [column_setting(config, key) for key in DAYS]
    names = [name for name in _names(config) if "." in name and all(name.split("."))]
    readers = {name: _look_up_day if name in days else look_up for name in names}
    if not readers:
        return None

    def flatten(row: Row) -> Row:
        wanted = [name for name in readers if name not in row]
        found = {name: inner for name in wanted if (inner := readers[name](row, name)) is not ABSENT}
        return row | found if found else row

    return flatten


def look_up(value: Json, path: str) -> Reached:
    """Return what a dotted path leads to, or ABSENT; the longest name that has dots itself wins."""
    if value is None or isinstance(value, list):
        return _look_up_element(value, path)
    if not isinstance(value, dict):
        return ABSENT
    if path in value:
        return value[path]
    end = len(path)
    while (end := path.rfind(".", 0, end)) > 0:
        if path[:end] in value:
            found = look_up(value[path[:end]], path[end + 1 :])
            if found is not ABSENT:
                return found
    return ABSENT


def _look_up_element(value: list[Json] | None, path: str) -> Reached:
    if value is None:
        return None
    first, _, rest = path.partition(".")
    if not (first.isascii() and first.isdigit()):
        return ABSENT
    if len(first) > len(str(len(value))) or int(first) >= len(value):
        return None
    return look_up(value[int(first)], rest) if rest else value[int(first)]


def _look_up_day(row: Row, path: str) -> Reached:
    """Return a day as `look_up` does; of an array with several values, its text: one day is not all."""
    parts = path.split(".")
    arrays = [look_up(row, ".".join(parts[:end])) for end in range(1, len(parts)) if parts[end].isdigit()]
    several = next((each for each in arrays if isinstance(each, list) and len(each) > 1), None)
    return json.dumps(several) if several else look_up(row, path)


def _names(config: Input) -> list[str]:
    """Return all names of columns that a configuration has."""
    keys = (*IDENTITIES, "status", "message", *DAYS)
    single = [name for key in keys if (name := column_setting(config, key))]
    return list(dict.fromkeys([*single, *config.only, *config.unused, *columns_in(config.message_template)]))


def suggestions(columns: Sequence[str], row: Row, config: Input) -> dict[str, str]:
    """Return the settings that a row's deeper fields could fill, with the first path for each.

    Those that one of the *columns* fills are left out, unless the row has an object or array there.
    """
    flat = _flat_names(columns, row)
    ways = identity_settings(config) or [*IDENTITIES]
    people = [] if any(candidates(flat, way, config) for way in ways) else ways
    status = [] if config.default_status or candidates(flat, "status", config) else ["status"]
    wanted = [*people, *status, *_days_lacking(flat, config)]
    found = dict[str, str]()
    for path, called in _deeper_fields(row, config):
        key = next((key for key in wanted if called in MEANT[key]), None)
        if key and not (FIRST in path and (key in DAYS or plain(path[-1]) == called)):  # more rows may follow
            if key == "until" and key not in found and called in FIRST_DAY_BACK:
                found["until_means"] = "first_day_back"
            found.setdefault(key, ".".join(path))
    best = next((way for way in PEOPLE if way in found), None)
    return {key: path for key, path in found.items() if key not in PEOPLE or key == best}


def arrays_of_days(columns: Sequence[str], row: Row, config: Input) -> list[str]:
    """Return the paths of a row's arrays that hold first or last days, where the row itself has none."""
    meant = [MEANT[key] for key in _days_lacking(_flat_names(columns, row), config)]
    fields = [path for path, called in _deeper_fields(row, config) if any(called in names for names in meant)]
    return list(dict.fromkeys(".".join(path[: path.index(FIRST)]) for path in fields if FIRST in path))


def is_row_below(value: Row, config: Input) -> bool:
    """Return whether an object is probably a row, with its person further down: no array in it has rows."""
    fields = [(path, called) for path, called, _ in islice(leaves(value), MOST)]
    if any(FIRST in path and plain(path[-1]) == called for path, called in fields):
        return False
    return not suggestions(list(value), value, config).keys().isdisjoint(PEOPLE)


def _flat_names(columns: Sequence[str], row: Row) -> list[str]:
    return [name for name in columns if not isinstance(row.get(name), dict | list)]


def _days_lacking(flat: Sequence[str], config: Input) -> list[str]:
    """Return which of the days no column has; None as its name is not set, "" says that there is none."""
    return [key for key in DAYS if column_setting(config, key) != "" and not candidates(flat, key, config)]


def _deeper_fields(row: Row, config: Input) -> list[tuple[Path, str]]:
    """Return the path of each deeper field, and what it is called."""
    unused = {plain(name) for name in config.unused}
    found = [(path, called) for path, called, _ in islice(leaves(row), MOST) if len(path) > 1]
    return [(path, called) for path, called in found if unused.isdisjoint(map(plain, steps(path)))]


def paths_of(settings: dict[str, str]) -> list[str]:
    """Return the paths among the values of settings."""
    return [path for path in settings.values() if "." in path]


def as_settings(settings: dict[str, str]) -> str:
    """Return settings as a list to paste."""
    return ", ".join(f"input.{key} = {quote_toml(path)}" for key, path in settings.items())


# -- columns that lack what fields below them have -----------------------------------------------------------


def check_columns(columns: Sequence[str], row: Row, config: Input, where: str) -> None:
    """Raise InputRefused, with the settings that help, where *columns* lack what fields in a *row* have."""
    settings = suggestions(columns, row, config)
    try:
        find_columns(columns, config, where)
    except InputRefused as refused:
        raise _with_paths(refused, settings) if settings else _with_arrays(refused, row) from None
    if arrays := arrays_of_days(columns, row, config):
        words = f"arrays {_list_paths(arrays)} with days in each row. Write one row for each leave"
        raise InputRefused(f"{where}: {words}, or set {_words_for_unused(arrays)}", {"unused": arrays}, {})
    if settings:
        paths = paths_of(settings)
        words = f"{_list_paths(paths)} not used. Set {as_settings(settings)}, or {_words_for_unused(paths)}"
        raise InputRefused(f"{where}: {words}", settings, {"unused": paths})


def _with_paths(refused: InputRefused, settings: dict[str, str]) -> InputRefused:
    words = f"Fields inside other fields need their path: set {as_settings(settings)}"
    return InputRefused(f"{refused}. {words}", settings, facts=refused.facts)


def _with_arrays(refused: InputRefused, row: Row) -> InputRefused:
    """Return a refusal with the arrays of objects in a row: the document may be several answers in one."""
    lists = {name: value for name, value in row.items() if isinstance(value, list) and value}
    arrays = [name for name, value in lists.items() if isinstance(value[0], dict)]
    if not arrays:
        return refused
    words = f"Each object has an array of objects ({_list_paths(arrays)}). Write their rows into one array"
    return InputRefused(f"{refused}. {words}", *refused.ways, settings=refused.settings, facts=refused.facts)


def _list_paths(paths: Sequence[str]) -> str:
    return series([clean(path, 60) for path in paths[:MOST_NAMED]], "and")


def _words_for_unused(paths: Sequence[str]) -> str:
    return f"input.unused = [{', '.join(map(quote_toml, paths))}]"
