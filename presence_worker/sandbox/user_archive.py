"""All users in one query: the archive AllUsers, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from urllib.parse import parse_qsl, urlencode

from ..model import NOT_PRESENT, PRESENT, STATUSES
from .calls import Json
from .people import People
from .query_filters import UserRow, Wanted, read_filter

PAGE = 500  # rows, where the query does not say
COLUMNS = {  # lower-case name: name; in the order of an answer that does not select
    name.lower(): name
    for name in ("associateDbId", "assocName", "userName", "personEmail", "isActive", "ejUserId", "ejStatus")
}
OPTIONS = ("$select", "$filter", "$orderby", "$top", "$skip", "$mode", "$output")
LABELS = {
    "StatusNone": "None",
    PRESENT: "Normal",
    NOT_PRESENT: "Not available",
    "StatusDeleted": "Deleted",
    "StatusReadOnly": "Read only",
    "StatusSpm": "SPM",
    "StatusSystem": "System",
}
DISPLAYED: dict[str, Mapping[str | int, str]] = {  # columns that people see otherwise than programs
    "isActive": {True: "Yes", False: "No"},
    "ejStatus": {number: LABELS[name] for name, number in STATUSES.items()},
}


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
        columns=tuple(_read_column(name) for name in options.get("$select", ",".join(COLUMNS)).split(",")),
        wanted=read_filter(options["$filter"], COLUMNS) if "$filter" in options else None,
        order=tuple(_read_order(part) for part in options.get("$orderby", "associateDbId").split(",")),
        top=_read_number("$top", options.get("$top", str(PAGE))),
        skip=_read_number("$skip", options.get("$skip", "0")),
        full=full and not logical,
        display=not (full or logical),
    )


def next_query(text: str, skip: int) -> str:
    """Return the query string of the page that begins at *skip*."""
    kept = [
        (name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name.lower() != "$skip"
    ]
    return urlencode([*kept, ("$skip", str(skip))], safe="$,")


def _read_column(name: str) -> str:
    column = COLUMNS.get(name.strip().lower())
    if column is None:
        raise ValueError(f"expected columns among {', '.join(COLUMNS.values())}")
    return column


def _read_order(part: str) -> tuple[str, bool]:
    column, _, direction = part.strip().partition(" ")
    if direction.strip().lower() not in ("", "asc", "desc"):
        raise ValueError("$orderBy: expected columns, each with asc or desc if wanted")
    return _read_column(column), direction.strip().lower() == "desc"


def _read_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):  # noqa: PLR2004 - digits of an int32
        raise ValueError(f"{name}: expected a whole number")
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How pages of the archive may surprise a reader; all empty: not at all.

    Pages are counted from 1, over all queries there ever were.
    """

    largest: int | None = None  # rows of a page at most, whatever $top asks; the next one begins behind them
    short: frozenset[int] = field(default_factory=frozenset)  # without their last half; the next is as ever
    repeated: frozenset[int] = field(default_factory=frozenset)  # pages that show the one before once more
    vanishing: tuple[tuple[int, int], ...] = ()  # (page, id): who exists no more once that page was shown


RELIABLE = Paging()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the rows a query asks for."""

    rows: list[UserRow]
    following: int | None  # where the next page begins; None where this is the last one


class UserArchive:
    """Owns how many pages were shown, and the ids on the last of them."""

    def __init__(self, people: People, paging: Paging = RELIABLE) -> None:
        self._people = people
        self._paging = paging
        self._shown = 0
        self._last: Sequence[int] = ()

    def page(self, query: Query) -> Page:
        """Return the rows of a page; raise ValueError where a filter compares what cannot be compared."""
        ids = self._in_order(query)
        self._shown += 1
        top = min(query.top, self._paging.largest or query.top)
        found = ids[query.skip : query.skip + top]
        if self._shown in self._paging.repeated:
            found = self._last
        elif self._shown in self._paging.short:
            found = found[: len(found) // 2]
        rows = [read_row(self._people, each) for each in found if each in self._people]
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
        rows = [read_row(self._people, each) for each in ids]
        if query.wanted is not None:
            rows = [each for each in rows if query.wanted(each)]
        for column, descending in reversed(query.order):
            rows.sort(key=itemgetter(column), reverse=descending)
        return [int(each["associateDbId"]) for each in rows]


def read_row(people: People, associate_id: int) -> UserRow:
    """Return all columns of an associate, as programs see them."""
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


def show_flat(row: UserRow, query: Query) -> Mapping[str, Json]:
    """Show a row with one value for each column."""
    shown: dict[str, str | int] = {"PrimaryKey": str(row["associateDbId"]), "EntityName": "associate"}
    for column in query.columns:
        shown[column] = _display(row, column) if query.display else row[column]
    return shown


def show_nested(row: UserRow, query: Query) -> Mapping[str, Json]:
    """Show a row with both its values for each column, as SuperOffice's page on filters has it."""
    cells = {
        column: {
            "RawValue": row[column],
            "DisplayValue": str(_display(row, column)),
            "TooltipHint": "",
            "LinkHint": "",
        }
        for column in query.columns
    }
    head = {"PrimaryKey": row["associateDbId"], "EntityName": "associate", "StyleHint": "", "LinkHint": ""}
    return {**head, "TableRight": None, "Column": cells}


def _display(row: UserRow, column: str) -> str | int:
    display = DISPLAYED.get(column)
    return display[row[column]] if display else row[column]
