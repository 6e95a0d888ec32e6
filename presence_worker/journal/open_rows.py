"""The rows of a run that are not done, and those that came back from an earlier run."""

from typing import NamedTuple

from ..model import NOT_DONE, Reason, Result
from .database import Database

OPEN = """SELECT row.row,
    iif(row.line IN (SELECT line FROM row GROUP BY line HAVING count(*) = 1), row.line, NULL),
    coalesce(row.known_as, row.associate_id), fate.reason, fate.result
    FROM fate JOIN row ON row.row = fate.row
    WHERE fate.result IN (?, ?, ?, ?, ?) AND fate.scheduled_by IS NULL ORDER BY row.row"""
PEOPLE = """SELECT coalesce(known_as, associate_id), min(row), count(*) FROM row
    WHERE result IS NOT ? GROUP BY 1"""
FROM_RUN = """SELECT origin.row, origin.line, coalesce(known_as, associate_id)
    FROM origin JOIN row ON row.row = origin.row WHERE run_id = ? ORDER BY origin.row"""
Person = int | str | None


class OpenRow(NamedTuple):
    """A row of the file that is not done."""

    row: int
    line: int | None  # None: it has none, or shares it with other rows
    person: Person
    reason: str | None
    result: str


class ReturnedRow(NamedTuple):
    """A row that came back from an earlier run."""

    row: int
    line: int | None  # in the file of that run
    person: Person


class OpenRows:
    """Reads which rows are open, and what a later run has to recognise them by."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[OpenRow]:
        """Return the rows of the file that are not done, in order, without their duplicates."""
        return list(map(OpenRow._make, self._db.each(OPEN, *NOT_DONE)))

    def duplicates(self) -> dict[int, int]:
        """Return the row that each duplicate shares its result with."""
        query = "SELECT row, duplicate_of FROM row WHERE result = ?"
        return dict(self._db.each(query, Result.DUPLICATE))

    def people(self) -> dict[Person, int | None]:
        """Return the row of each person; None for several, duplicates left out."""
        found = self._db.each(PEOPLE, Result.DUPLICATE)
        return {person: row if rows == 1 else None for person, row, rows in found}

    def rows_from(self, run_id: str) -> list[ReturnedRow]:
        """Return the rows that came back from a run, in order."""
        return list(map(ReturnedRow._make, self._db.each(FROM_RUN, run_id)))

    def runs(self) -> list[str]:
        """Return the runs whose rows came back, by what the file says."""
        return [name for (name,) in self._db.each("SELECT DISTINCT run_id FROM origin ORDER BY run_id")]

    def rows_by_user(self) -> dict[int, int]:
        """Return the row by which each user was set, or may have been."""
        query = "SELECT associate_id, row FROM fate WHERE result IN (?, ?)"
        return dict(self._db.each(query, Result.UPDATED, Result.UNKNOWN))

    def rows_planned(self) -> list[int]:
        """Return the rows that wait for their first day."""
        query = "SELECT row FROM row WHERE result = ? AND reason = ?"
        return [row for (row,) in self._db.each(query, Result.SKIPPED, Reason.NOT_YET_DUE)]
