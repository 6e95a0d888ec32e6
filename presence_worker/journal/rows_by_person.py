"""Rows about the same person, and rows that name a person whose associate is not known yet."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple

from ..model import NOT_COUNTED, Asked, Period, Presence, Reason
from .database import Database, SqlRow

NOT_DUE = (Reason.NOT_YET_DUE, Reason.NO_LONGER_DUE)
PERSON = "coalesce(associate_id, known_as)"  # whom a row is about, as far as it is known
TWICE = f"SELECT {PERSON} FROM row WHERE result IS NULL GROUP BY {PERSON} HAVING count(*) > 1"  # noqa: S608 - ours
ABOUT = f"""SELECT row, status, message, line, starts, ends FROM row
    WHERE {PERSON} = ? AND result IS NULL ORDER BY row"""  # noqa: S608 - ours
WITHDRAWN = (
    "(coalesce(reason, '') = 'withdrawn' AND status IS NULL)"  # and no row that a later job has withdrawn
)
OUTSIDE = f"({', '.join(f'{str(reason)!r}' for reason in NOT_COUNTED)})"  # as if not in the file


class Unnamed(NamedTuple):
    """A row that names a person whose associate is not known yet."""

    row: int
    known_as: str  # the name as it is compared
    valid: bool  # it asks for something, now or later
    withdraws: bool


class RowsByPerson:
    """Owns whom rows are about. Whoever writes opens a transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def set_associates(self, people: Iterable[tuple[int, int]]) -> None:
        """Write which associates rows are about, as (row, associate's id)."""
        self._db.executemany(
            "UPDATE row SET associate_id = ? WHERE row = ?", ((number, row) for row, number in people)
        )

    def clashes(self) -> Iterator[list[Asked]]:
        """Yield, for each person asked for twice or more, their rows in order.

        People are told apart by associateId, and as long as that is not known by their name in the job.
        """
        twice = self._db.all(TWICE)
        if twice:
            self._db.execute(f"CREATE INDEX IF NOT EXISTS row_by_person ON row ({PERSON})")
        for (person,) in twice:
            yield list(map(_to_asked, self._db.all(ABOUT, person)))

    def rivals(self) -> Iterator[list[Asked]]:
        """Yield, for each person and first day that several rows wait for, those rows, as `clashes` does."""
        query = f"""SELECT row, status, message, line, starts, ends, {PERSON} FROM row WHERE reason = ?
            ORDER BY {PERSON}, starts, row"""  # noqa: S608 - ours
        waiting = self._db.each(query, Reason.NOT_YET_DUE)
        for _, found in groupby(waiting, key=lambda each: (each[6], each[4])):
            rows = list(found)
            if len(rows) > 1:
                yield [_to_asked(each[:6]) for each in rows]

    def identities(self, page: int) -> Iterator[list[Unnamed]]:
        """Yield the rows that name somebody whose associate is not known, in order.

        They come *page* by page; what was yielded may be settled before the next page is asked for.
        """
        last = 0
        while found := self._db.all(
            f"""SELECT row, known_as, result IS NULL OR coalesce(reason, '') IN (?, ?), {WITHDRAWN} FROM row
            WHERE row > ? AND identity IS NOT NULL AND associate_id IS NULL
            AND coalesce(reason, '') NOT IN {OUTSIDE} ORDER BY row LIMIT ?""",  # noqa: S608 - ours
            *NOT_DUE,
            last,
            page,
        ):
            last = found[-1][0]
            yield [Unnamed(row, name, bool(valid), bool(withdraws)) for row, name, valid, withdraws in found]


def day_of(text: str | None) -> date | None:
    """Return the day that a column has."""
    return date.fromisoformat(text) if text else None


def _to_asked(found: SqlRow) -> Asked:
    row, status, message, line, starts, ends = found
    period = Period(day_of(starts), day_of(ends)) if starts or ends else None
    return Asked(row, Presence(status=status, message=message), line, period)
