"""What a journal tells in numbers: rows by result, reasons, requests, and time."""

from collections.abc import Iterator, Mapping

from ..model import Reason, Result
from .connection import Found
from .logged import Logged
from .records import Fault, Sending, Session, Work

DONE = (Result.UPDATED, Result.UNCHANGED, Result.SKIPPED)  # and a duplicate of such a row
UNSETTLED = (Result.NOT_SENT, Result.FAILED, Result.UNKNOWN)  # what `resume` finishes
NOT_DONE = (Result.INVALID, Result.REJECTED, *UNSETTLED)


class Counts(Logged):
    """Counts what is in a journal."""

    def work(self) -> Work:
        """Give what all sessions did together."""
        return Work(
            *self._one(
                """SELECT min(started_at), iif(count(ended_at) < count(*), NULL, max(ended_at)),
                total(seconds),
                (SELECT rate FROM session ORDER BY session DESC LIMIT 1), coalesce(sum(gets), 0)
                FROM session"""
            )
        )

    def puts(self) -> tuple[int, int]:
        """Give the PUTs on the wire, and how many of them repeated an earlier one of the same row."""
        query = "SELECT coalesce(sum(wire_puts), 0), coalesce(sum(max(wire_puts - 1, 0)), 0) FROM outcome"
        puts, repeats = self._one(query)
        return puts, repeats

    def counts(self) -> dict[Result, int]:
        """Give the number of rows by result, all results named."""
        found: dict[str, int] = dict(self._all("SELECT result, count(*) FROM fate GROUP BY result"))
        return {result: found.get(result, 0) for result in Result}

    def changes_by_status(self) -> dict[str, int]:
        """Give the number of rows to be sent by the status they ask for, as it was staged."""
        query = "SELECT status, count(*) FROM row WHERE result IS NULL GROUP BY status"
        return dict(self._all(query))

    def done(self, counts: Mapping[Result, int]) -> int:
        """Count the rows that are done, of all that *counts* has; a duplicate is where the other row is."""
        query = """SELECT count(*) FROM row JOIN fate ON fate.row = row.duplicate_of
            WHERE fate.result IN (?, ?, ?)"""
        (duplicates,) = self._one(query, *DONE)
        return sum(counts[result] for result in DONE) + int(duplicates)

    def reasons(self) -> list[Found]:
        """Give (result, reason, rows, one detail) for rows that are not done, most rows first."""
        return self._all(
            """SELECT result, reason, count(*), min(detail) FROM fate WHERE result IN (?, ?, ?, ?, ?)
            GROUP BY result, reason ORDER BY count(*) DESC, result, reason""",
            *NOT_DONE,
        )

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong with each invalid row, in order."""
        query = "SELECT row, line, reason, detail FROM fate WHERE result = ? ORDER BY row"
        return map(Fault._make, self._each(query, Result.INVALID))

    def people(self) -> dict[tuple[str, str | None], int]:
        """Count the people behind the rows that are not done, by result and reason.

        Who has neither a number nor a name counts once for each row.
        """
        found = self._all(
            """SELECT result, reason, count(DISTINCT coalesce(associate_id, identity, 'row ' || row))
            FROM fate WHERE result IN (?, ?, ?, ?, ?) GROUP BY result, reason""",
            *NOT_DONE,
        )
        return {(result, reason): number for result, reason, number in found}

    def sessions(self) -> list[Session]:
        """Give the sessions in which something was sent, in order, with their last outcomes."""
        query = """SELECT session, command, session.started_at, rate, max(finished_at)
            FROM session JOIN outcome USING (session) WHERE attempts > 0 GROUP BY session ORDER BY session"""
        return [Session(*found) for found in self._all(query)]

    def sending(self) -> Sending | None:
        """Give how the requests went; None where more than one session sent some, or none has.

        What is applied was stored by a session that sent nothing.
        """
        query = """SELECT rate, command != 'apply', seconds, gets,
            count(*), sum(attempts), sum(duration_ms) / 1000,
            (julianday(max(finished_at)) - julianday(min(finished_at))) * 86400
            FROM session JOIN outcome USING (session) WHERE attempts > 0 AND command != 'resume'
            AND session = (SELECT max(session) FROM session) GROUP BY session"""
        found = self._all(query)
        return Sending(*found[0]) if found else None

    def silence(self, *, longer_than: float) -> float:
        """Give the seconds in which no outcome came, all times together that were *longer_than* so many."""
        (seconds,) = self._one(
            """SELECT total(apart) FROM (SELECT 86400 * (julianday(finished_at)
                - lag(julianday(finished_at)) OVER (ORDER BY finished_at)) AS apart
            FROM outcome WHERE attempts > 0) WHERE apart > ?""",
            longer_than,
        )
        return float(seconds)

    def number_of(self, reason: Reason) -> int:
        """Count the rows with a reason."""
        (number,) = self._one("SELECT count(*) FROM fate WHERE reason = ?", reason)
        return int(number)

    def on_their_way(self) -> int:
        """Count the rows that may have been sent, and whose outcome is not written yet, if it ever is."""
        (number,) = self._one("SELECT count(*) FROM lost")
        return int(number)

    def to_mend(self) -> int:
        """Count the rows of the file that are wrong or were refused for good."""
        query = "SELECT count(*) FROM fate WHERE result IN (?, ?) AND scheduled_by IS NULL"
        (number,) = self._one(query, Result.INVALID, Result.REJECTED)
        return int(number)

    def people_to_send(self) -> Iterator[int | None]:
        """Yield the associate of each row that is still to be sent; None where that is not known yet."""
        query = """SELECT associate_id FROM row LEFT JOIN outcome USING (row) WHERE row.result IS NULL
            AND (outcome.row IS NULL OR outcome.result IN (?, ?, ?))"""
        return (found[0] for found in self._each(query, *UNSETTLED))

    def in_doubt(self) -> int:
        """Count the rows still to be sent that an earlier session may have sent."""
        query = """SELECT count(*) FROM row JOIN outcome USING (row)
            WHERE row.result IS NULL AND outcome.result = ?"""
        (number,) = self._one(query, Result.UNKNOWN)
        return int(number)

    def to_send(self) -> int:
        """Count the rows that are still to be sent."""
        counts = self.counts()
        return sum(counts[result] for result in UNSETTLED)
