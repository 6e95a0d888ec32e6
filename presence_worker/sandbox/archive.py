"""All users in one query: the archive AllUsers, page by page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..model import NOT_PRESENT, PRESENT, STATUSES
from .people import People
from .queries import Query

Row = dict[str, Any]
LABELS = {
    "StatusNone": "None",
    PRESENT: "Normal",
    NOT_PRESENT: "Not available",
    "StatusDeleted": "Deleted",
    "StatusReadOnly": "Read only",
    "StatusSpm": "SPM",
    "StatusSystem": "System",
}
DISPLAYED: dict[str, Callable[[Any], str]] = {  # columns that people see otherwise than programs
    "isActive": lambda value: "Yes" if value else "No",
    "ejStatus": {number: LABELS[name] for name, number in STATUSES.items()}.__getitem__,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How pages of the archive may disappoint whoever turns them; all empty: not at all.

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
