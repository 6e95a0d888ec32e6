"""Fields of JSON that stand deeper in a row: each a column with a dotted path, such as "employee.email"."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from ..settings import Input
from ..template import DAYS, columns_of
from ..text import toml_quoted
from .columns import ALIASES, FIRST_DAY_BACK, IDENTITIES, candidates, configured, configured_ways, plain
from .nesting import leaves, steps

ABSENT = object()
MOST = 200  # fields that are looked at for suggestions
MEANT = ALIASES | {"until": ALIASES["until"] | FIRST_DAY_BACK}
PEOPLE = ("associate_id", "email", "login")  # a login below may be that of the other system
Row = dict[str, Any]


def flattener(config: Input) -> Callable[[Row], Row] | None:
    """Make the function that adds the fields the configuration names by a path; None: it names none.

    A name that a row has as it is wins. What a path leads to is None where something on its way is null or an
    array too short; where it leads nowhere, the row has no such field.
    """
    names = [name for name in _names(config) if "." in name and all(name.split("."))]
    if not names:
        return None

    def flatten(row: Row) -> Row:
        wanted = [name for name in names if name not in row]
        found = {name: inner for name in wanted if (inner := look_up(row, name)) is not ABSENT}
        return row | found if found else row

    return flatten


def look_up(value: Any, path: str) -> Any:
    """Give what a dotted path leads to, or ABSENT; the longest name that has dots itself wins."""
    if value is None or isinstance(value, list):
        return _element(value, path)
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


def _element(value: list[Any] | None, path: str) -> Any:
    if value is None:
        return None
    first, _, rest = path.partition(".")
    if not (first.isascii() and first.isdigit()):
        return ABSENT
    if len(first) > len(str(len(value))) or int(first) >= len(value):
        return None
    return look_up(value[int(first)], rest) if rest else value[int(first)]


def _names(config: Input) -> list[str]:
    """Give all names of columns that a configuration has."""
    keys = (*IDENTITIES, "status", "message", *DAYS)
    single = [name for key in keys if (name := configured(config, key))]
    return list(dict.fromkeys([*single, *config.only, *config.unused, *columns_of(config.message_template)]))


def suggestions(columns: Sequence[str], row: Row, config: Input) -> dict[str, str]:
    """Give the settings that a row's deeper fields could fill, with the first path for each.

    Those that one of the *columns* fills are left out, unless the row has an object or array there.
    """
    flat = [name for name in columns if not isinstance(row.get(name), dict | list)]
    ways = configured_ways(config) or [*IDENTITIES]
    people = [] if any(candidates(flat, way, config) for way in ways) else ways
    others = [] if config.default_status else ["status"]
    others += [key for key in DAYS if configured(config, key) != ""]  # None: it is not set
    wanted = [*people, *(key for key in others if not candidates(flat, key, config))]
    unused = {plain(name) for name in config.unused}
    found = dict[str, str]()
    for path, called, _ in islice(leaves(row), MOST):
        key = next((key for key in wanted if called in MEANT[key]), None)
        if key and len(path) > 1 and unused.isdisjoint(map(plain, steps(path))):
            if key == "until" and key not in found and called in FIRST_DAY_BACK:
                found["until_means"] = "first_day_back"
            found.setdefault(key, ".".join(path))
    best = next((way for way in PEOPLE if way in found), None)
    return {key: path for key, path in found.items() if key not in PEOPLE or key == best}


def paths_of(settings: dict[str, str]) -> list[str]:
    """Give the paths among the values of settings."""
    return [path for path in settings.values() if "." in path]


def suggested(settings: dict[str, str]) -> str:
    """List settings to paste."""
    return ", ".join(f"input.{key} = {toml_quoted(path)}" for key, path in settings.items())
