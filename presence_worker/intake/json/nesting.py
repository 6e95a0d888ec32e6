"""Fields below a field of JSON: their dotted paths, and what each is called."""

from collections.abc import Iterator
from typing import Any

from ..spelling import plain

WRAPPING = {"value", "datetime", "date", "text"}  # names below which a value stands: {"email": {"value": …}}
LABELS = {"label", "type", "timezone"}  # names beside such a value
DEEPEST = 6  # levels
Path = tuple[str, ...]


def leaves(value: Any, path: Path = (), called: str = "") -> Iterator[tuple[Path, str, Any]]:
    """Yield the fields that are no objects or arrays, with what each is called and holds.

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
