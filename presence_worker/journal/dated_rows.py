"""Rows asked for by person and by day: who is meant twice, what is due, what follows from earlier runs."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple

from ..model import NOT_COUNTED, Asked, Period, Presence, Reason, Result, Row
from ..run_states import Kind
from .database import Database, SqlRow
from .results import RowResult
from .rows import Rows

NOT_DUE = (Reason.NOT_YET_DUE, Reason.NO_LONGER_DUE)
PERSON = "coalesce(associate_id, known_as)"  # whom a row is about, as far as it is known
TWICE = f"SELECT {PERSON} FROM row WHERE result IS NULL GROUP BY {PERSON} HAVING count(*) > 1"  # noqa: S608 - ours
ABOUT = f"""SELECT row, status, message, line, starts, ends FROM row
    WHERE {PERSON} = ? AND result IS NULL ORDER BY row"""  # noqa: S608 - ours
WITHDRAWN = (
    "(coalesce(reason, '') = 'withdrawn' AND status IS NULL)"  # and no row that a later job has withdrawn
)
OUTSIDE = f"({', '.join(f'{str(reason)!r}' for reason in NOT_COUNTED)})"  # as if not in the file
OF_DAYS = """(starts IS NOT NULL OR ends IS NOT NULL) AND typeof(associate_id) = 'integer'
    AND row NOT IN (SELECT row FROM scheduled)"""  # rows of the file that are due on days and name a person


class Unnamed(NamedTuple):
    """A row that names a person whose associate is not known yet."""

    row: int
    known_as: str  # the name as it is compared
    valid: bool  # it asks for something, now or later
    withdraws: bool


class RowsByPerson:
    """Owns which users rows are about. The writer opens a transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def set_associates(self, people: Iterable[tuple[int, int]]) -> None:
        """Write which associates rows are about, as (row, associate's id)."""
        self._db.executemany(
            "UPDATE row SET associate_id = ? WHERE row = ?", ((number, row) for row, number in people)
        )

    def clashes(self) -> Iterator[list[Asked]]:
        """Yield, for each person asked for twice or more, their rows in order.

        A person is identified by the associate ID, or by the name in the job as long as the ID is not known.
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
        """Yield the rows whose user is not known yet, in order.

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


class Scheduled(NamedTuple):
    """What a row of a run follows from, if no file brought it."""

    row: int
    run_id: str  # of the run that had asked for it,
    of_row: int  # with this row
    kind: str  # start or return
    expected: Presence | None  # what must still be there; None: whatever is there


class ScheduledResult(NamedTuple):
    """The result of such a row."""

    person: int  # the associate's id
    run_id: str
    of_row: int
    kind: str
    result: str
    reason: str | None


class Named(NamedTuple):
    """How a run's file speaks of an associate."""

    valid: int  # rows about them that are not invalid, and ask for something
    undated: int  # those of them that are due whenever they come


class Dated(NamedTuple):
    """A row that is due on days, as its run left it."""

    row: int
    associate_id: int
    identity: str | None
    wanted: Presence
    starts: date | None
    ends: date | None
    result: str
    reason: str | None


