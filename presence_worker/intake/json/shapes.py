"""What a JSON document without an array of rows looks like, and which setting would read it."""

from typing import Any

from ...errors import Way
from ...text import clean
from .pagination import Path

EXAMPLE = '{"associateId": 12, "status": "StatusNormal"}'
KEY = "*key"  # as a column's name: the key of each object in an object of objects
MOST_SHOWN = 20  # names in a sentence
RECORDS = 'write one object for each row (pandas: orient="records")'
Names = dict[Path, list[str]]  # of each object in a document: its names


def shape_of(names: Names) -> str:
    """Say what an object is that has no array of rows, and what to do about it."""
    top = names[()]
    if {"columns", "data"} <= set(top):
        return f'found columns and data as pandas writes them with orient="split"; {RECORDS}'
    by_number = [path for path, inner in names.items() if path and inner and all(map(str.isdigit, inner))]
    if by_number and (*by_number[0], names[by_number[0]][0]) in names:
        return f"found objects under numbers in {_dotted(by_number[0])}; {keyed(_dotted(by_number[0]))}"
    if by_number:
        columns = named([_dotted(path) for path in by_number])
        return f"found columns as pandas writes them by default, with row numbers: {columns}; {RECORDS}"
    if len(top) > 1 and all((name,) in names for name in top):
        return f"found only objects: {named(top)}; {keyed(None)}"
    inside = [f"{_dotted(path)}: {named(inner)}" for path, inner in names.items() if path and inner]
    return "; in ".join([f"found: {named(top)}", *inside[:MOST_SHOWN]])


def are_columns(value: dict[str, Any]) -> bool:
    """Whether an object has columns, each with its values by row number."""
    return all(isinstance(inner, dict) and inner and all(map(str.isdigit, inner)) for inner in value.values())


KEYED: tuple[Way, ...] = (
    {"associate_id": KEY},
    {"login": KEY},
    {"email": KEY},
    {},
)  # ways to read an object of rows


def keyed(path: str | None) -> str:
    """Say which setting reads an object whose values are rows; *path*: where it is, if not at the top."""
    rows = f'input.rows = "{path}" and ' if path else ""
    return (
        f'only if the keys are the associateIds of SuperOffice, set {rows}input.associate_id = "{KEY}" '
        "(input.login or input.email, if they are logins or addresses)"
    )


def named(names: list[str]) -> str:
    """List names, but no addresses: those are people."""
    shown = ["(an address)" if "@" in name[1:] else clean(name, 60) or "(no name)" for name in names]
    return ", ".join([*shown[:MOST_SHOWN], *(["…"] if len(names) > MOST_SHOWN else [])]) or "nothing"


def _dotted(path: Path) -> str:
    return clean(".".join(path), 60)
