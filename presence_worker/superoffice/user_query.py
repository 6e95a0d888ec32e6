"""All users of SuperOffice, as the archive AllUsers shows them page by page."""

from functools import cache
from typing import NamedTuple

from ..model import MAX_ASSOCIATE_ID, STATUSES
from ..sanitize import fold_name
from .body_formats import Parts, is_error, number_in, read_json

PAGE = 1000  # users asked for at once
OVERLAP = 20  # of them were on the page before: so many may leave between two pages and no user is missed
MOST_WITHOUT_NEW = 3  # pages in a row without a new user; after that, SuperOffice does not turn its pages
MOST_USERS = 2_000_000  # no company has more; a service that shows more never ends, and would fill the memory
LONGEST_PAGE = 4 * 1024 * 1024  # bytes
COLUMNS_OF = {"login": ("userName", "assocName"), "email": ("personEmail",)}  # what a name may stand in
COLUMNS = ("associateDbId", "isActive", "ejUserId", "ejStatus")
BY_NUMBER: dict[int | None, str] = {number: name for name, number in STATUSES.items()}


class User(NamedTuple):
    """What the archive says of a user."""

    status: str | None  # None: not understood
    is_active: bool  # also where that is not understood
    has_service: bool  # also where that is not understood


_user = cache(User)  # there are few kinds of them, and many users


class UserDirectory:
    """Owns the users found so far, and knows what to ask for next.

    The rows that came decide the next page, never the link beside them. The host of that link may be an
    internal one, and it may be missing although more rows follow. Pages may be short, come twice or shrink;
    each user counts once. Only an empty page is the end.
    """

    def __init__(self, *names: str, most: int = MOST_USERS) -> None:
        self._names = names  # columns by whose values users are found
        self._most = most
        self._skip = 0
        self._behind = 0  # rows of a page that may be the last one: do users follow?
        self._size = 0  # rows of the last page with a new user
        self._without_new = 0  # pages in a row without a new user
        self.users: dict[int, User] = {}
        self.named: dict[str, set[int]] = {}  # associates by login or e-mail, without case
        self.is_whole = False

    @property
    def path(self) -> str:
        """The path and query of the next page."""
        columns = ",".join((*COLUMNS, *self._names))
        order = "$orderBy=associateDbId&$mode=full"
        return f"/api/v1/User?$select={columns}&{order}&$top={PAGE}&$skip={self._skip + self._behind}"

    def add(self, body: bytes) -> bool:
        """Take in a page; False where it is none, or where nothing new comes although it is not the end."""
        rows = _read_rows(body)
        if rows is None:
            return False
        if not rows:
            self.is_whole = bool(self.users)  # we are a user: an empty list is not the list
            return self.is_whole
        if self._behind:  # not the end: the page before was cut short, and is asked for again
            self._behind = 0
            return True
        self._turn(len(rows), fresh=sum(map(self._meet, rows)))
        return self._without_new <= MOST_WITHOUT_NEW and len(self.users) <= self._most

    @property
    def service_users(self) -> int:
        """How many of them can have a presence."""
        return sum(user.is_active and user.has_service for user in self.users.values())

    def _turn(self, size: int, *, fresh: int) -> None:
        """Go to where the next page begins; a page as long as the one before may be that one once more."""
        if fresh:
            self._size, self._without_new = size, 0
            self._skip += size - min(OVERLAP, size // 2)
        else:
            self._without_new += 1
            self._behind = size if size <= self._size // 2 else 0

    def _meet(self, row: Parts) -> bool:
        associate_id = _associate_id(row)
        if associate_id is None or not 1 <= associate_id <= MAX_ASSOCIATE_ID:
            return False
        for name in filter(None, map(row.get, self._names)):
            self.named.setdefault(fold_name(str(name)), set()).add(associate_id)
        is_new = associate_id not in self.users
        is_active, service = row.get("isActive"), row.get("ejUserId")
        self.users[associate_id] = _user(
            status=BY_NUMBER.get(number_in(row, "ejStatus")),  # its name may be in any language
            is_active=is_active not in (False, 0),
            has_service=service != 0 or service is False,
        )
        return is_new


def _read_rows(body: bytes) -> list[Parts] | None:
    """Return the rows of a page; None for anything else."""
    answer = read_json(body)
    found = None if answer is None or is_error(answer) else answer.get("value")
    if not isinstance(found, list):
        return None
    rows = [_flatten(row) for row in found if isinstance(row, dict)]
    has_users = any(map(_associate_id, rows))
    return rows if len(rows) == len(found) and (has_users or not rows) else None


def _flatten(row: Parts) -> Parts:
    """Return a row as column: value; with `$mode=full` each value may come in two forms, one of them raw."""
    if not isinstance(row.get("associateDbId", {}), dict):
        return row
    cells = next((part for part in row.values() if isinstance(part, dict) and "associateDbId" in part), row)
    return {name: cell.get("RawValue") if isinstance(cell, dict) else cell for name, cell in cells.items()}


def _associate_id(row: Parts) -> int | None:
    """Return the associateId of a row, which comes as a number or in plain digits."""
    value = row.get("associateDbId")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:  # noqa: PLR2004
        return int(value)
    return number_in(row, "associateDbId")
