"""The rows of a run as they were asked for, and what the service held before."""

from collections.abc import Iterable, Iterator
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from ..model import UNSETTLED, Presence, Result, Row, Verdict
from ..sanitize import fold_name
from .database import Database, SqlRow, SqlValue
from .schema import OR_NULL

PAGE = 500  # rows written at once, at most
_ASKED = itemgetter(slice(Row._fields.index("result")))  # the fields that say what a row asks for
INSERT_ASKED = "INSERT INTO row (row, line, associate_id, status, message, cells) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_ORIGIN = "INSERT INTO origin VALUES (?, ?, ?)"
INSERT = f"""INSERT INTO row VALUES
    (?, ?, ?, ?, ?, ?, {OR_NULL}, {OR_NULL}, {OR_NULL}, NULL, {OR_NULL}, {OR_NULL}, {OR_NULL}, {OR_NULL})"""  # noqa: S608 - marks


class PendingRow(NamedTuple):
    """A row that is still to be sent, and what it was planned on."""

    row: int
    associate_id: int
    wanted: Presence
    before: Presence | None  # None: nothing was read
    knows_comment: bool  # whether the comment of *before* is known
    identity: str | None  # the name that the job has for the associate
    expected: Presence | None = None  # what must still be there, else it is left alone


class Finding(NamedTuple):
    """What a read showed of a row, as the journal keeps it; *status* None: no presence at all."""

    row: int
    status: str | None
    message: str | None  # None: not known


class Rows:
    """Owns the rows and the earlier statuses. The writer opens a transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def insert(self, rows: Iterable[Row]) -> None:
        """Write rows, page by page."""
        coming = iter(rows)
        while page := list(islice(coming, PAGE)):
            plain = [row for row in page if not (row.result or row.identity or row.period)]
            self._db.executemany(INSERT_ASKED, map(_ASKED, plain))
            self._db.executemany(INSERT_ORIGIN, [(row.row, *row.origin) for row in page if row.origin])
            if len(plain) < len(page):
                more = (row for row in page if row.result or row.identity or row.period)
                self._db.executemany(INSERT, map(_columns, more))

    def mark_settled(self, verdicts: Iterable[Verdict]) -> None:
        """Write the results of staged rows that are not to be sent."""
        self._db.executemany(
            "UPDATE row SET result = ?, reason = ?, detail = ?, duplicate_of = ? WHERE row = ?",
            ((v.result, v.reason, v.detail, v.duplicate_of, v.row) for v in verdicts),
        )

    def save_present(self, findings: Iterable[Finding]) -> None:
        """Write what the service holds for rows."""
        self._db.executemany("INSERT OR REPLACE INTO before VALUES (?, ?, ?)", findings)

    def each_pending(self, page: int) -> Iterator[PendingRow]:
        """Yield what is still to be sent, in row order, *page* rows read at once; nothing is handed out.

        What was yielded may be settled before the next one is asked for.
        """
        last = 0
        while found := self._db.all(
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
            yield from map(_to_pending_row, found)

    def people_to_send(self) -> Iterator[int | None]:
        """Yield the associate of each row that is still to be sent; None where that is not known yet."""
        query = """SELECT associate_id FROM row LEFT JOIN outcome USING (row) WHERE row.result IS NULL
            AND (outcome.row IS NULL OR outcome.result IN (?, ?, ?))"""
        return (found[0] for found in self._db.each(query, *UNSETTLED))

    def each_changed(self) -> Iterator[PendingRow]:
        """Yield the rows this run wrote, or may have written, in order, with what was there before."""
        query = """SELECT fate.row, associate_id, fate.status, fate.message,
            before.status, before.message, identity, NULL, NULL
            FROM fate LEFT JOIN before ON before.row = fate.row WHERE result IN (?, ?) ORDER BY fate.row"""
        return map(_to_pending_row, self._db.each(query, Result.UPDATED, Result.UNKNOWN))

    def changes_by_status(self) -> dict[str, int]:
        """Return the number of rows to be sent by the status they ask for, as it was staged."""
        query = "SELECT status, count(*) FROM row WHERE result IS NULL GROUP BY status"
        return dict(self._db.all(query))


def _columns(row: Row) -> tuple[SqlValue, ...]:
    """Return a row as the statement takes it; what it duplicates is not known yet."""
    starts, ends = row.period or (None, None)
    return (
        row.row,
        row.line,
        row.associate_id,
        row.status,
        row.message,
        row.cells,
        row.result or "",
        row.reason or "",
        row.detail or "",
        row.identity or "",
        fold_name(row.identity) if row.identity else "",
        starts.isoformat() if starts else "",
        ends.isoformat() if ends else "",
    )


def _to_pending_row(found: SqlRow) -> PendingRow:
    row, associate_id, status, message, was, comment, identity, *expected = found
    before = None if was is None else Presence(status=was, message=comment or "")
    wanted = Presence(status=status, message=message)
    return PendingRow(row, associate_id, wanted, before, comment is not None, identity, _presence(*expected))


def _presence(status: str | None, message: str | None) -> Presence | None:
    return None if status is None else Presence(status=status, message=message or "")
