"""What an archive query asks for: the options of its query string."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from .filters import Wanted, read_filter

PAGE = 500  # rows, where the query does not say
COLUMNS = {  # lower-case name: name; in the order of an answer that does not select
    name.lower(): name
    for name in ("associateDbId", "assocName", "userName", "personEmail", "isActive", "ejUserId", "ejStatus")
}
OPTIONS = ("$select", "$filter", "$orderby", "$top", "$skip", "$mode", "$output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What an archive query asks for."""

    columns: tuple[str, ...]
    wanted: Wanted | None  # None: every row
    order: tuple[tuple[str, bool], ...]  # (column, whether it descends), the weightiest first
    top: int
    skip: int
    full: bool  # asked for values and how people see them
    display: bool  # values as people see them, not as programs do


def read_query(text: str) -> Query:
    """Read a query string; raise ValueError with what was expected."""
    options = {name.lower(): value.strip() for name, value in parse_qsl(text, keep_blank_values=True)}
    for name in options:
        if name.startswith("$") and name not in OPTIONS:
            raise ValueError(f"{name}: the sandbox only knows {', '.join(OPTIONS)}")
    full = options.get("$mode", "").lower() == "full"
    logical = options.get("$output", "").lower() == "logical"
    return Query(
        columns=tuple(_column(name) for name in options.get("$select", ",".join(COLUMNS)).split(",")),
        wanted=read_filter(options["$filter"], COLUMNS) if "$filter" in options else None,
        order=tuple(_order(part) for part in options.get("$orderby", "associateDbId").split(",")),
        top=_number("$top", options.get("$top", str(PAGE))),
        skip=_number("$skip", options.get("$skip", "0")),
        full=full and not logical,
        display=not (full or logical),
    )


def next_query(text: str, skip: int) -> str:
    """Give the query string of the page that begins at *skip*."""
    kept = [
        (name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name.lower() != "$skip"
    ]
    return urlencode([*kept, ("$skip", str(skip))], safe="$,")


def _column(name: str) -> str:
    column = COLUMNS.get(name.strip().lower())
    if column is None:
        raise ValueError(f"expected columns among {', '.join(COLUMNS.values())}")
    return column


def _order(part: str) -> tuple[str, bool]:
    column, _, direction = part.strip().partition(" ")
    if direction.strip().lower() not in ("", "asc", "desc"):
        raise ValueError("$orderBy: expected columns, each with asc or desc if wanted")
    return _column(column), direction.strip().lower() == "desc"


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):  # noqa: PLR2004 - digits of an int32
        raise ValueError(f"{name}: expected a whole number")
    return int(text)
