"""All users of the service, as the archive AllUsers shows them page by page."""

from typing import Any, NamedTuple

import orjson

from ..model import MAX_ASSOCIATE_ID, STATUSES

PAGE = 1000  # users asked for at once
OVERLAP = 20  # of them were on the page before: so many may leave between two pages and nobody is missed
LONGEST_PAGE = 4 * 1024 * 1024  # bytes
COLUMNS_OF = {"login": ("userName", "assocName"), "email": ("personEmail",)}  # what a name may stand in
COLUMNS = ("associateDbId", "isActive", "ejUserId", "ejStatus")
BY_NUMBER = {number: name for name, number in STATUSES.items()}


class User(NamedTuple):
    """What the archive says of a user."""

    status: str | None  # None: not understood
    is_active: bool  # also where that is not understood
    has_service: bool  # likewise


class Census:
    """Owns the users found so far, and knows what to ask for next.

    The next page is told by what came, not by the link that came with it: its host may be an internal
    one. Pages may be short, come twice or shrink; each user counts once.
    """

    def __init__(self, *names: str) -> None:
        self._names = names  # columns by whose values people shall be found
        self._skip = 0
        self._in_vain = 0  # pages in a row without anybody new
        self.users: dict[int, User] = {}
        self.named: dict[str, set[int]] = {}  # associates by login or e-mail, without case
        self.is_whole = False

    @property
    def path(self) -> str:
        """The path and query of the next page."""
        columns = ",".join((*COLUMNS, *self._names))
        order = "$orderBy=associateDbId&$mode=full"
        return f"/api/v1/User?$select={columns}&{order}&$top={PAGE}&$skip={self._skip}"

    def add(self, body: bytes) -> bool:
        """Take in a page; False where it is none."""
        page = _read(body)
        if page is None:
            return False
        found, is_last = page
        fresh = sum(self._meet(row) for row in found)
        self._in_vain = 0 if fresh else self._in_vain + 1
        self.is_whole = not found or is_last or self._in_vain > 1
        if fresh:
            self._skip += len(found) - min(OVERLAP, len(found) // 2)
        return True

    @property
    def service_users(self) -> int:
        """How many of them can have a presence."""
        return sum(user.is_active and user.has_service for user in self.users.values())

    def _meet(self, row: dict[str, Any]) -> bool:
        associate_id = row["associateDbId"] = _number(row.get("associateDbId"))
        if associate_id is None or not 1 <= associate_id <= MAX_ASSOCIATE_ID:
            return False
        for name in filter(None, map(row.get, self._names)):
            self.named.setdefault(str(name).strip().casefold(), set()).add(associate_id)
        is_new = associate_id not in self.users
        self.users[associate_id] = User(
            status=_status(row.get("ejStatus")),
            is_active=row.get("isActive") not in (False, 0),
            has_service=row.get("ejUserId") != 0 or row.get("ejUserId") is False,
        )
        return is_new


def _read(body: bytes) -> tuple[list[dict[str, Any]], bool] | None:
    """Give the rows of a page, and whether it says that it is the last one; None for what is no page."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    rows = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    rows = list(map(_flat, rows))
    if rows and not any(_number(row.get("associateDbId")) for row in rows):
        return None
    return rows, "odata.nextLink" in answer and not answer["odata.nextLink"]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row as column: value; with `$mode=full` each value may come in two forms, one of them raw."""
    cells = next((part for part in row.values() if isinstance(part, dict)), None)
    if cells is None or "associateDbId" not in cells:
        cells = row
    return {name: cell.get("RawValue") if isinstance(cell, dict) else cell for name, cell in cells.items()}


def _number(value: object) -> int | None:
    """Give a whole number that came as one, or in plain digits."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:  # noqa: PLR2004
        return int(value)
    return value if type(value) is int else None


def _status(value: object) -> str | None:
    """Give the name of a status that came as a number; what people read may be in any language."""
    return BY_NUMBER.get(value) if type(value) is int else None