class DatedRows:
    """Owns which rows are due on days. The writer opens a transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, rows: Iterable[tuple[Row, Scheduled]]) -> None:
        """Add rows that no file brought to a staged run; call it inside a transaction, before it is sent."""
        for row, origin in rows:
            Rows(self._db).insert([row])
            expected = origin.expected or (None, None)
            values = (row.row, origin.run_id, origin.of_row, origin.kind, *expected)
            self._db.execute("INSERT INTO scheduled VALUES (?, ?, ?, ?, ?, ?)", values)

    def close_rows(self, rows: Iterable[int]) -> None:
        """Write that nothing follows any more from rows that are due on days."""
        self._db.executemany("INSERT OR IGNORE INTO closed VALUES (?)", ((row,) for row in rows))

    def all(self) -> Iterator[Dated]:
        """Yield the valid rows of the file that are due on days, in order, but closed ones.

        A row that shares another one's fate has its result. What is withdrawn asks for nothing.
        """
        query = f"""SELECT fate.row, fate.associate_id, fate.identity, fate.status, fate.message,
            fate.starts, fate.ends, coalesce(other.result, fate.result), fate.reason
            FROM row JOIN fate ON fate.row = row.row LEFT JOIN fate AS other ON other.row = row.duplicate_of
            WHERE (row.starts IS NOT NULL OR row.ends IS NOT NULL) AND typeof(row.associate_id) = 'integer'
            AND fate.scheduled_by IS NULL AND coalesce(row.result, '') != 'invalid'
            AND coalesce(row.reason, '') NOT IN {OUTSIDE} AND coalesce(row.reason, '') != 'withdrawn'
            AND row.row NOT IN (SELECT row FROM closed) ORDER BY row.row"""  # noqa: S608 - ours
        for row, person, identity, status, message, starts, ends, result, reason in self._db.each(query):
            wanted = Presence(status=status, message=message)
            yield Dated(row, person, identity, wanted, day_of(starts), day_of(ends), result, reason)

    def follow_ups(self) -> Iterator[ScheduledResult]:
        """Yield the results of the rows that no file brought."""
        query = """SELECT associate_id, scheduled.run_id, of_row, kind, result, reason
            FROM scheduled JOIN fate USING (row) ORDER BY row"""
        return map(ScheduledResult._make, self._db.each(query))

    def next_to_begin(self, most: int) -> list[RowResult]:
        """Return the rows that wait for their first day, soonest first, at most so many."""
        query = (
            f"SELECT {', '.join(RowResult._fields)} FROM fate WHERE reason = ? ORDER BY starts, row LIMIT ?"  # noqa: S608
        )
        return [RowResult(*found) for found in self._db.each(query, Reason.NOT_YET_DUE, most)]

    def has_returns(self) -> bool:
        """Return whether a return is due whose user must be read first."""
        return bool(self._db.number("SELECT EXISTS (SELECT 1 FROM scheduled WHERE status IS NOT NULL)"))

    def mentions(self) -> Iterator[tuple[int, Named]]:
        """Yield the associates that rows of the file are about, each with how those speak of them.

        Rows that do not count, or that only withdraw, name no person.
        """
        query = f"""SELECT associate_id, sum(valid), sum(valid AND starts IS NULL AND ends IS NULL) FROM (
                SELECT *, coalesce(result, '') != 'invalid' AS valid FROM row)
            WHERE typeof(associate_id) = 'integer' AND row NOT IN (SELECT row FROM scheduled)
            AND coalesce(reason, '') NOT IN {OUTSIDE} AND NOT {WITHDRAWN}
            GROUP BY associate_id"""  # noqa: S608 - ours
        return ((person, Named(valid, undated)) for person, valid, undated in self._db.each(query))

    def days_withdrawn(self) -> dict[int, set[Period]]:
        """Return the days that rows of the file withdraw, by associate, but those it asks for as well."""
        rows = f"SELECT associate_id, starts, ends FROM row WHERE {OF_DAYS}"  # noqa: S608 - ours
        found: dict[int, set[Period]] = {}
        for person, starts, ends in self._db.each(f"{rows} AND result = 'skipped' AND {WITHDRAWN}"):
            found.setdefault(person, set()).add(Period(day_of(starts), day_of(ends)))
        if found:
            for person, starts, ends in self._db.each(f"{rows} AND NOT {WITHDRAWN}"):
                found.get(person, set()).discard(Period(day_of(starts), day_of(ends)))
        return {person: days for person, days in found.items() if days}

    def count_withdrawn_without_days(self) -> int:
        """Count the withdrawn rows that name neither a first nor a last day."""
        query = f"""SELECT count(*) FROM row WHERE {WITHDRAWN} AND result = 'skipped'
            AND starts IS NULL AND ends IS NULL"""  # noqa: S608 - ours
        return self._db.number(query)

    def days_asked(self) -> Iterator[tuple[int, int, Period]]:
        """Yield the rows with days that are still to be sent, but returns: (row, associate's id, days)."""
        query = """SELECT row.row, associate_id, starts, ends FROM row LEFT JOIN outcome USING (row)
            WHERE (starts IS NOT NULL OR ends IS NOT NULL) AND typeof(associate_id) = 'integer'
            AND row.result IS NULL AND (outcome.row IS NULL OR outcome.result IN (?, ?))
            AND row.row NOT IN (SELECT row FROM scheduled WHERE kind = ?)"""
        for row, person, starts, ends in self._db.all(query, Result.NOT_SENT, Result.FAILED, Kind.RETURN):
            yield row, person, Period(day_of(starts), day_of(ends))

    def find_expired(self, day: date) -> list[int]:
        """Return the rows that wait, were certainly never sent, and had their last day before *day*.

        Returns are none of them: they are due after it.
        """
        query = """SELECT row.row FROM row LEFT JOIN outcome ON outcome.row = row.row
            WHERE row.result IS NULL AND ends < ? AND coalesce(outcome.result, ?) IN (?, ?)
            AND row.row NOT IN (SELECT row FROM scheduled WHERE kind = ?)"""
        values = (day.isoformat(), Result.NOT_SENT, Result.NOT_SENT, Result.FAILED, Kind.RETURN)
        return [row for (row,) in self._db.all(query, *values)]
