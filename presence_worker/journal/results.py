"""The results of a run: row by row, in numbers, and for the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import orjson

from ..model import NOT_DONE, UNSETTLED, Presence, Reason, Result
from .database import Database, SqlRow

DONE = (Result.UPDATED, Result.UNCHANGED, Result.SKIPPED)  # and a duplicate of such a row
PAGE = 500  # rows read at once
PERSON = "coalesce(associate_id, identity, 'row ' || row)"
COUNT = f"""SELECT NULL, NULL, count(*), 0, NULL, 0 FROM row
    UNION ALL SELECT result, reason, count(*),
    count(DISTINCT iif(result IN (?, ?, ?, ?, ?), {PERSON}, NULL)),
    min(detail), count(*) - count(scheduled_by) FROM fate WHERE result != ? GROUP BY result, reason"""  # noqa: S608 - ours


class RowResult(NamedTuple):
    """A row and its result, as reports show it."""

    row: int
    line: int | None
    associate_id: int | str | None
    status: str | None
    message: str
    cells: str
    duplicate_of: int | None
    identity: str | None
    starts: str | None  # first day on which it is due, ISO 8601
    ends: str | None  # last one
    scheduled_by: str | None  # the run whose row it follows from, where no file brought it
    before_status: str | None
    result: str
    reason: str | None
    detail: str | None
    http_status: int | None
    attempts: int
    wire_puts: int
    duration_ms: float | None
    finished_at: str | None


class Fault(NamedTuple):
    """What is wrong with a row."""

    row: int
    line: int | None
    reason: str | None
    detail: str | None


class ResultCount(NamedTuple):
    """The rows of a result that have the same reason."""

    result: str
    reason: str | None
    rows: int
    people: int  # who has neither a number nor a name counts once for each row; 0 of rows that are done
    detail: str | None  # of one of them
    of_file: int = 0  # rows that a file brought


class TriedRow(NamedTuple):
    """When and how a row that was tried came to its outcome."""

    session: int
    finished_at: str
    duration_ms: float  # of all tries together
    attempts: int
    result: str


class Results:
    """Reads the results of rows."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._known: tuple[tuple[int, int, int] | None, list[ResultCount]] = (None, [])  # by version

    def all(self, *results: Result) -> Iterator[RowResult]:
        """Yield all rows in order with their results, or only those with the *results* named."""
        wanted = f"WHERE result IN ({', '.join('?' * len(results))})" if results else ""
        query = f"SELECT {', '.join(RowResult._fields)} FROM fate {wanted} ORDER BY row"  # noqa: S608 - names are ours
        return map(RowResult._make, self._db.each(query, *results))

    def pages(self, fields: Sequence[str]) -> Iterator[list[SqlRow]]:
        """Yield these fields of a `RowResult` for all rows, in order, many rows at a time."""
        return self._db.pages(f"SELECT {', '.join(fields)} FROM fate ORDER BY row", PAGE)  # noqa: S608 - names are ours

    def first_rows(self, most: int, *results: Result) -> list[int]:
        """Return the numbers of the first rows, *most* of them, that have one of these *results*."""
        return [each.row for each in islice(self.all(*results), most)]

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with each invalid row, in order."""
        if not self.counts()[Result.INVALID]:
            return iter(())
        query = "SELECT row, line, reason, detail FROM fate WHERE result = ? ORDER BY row"
        return map(Fault._make, self._db.each(query, Result.INVALID))

    def deliveries(self) -> Iterator[TriedRow]:
        """Yield when and how each row that was tried came to its outcome, in no order."""
        query = f"SELECT {', '.join(TriedRow._fields)} FROM outcome WHERE attempts > 0"  # noqa: S608 - names are ours
        return map(TriedRow._make, self._db.each(query))

    def associates_without_answer(self) -> Iterator[int]:
        """Yield the associates of rows that were sent and never answered."""
        return (
            found[0]
            for found in self._db.each("SELECT associate_id FROM fate WHERE result = ?", Result.UNKNOWN)
        )

    def associates_written(self) -> Iterator[int]:
        """Yield the associates this run wrote, or may have written."""
        query = "SELECT associate_id FROM fate WHERE result IN (?, ?)"
        return (found[0] for found in self._db.each(query, Result.UPDATED, Result.UNKNOWN))

    def associates_unchanged(self) -> Iterator[tuple[int, Presence]]:
        """Yield the associates who already had what this run wanted, with that."""
        query = "SELECT associate_id, status, message FROM fate WHERE result = ?"
        found = self._db.each(query, Result.UNCHANGED)
        return ((person, Presence(status=status, message=message)) for person, status, message in found)

    def count(self) -> list[ResultCount]:
        """Return the rows by result and reason, most rows first; they are counted when something changed.

        Nearly all have one result, and no reason: they are what is left of all rows, and their people are
        not counted.
        """
        version = self._db.version()
        known_version, found = self._known
        if version != known_version:
            is_tried = self._db.number("SELECT EXISTS (SELECT * FROM outcome)")
            most = Result.UPDATED if is_tried else Result.NOT_SENT
            total, *others = map(ResultCount._make, self._db.all(COUNT, *NOT_DONE, most))
            left = total.rows - sum(each.rows for each in others)
            found = [*others, ResultCount(most, None, left, 0, None)]
            found.sort(key=lambda each: (-each.rows, each.result, each.reason or ""))
            self._known = version, found
        return found

    def counts(self) -> dict[Result, int]:
        """Return the number of rows by result, all results named."""
        counts = dict.fromkeys(Result, 0)
        for each in self.count():
            counts[Result(each.result)] += each.rows
        return counts

    def count_done(self, counts: Mapping[Result, int]) -> int:
        """Count the rows that are done, of all that *counts* has; a duplicate is where the other row is."""
        duplicates = 0
        if counts[Result.DUPLICATE]:
            query = """SELECT count(*) FROM row JOIN fate ON fate.row = row.duplicate_of
                WHERE fate.result IN (?, ?, ?)"""
            duplicates = self._db.number(query, *DONE)
        return sum(counts[result] for result in DONE) + duplicates

    def count_not_done(self) -> list[ResultCount]:
        """Return the rows that are not done, by result and reason, most rows first."""
        return [each for each in self.count() if each.rows and each.result in NOT_DONE]

    def reasons(self) -> list[ResultCount]:
        """Return the same with the people behind them."""
        return [each if each.people else self._with_people(each) for each in self.count_not_done()]

    def _with_people(self, found: ResultCount) -> ResultCount:
        query = f"SELECT count(DISTINCT {PERSON}) FROM fate WHERE result = ? AND reason IS NULL"  # noqa: S608 - ours
        return found._replace(people=self._db.number(query, found.result))

    def puts(self) -> tuple[int, int]:
        """Return the PUTs on the wire, and how many of them repeated an earlier one of the same row."""
        query = "SELECT coalesce(sum(wire_puts), 0), coalesce(sum(max(wire_puts - 1, 0)), 0) FROM outcome"
        puts, repeats = self._db.one(query)
        return puts, repeats

    def number_of(self, reason: Reason) -> int:
        """Count the rows with a reason."""
        return sum(each.rows for each in self.count() if each.reason == reason)

    def number_not_sent_of_file(self) -> int:
        """Count the rows that a file brought, and that were not sent."""
        found = [each for each in self.count() if each.result == Result.NOT_SENT]
        if all(each.of_file for each in found if each.rows):
            return sum(each.of_file for each in found)
        query = "SELECT count(*) FROM fate WHERE result = ? AND scheduled_by IS NULL"
        return self._db.number(query, Result.NOT_SENT)

    def in_flight(self) -> int:
        """Count the rows that may have been sent, and whose outcome is not written yet, if it ever is."""
        return self._db.number("SELECT count(*) FROM lost")

    def to_correct(self) -> int:
        """Count the rows of the file that are wrong or were rejected by SuperOffice."""
        return sum(each.of_file for each in self.count() if each.result in (Result.INVALID, Result.REJECTED))

    def people_in_doubt(self) -> Iterator[int]:
        """Yield the associate of each row still to be sent that an earlier session may have sent."""
        query = """SELECT associate_id FROM row JOIN outcome USING (row)
            WHERE row.result IS NULL AND outcome.result = ?"""
        return (found[0] for found in self._db.each(query, Result.UNKNOWN))

    def to_send(self) -> int:
        """Count the rows that are still to be sent."""
        counts = self.counts()
        return sum(counts[result] for result in UNSETTLED)


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

    def all_never_sent(self) -> Iterator[Unlogged]:
        """Yield those that are settled without being sent: nothing will change them any more."""
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
