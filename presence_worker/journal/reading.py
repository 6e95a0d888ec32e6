"""What a journal tells: the run, its rows and their fates, and what is still to be sent."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from ..errors import Stopped
from ..model import NOT_COUNTED, Asked, Kind, Period, Presence, Reason, Result
from .connection import WAYS_ON, Found
from .counts import UNSETTLED, Counts
from .records import Dated, Delivery, Fate, Named, RunRecord, ScheduledFate, Unnamed, Wish
from .schema import VERSION

NOT_DUE = (Reason.NOT_YET_DUE, Reason.NO_LONGER_DUE)
PERSON = "coalesce(associate_id, known_as)"  # whom a row is about, as far as it is known
TWICE = f"SELECT {PERSON} FROM row WHERE result IS NULL GROUP BY {PERSON} HAVING count(*) > 1"  # noqa: S608 - ours
ABOUT = f"""SELECT row, status, message, line, starts, ends FROM row
    WHERE {PERSON} = ? AND result IS NULL ORDER BY row"""  # noqa: S608 - ours
WITHDRAWN = (
    "(coalesce(reason, '') = 'withdrawn' AND status IS NULL)"  # and no row that a later job has withdrawn
)
OF_DAYS = """(starts IS NOT NULL OR ends IS NOT NULL) AND typeof(associate_id) = 'integer'
    AND row NOT IN (SELECT row FROM scheduled)"""  # rows of the file that are due on days, and about somebody
OUTSIDE = f"({', '.join(f'{str(reason)!r}' for reason in NOT_COUNTED)})"  # as if not in the file


class Reader(Counts):
    """Reads what is in a journal."""

    def is_staged(self) -> bool:
        """Whether the journal holds a run: staging is one transaction, so it is there whole or not at all."""
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'schema'"
        return bool(self._db.execute(query).fetchone()[0])

    def is_current(self) -> bool:
        """Whether the journal is of the version that is read here."""
        return bool(self._all("SELECT version FROM schema") == [(VERSION,)])

    def run(self) -> RunRecord:
        """Return the run as a whole; raise Stopped where it cannot be read."""
        values = self._one("SELECT * FROM run")
        try:
            return RunRecord.read(values)
        except ValueError as error:
            raise Stopped(f"the journal {self.path} cannot be read: {error}; {WAYS_ON}") from error

    def clashes(self) -> Iterator[list[Asked]]:
        """Yield, for each person asked for twice or more, their rows in order.

        People are told apart by associateId, and as long as that is not known by their name in the job.
        """
        twice = self._all(TWICE)
        if twice:
            self._db.execute(f"CREATE INDEX IF NOT EXISTS row_by_person ON row ({PERSON})")
        for (person,) in twice:
            yield list(map(_asked, self._all(ABOUT, person)))

    def rivals(self) -> Iterator[list[Asked]]:
        """Yield, for each person and first day that several rows wait for, those rows, as `clashes` does."""
        query = f"""SELECT row, status, message, line, starts, ends, {PERSON} FROM row WHERE reason = ?
            ORDER BY {PERSON}, starts, row"""  # noqa: S608 - ours
        waiting = self._each(query, Reason.NOT_YET_DUE)
        for _, found in groupby(waiting, key=lambda each: (each[6], each[4])):
            rows = list(found)
            if len(rows) > 1:
                yield [_asked(each[:6]) for each in rows]

    def identities(self, page: int) -> Iterator[list[Unnamed]]:
        """Yield the rows that name somebody whose associate is not known, in order.

        They come *page* by page; what was yielded may be settled before the next page is asked for.
        """
        last = 0
        while found := self._all(
            f"""SELECT row, known_as, result IS NULL OR coalesce(reason, '') IN (?, ?), {WITHDRAWN} FROM row
            WHERE row > ? AND identity IS NOT NULL AND associate_id IS NULL
            AND coalesce(reason, '') NOT IN {OUTSIDE} ORDER BY row LIMIT ?""",  # noqa: S608 - ours
            *NOT_DUE,
            last,
            page,
        ):
            last = found[-1][0]
            yield [Unnamed(row, name, bool(valid), bool(withdraws)) for row, name, valid, withdraws in found]

    def wishes(self, page: int) -> Iterator[Wish]:
        """Yield what is still to be sent, in row order, *page* rows read at once; nothing is handed out.

        What was yielded may be settled before the next one is asked for.
        """
        last = 0
        while found := self._all(
            """SELECT row.row, associate_id, row.status, row.message, before.status, before.message, identity,
            scheduled.status, scheduled.message
            FROM row LEFT JOIN outcome ON outcome.row = row.row LEFT JOIN before ON before.row = row.row
            LEFT JOIN scheduled ON scheduled.row = row.row
            WHERE row.row > ? AND row.result IS NULL AND associate_id IS NOT NULL
            AND (outcome.row IS NULL OR outcome.result IN (?, ?, ?)) ORDER BY row.row LIMIT ?""",
            last,
            *UNSETTLED,
            page,
        ):
            last = found[-1][0]
            yield from map(_wish, found)

    def changed(self) -> Iterator[Wish]:
        """Yield the rows this run wrote, or may have written, in order, with what was there before."""
        query = """SELECT fate.row, associate_id, fate.status, fate.message,
            before.status, before.message, identity, NULL, NULL
            FROM fate LEFT JOIN before ON before.row = fate.row WHERE result IN (?, ?) ORDER BY fate.row"""
        return map(_wish, self._each(query, Result.UPDATED, Result.UNKNOWN))

    def fates(self, *results: Result) -> Iterator[Fate]:
        """Yield all rows in order with what became of them, or only those with the *results* named."""
        wanted = f"WHERE result IN ({', '.join('?' * len(results))})" if results else ""
        query = f"SELECT {', '.join(Fate._fields)} FROM fate {wanted} ORDER BY row"  # noqa: S608 - names are ours
        return map(Fate._make, self._each(query, *results))

    def lines(self, fields: Sequence[str]) -> Iterator[Found]:
        """Yield these fields of a `Fate` for all rows, in order: cheaper where the others are not needed."""
        return self._each(f"SELECT {', '.join(fields)} FROM fate ORDER BY row")  # noqa: S608 - names are ours

    def deliveries(self) -> Iterator[Delivery]:
        """Yield when and how each row that was tried came to its outcome, in no order."""
        query = f"SELECT {', '.join(Delivery._fields)} FROM outcome WHERE attempts > 0"  # noqa: S608 - names are ours
        return map(Delivery._make, self._each(query))

    def dated(self) -> Iterator[Dated]:
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
        for row, person, identity, status, message, starts, ends, result, reason in self._each(query):
            wanted = Presence(status=status, message=message)
            yield Dated(row, person, identity, wanted, _day(starts), _day(ends), result, reason)

    def scheduled(self) -> Iterator[ScheduledFate]:
        """Yield what became of the rows that no file brought."""
        query = """SELECT associate_id, scheduled.run_id, of_row, kind, result, reason
            FROM scheduled JOIN fate USING (row) ORDER BY row"""
        return map(ScheduledFate._make, self._each(query))

    def waiting(self, most: int) -> list[Fate]:
        """Give the rows that wait for their first day, soonest first, at most so many."""
        query = f"SELECT {', '.join(Fate._fields)} FROM fate WHERE reason = ? ORDER BY starts, row LIMIT ?"  # noqa: S608
        return [Fate(*found) for found in self._each(query, Reason.NOT_YET_DUE, most)]

    def has_returns(self) -> bool:
        """Whether somebody is to return who must be looked at first."""
        (found,) = self._one("SELECT EXISTS (SELECT 1 FROM scheduled WHERE status IS NOT NULL)")
        return bool(found)

    def named(self) -> Iterator[tuple[int, Named]]:
        """Yield the associates that rows of the file are about, each with how those speak of them.

        Rows that do not count name nobody, and neither do those that only withdraw.
        """
        query = f"""SELECT associate_id, sum(valid), sum(valid AND starts IS NULL AND ends IS NULL) FROM (
                SELECT *, coalesce(result, '') != 'invalid' AS valid FROM row)
            WHERE typeof(associate_id) = 'integer' AND row NOT IN (SELECT row FROM scheduled)
            AND coalesce(reason, '') NOT IN {OUTSIDE} AND NOT {WITHDRAWN}
            GROUP BY associate_id"""  # noqa: S608 - ours
        return ((person, Named(valid, undated)) for person, valid, undated in self._each(query))

    def withdrawn(self) -> dict[int, set[Period]]:
        """Give the days that rows of the file withdraw, by associate, but those it asks for as well."""
        rows = f"SELECT associate_id, starts, ends FROM row WHERE {OF_DAYS}"  # noqa: S608 - ours
        found: dict[int, set[Period]] = {}
        for person, starts, ends in self._each(f"{rows} AND result = 'skipped' AND {WITHDRAWN}"):
            found.setdefault(person, set()).add(Period(_day(starts), _day(ends)))
        if found:
            for person, starts, ends in self._each(f"{rows} AND NOT {WITHDRAWN}"):
                found.get(person, set()).discard(Period(_day(starts), _day(ends)))
        return {person: days for person, days in found.items() if days}

    def withdrawn_without_days(self) -> int:
        """Count the withdrawn rows that name neither a first nor a last day."""
        query = f"""SELECT count(*) FROM row WHERE {WITHDRAWN} AND result = 'skipped'
            AND starts IS NULL AND ends IS NULL"""  # noqa: S608 - ours
        return int(self._one(query)[0])

    def asked_days(self) -> Iterator[tuple[int, int, Period]]:
        """Yield the rows with days that are still to be sent, but returns: (row, associate's id, days)."""
        query = """SELECT row.row, associate_id, starts, ends FROM row LEFT JOIN outcome USING (row)
            WHERE (starts IS NOT NULL OR ends IS NOT NULL) AND typeof(associate_id) = 'integer'
            AND row.result IS NULL AND (outcome.row IS NULL OR outcome.result IN (?, ?))
            AND row.row NOT IN (SELECT row FROM scheduled WHERE kind = ?)"""
        for row, person, starts, ends in self._all(query, Result.NOT_SENT, Result.FAILED, Kind.RETURN):
            yield row, person, Period(_day(starts), _day(ends))

    def expired(self, day: date) -> list[int]:
        """Give the rows that are to be sent, surely never were, and have had their last day before *day*.

        Returns are none of them: they are due after it.
        """
        query = """SELECT row.row FROM row LEFT JOIN outcome ON outcome.row = row.row
            WHERE row.result IS NULL AND ends < ? AND coalesce(outcome.result, ?) IN (?, ?)
            AND row.row NOT IN (SELECT row FROM scheduled WHERE kind = ?)"""
        values = (day.isoformat(), Result.NOT_SENT, Result.NOT_SENT, Result.FAILED, Kind.RETURN)
        return [row for (row,) in self._all(query, *values)]

    def unanswered(self) -> Iterator[int]:
        """Yield the associates of rows that were sent and never answered."""
        return (
            found[0] for found in self._each("SELECT associate_id FROM fate WHERE result = ?", Result.UNKNOWN)
        )

    def written(self) -> Iterator[int]:
        """Yield the associates this run wrote, or may have written."""
        query = "SELECT associate_id FROM fate WHERE result IN (?, ?)"
        return (found[0] for found in self._each(query, Result.UPDATED, Result.UNKNOWN))

    def unchanged(self) -> Iterator[tuple[int, Presence]]:
        """Yield the associates who already had what this run wanted, with that."""
        query = "SELECT associate_id, status, message FROM fate WHERE result = ?"
        found = self._each(query, Result.UNCHANGED)
        return ((person, Presence(status=status, message=message)) for person, status, message in found)


def _asked(found: Found) -> Asked:
    row, status, message, line, starts, ends = found
    period = Period(_day(starts), _day(ends)) if starts or ends else None
    return Asked(row, Presence(status=status, message=message), line, period)


def _wish(found: Found) -> Wish:
    row, associate_id, status, message, was, comment, identity, *expected = found
    before = None if was is None else Presence(status=was, message=comment or "")
    wanted = Presence(status=status, message=message)
    return Wish(row, associate_id, wanted, before, comment is not None, identity, _presence(*expected))


def _presence(status: str | None, message: str | None) -> Presence | None:
    return None if status is None else Presence(status=status, message=message or "")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
