"""Which rows the log has an event of, so that there is exactly one for each row that is not done."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import orjson

from ..model import Result
from .database import Database

LOGGED = (Result.INVALID, Result.REJECTED, Result.FAILED, Result.UNKNOWN)


class Unlogged(NamedTuple):
    """A row that is not done, as the log shows it."""

    row: int
    associate_id: int | str | None
    result: str
    reason: str | None
    detail: str | None
    http_status: int | None
    attempts: int


class LoggedRows:
    """Owns which rows the log has with the result they have now."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> Iterator[Unlogged]:
        """Yield all such rows, in order; those that were yielded may be marked before the next one."""
        query = """SELECT row, associate_id, fate.result, reason, detail, http_status, attempts
            FROM fate LEFT JOIN logged USING (row)
            WHERE fate.result IN (?, ?, ?, ?) AND logged.result IS NOT fate.result ORDER BY row"""
        return map(Unlogged._make, self._db.each(query, *LOGGED))

    def never_sent(self) -> Iterator[Unlogged]:
        """Yield likewise those that are settled without being sent: nothing will change them any more."""
        query = """SELECT row, associate_id, row.result, reason, detail, NULL, 0
            FROM row LEFT JOIN logged USING (row)
            WHERE row.result IN (?, ?, ?, ?) AND logged.result IS NOT row.result ORDER BY row"""
        return map(Unlogged._make, self._db.each(query, *LOGGED))

    def among(self, rows: Sequence[int]) -> list[Unlogged]:
        """Return such rows among *rows*, all of which have their outcome on disk."""
        query = """SELECT row, associate_id, outcome.result, outcome.reason, outcome.detail, http_status,
            attempts FROM json_each(?) JOIN outcome ON outcome.row = value JOIN row USING (row)
            LEFT JOIN logged USING (row)
            WHERE outcome.result IN (?, ?, ?, ?) AND logged.result IS NOT outcome.result"""
        return [Unlogged._make(found) for found in self._db.each(query, orjson.dumps(rows).decode(), *LOGGED)]

    def mark(self, rows: Iterable[Unlogged]) -> None:
        """Note that the log has these rows, with the results they have."""
        with self._db.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO logged VALUES (?, ?)", ((each.row, each.result) for each in rows)
            )
