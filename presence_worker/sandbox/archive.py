"""All users in one query: the archive AllUsers, page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ..model import NOT_PRESENT, PRESENT, STATUSES
from .filters import Wanted, read_filter
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
    "ejStatus": {number: LABELS[name] for name, number in STATUSES.items()}.__getitem__,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How pages of the archive may disappoint whoever turns them; all empty: not at all."""

    largest: int | None = None  # rows of a page at most, whatever $top asks; the next one begins behind them
    short: frozenset[int] = field(default_factory=frozenset)  # pages (1: the first that was asked for, ever)
    # which come without their last half, though the next one begins where it always does
    repeated: frozenset[int] = field(default_factory=frozenset)  # pages that show the one before once more
    vanishing: tuple[tuple[int, int], ...] = ()  # (page, id): who exists no more once that page was shown


RELIABLE = Paging()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the rows a query asks for."""

    rows: list[Row]
    following: int | None  # where the next page begins; None where this is the last one


class Archive:
    """Owns how many pages were shown, and the ids on the last of them."""

    def __init__(self, people: People, paging: Paging = RELIABLE) -> None:
        self._people = people
        self._paging = paging
        self._shown = 0
        self._last: Sequence[int] = ()

    def page(self, query: Query) -> Page:
        """Give the rows of a page; raise ValueError where a filter compares what cannot be compared."""
        ids = self._in_order(query)
        self._shown += 1
        top = min(query.top, self._paging.largest or query.top)
        found = ids[query.skip : query.skip + top]
        if self._shown in self._paging.repeated:
            found = self._last
        elif self._shown in self._paging.short:
            found = found[: len(found) // 2]
        rows = [row(self._people, each) for each in found if each in self._people]
        self._last = found
        self._lose()
        following = query.skip + top
        return Page(rows=rows, following=following if top and following < len(ids) else None)

    def _lose(self) -> None:
        for page, associate_id in self._paging.vanishing:
            if page == self._shown and associate_id in self._people:
                self._people.remove(associate_id)

    def _in_order(self, query: Query) -> Sequence[int]:
        ids = self._people.in_query()
        if query.wanted is None and len(query.order) == 1 and query.order[0][0] == "associateDbId":
            return ids[::-1] if query.order[0][1] else ids
        rows = [row(self._people, each) for each in ids]
        if query.wanted is not None:
            rows = [each for each in rows if query.wanted(each)]
        for column, descending in reversed(query.order):
            rows.sort(key=lambda each, by=column: each[by], reverse=descending)  # type: ignore[misc]
        return [each["associateDbId"] for each in rows]


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


def row(people: People, associate_id: int) -> Row:
    """Give all columns of an associate, as programs see them."""
    person = people.person(associate_id)
    return {
        "associateDbId": associate_id,
        "assocName": person.name,
        "userName": person.login,
        "personEmail": person.email,
        "isActive": person.is_active,
        "ejUserId": person.ej_user_id,
        "ejStatus": STATUSES[people.presence(associate_id).status] if person.ej_user_id else 0,
    }


def as_flat(row: Row, query: Query) -> Row:
    """Show a row with one value for each column."""
    shown: Row = {"PrimaryKey": str(row["associateDbId"]), "EntityName": "associate"}
    for column in query.columns:
        shown[column] = _displayed(row, column) if query.display else row[column]
    return shown


def as_nested(row: Row, query: Query) -> Row:
    """Show a row with both its values for each column, as SuperOffice's page on filters has it."""
    cells = {
        column: {
            "RawValue": row[column],
            "DisplayValue": str(_displayed(row, column)),
            "TooltipHint": "",
            "LinkHint": "",
        }
        for column in query.columns
    }
    head = {"PrimaryKey": row["associateDbId"], "EntityName": "associate", "StyleHint": "", "LinkHint": ""}
    return {**head, "TableRight": None, "Column": cells}


def _displayed(row: Row, column: str) -> Any:
    display = DISPLAYED.get(column)
    return display(row[column]) if display else row[column]


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
