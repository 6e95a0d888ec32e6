"""All users in one query: the archive AllUsers, page by page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ..model import NOT_PRESENT, PRESENT, STATUSES
from .people import People

Row = dict[str, Any]
PAGE = 500  # rows, where the query does not say
LABELS = {
    "StatusNone": "None",
    PRESENT: "Normal",
    NOT_PRESENT: "Not available",
    "StatusDeleted": "Deleted",
    "StatusReadOnly": "Read only",
    "StatusSpm": "SPM",
    "StatusSystem": "System",
}
COLUMNS = {  # lower-case name: name; in the order of an answer that does not select
    name.lower(): name
    for name in ("associateDbId", "assocName", "userName", "personEmail", "isActive", "ejUserId", "ejStatus")
}
DISPLAYED: dict[str, Callable[[Any], str]] = {  # columns that people see otherwise than programs
    "isActive": lambda value: "Yes" if value else "No",
    "ejStatus": LABELS.__getitem__,
}
OPTIONS = ("$select", "$orderby", "$top", "$skip", "$mode", "$output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What an archive query asks for."""

    columns: tuple[str, ...]
    order: str  # a column
    descending: bool
    top: int
    skip: int
    display: bool  # values as people see them, not as programs do


def read_query(text: str) -> Query:
    """Read a query string; raise ValueError with what was expected."""
    options = {name.lower(): value.strip() for name, value in parse_qsl(text, keep_blank_values=True)}
    for name in options:
        if name.startswith("$") and name not in OPTIONS:
            raise ValueError(f"{name}: the sandbox only knows {', '.join(OPTIONS)}")
    order, _, direction = options.get("$orderby", "associateDbId").partition(" ")
    if direction.strip().lower() not in ("", "asc", "desc"):
        raise ValueError("$orderBy: expected one column, and asc or desc")
    selected = options.get("$select", ",".join(COLUMNS)).split(",")
    return Query(
        columns=tuple(_column(name) for name in selected),
        order=_column(order),
        descending=direction.strip().lower() == "desc",
        top=_number("$top", options.get("$top", str(PAGE))),
        skip=_number("$skip", options.get("$skip", "0")),
        display=options.get("$mode", "").lower() != "full"
        and options.get("$output", "").lower() != "logical",
    )


def page(people: People, query: Query) -> list[Row]:
    """Give the rows of a page."""
    ids = _in_order(people, query)[query.skip : query.skip + query.top]
    return [_shown(_row(people, associate_id), query) for associate_id in ids]


def next_query(people: People, text: str, query: Query) -> str | None:
    """Give the query string of the next page; None where this is the last one."""
    skip = query.skip + query.top
    if not query.top or skip >= people.count:
        return None
    kept = [
        (name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name.lower() != "$skip"
    ]
    return urlencode([*kept, ("$skip", str(skip))], safe="$,")


def _in_order(people: People, query: Query) -> range | list[int]:
    ids: Iterable[int] = range(1, people.count + 1)
    if query.order != "associateDbId":
        return sorted(ids, key=lambda each: _row(people, each)[query.order], reverse=query.descending)
    return range(people.count, 0, -1) if query.descending else range(1, people.count + 1)


def _row(people: People, associate_id: int) -> Row:
    return {
        "associateDbId": associate_id,
        "assocName": f"USER{associate_id}",
        "userName": f"user{associate_id}@example.com",
        "personEmail": f"user{associate_id}@example.com",
        "isActive": True,
        "ejUserId": associate_id,
        "ejStatus": people.presence(associate_id).status,
    }


def _shown(row: Row, query: Query) -> Row:
    shown: Row = {"PrimaryKey": str(row["associateDbId"]), "EntityName": "associate"}
    written = DISPLAYED if query.display else {"ejStatus": STATUSES.__getitem__}
    for column in query.columns:
        write = written.get(column)
        shown[column] = write(row[column]) if write else row[column]
    return shown


def _column(name: str) -> str:
    column = COLUMNS.get(name.strip().lower())
    if column is None:
        raise ValueError(f"expected columns among {', '.join(COLUMNS.values())}")
    return column


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):  # noqa: PLR2004 - digits of an int32
        raise ValueError(f"{name}: expected a whole number")
    return int(text)
