"""Rows in trouble: those that are not done are logged, and those in doubt are read back."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice

import structlog

from ..delivery import Halt, Pipeline, deliver, source_of
from ..errors import Stopped
from ..journal import LOGGED, Journal, Unlogged
from ..model import Change, Outcome, Reason, Result, Trouble
from ..sanitize import unquote
from ..superoffice import Client

AT_ONCE = 500  # rows marked as logged by one transaction
EVENTS = {str(result): f"row.{result}" for result in LOGGED}
IN_DOUBT = Outcome(
    result=Result.UNKNOWN,
    reason=Reason.BAD_ANSWER,
    detail="more answers came than requests went out; this row's may be another's",
    attempts=0,
    wire_puts=0,
    trouble=Trouble.OWN,  # not its last outcome: the row is read back
)
Record = Callable[[int, Outcome], None]  # of a row; it is written soon
log = structlog.get_logger()


def log_rows(journal: Journal, *, never_sent: bool = False) -> None:
    """Log the rows that have no event yet of their result, or only those that were settled *never_sent*."""
    with suppress(Stopped):  # a journal that cannot be read is reported by what reads it for a result
        if not any(each.result in LOGGED for each in journal.results.count()):
            return
        coming = journal.logged.all_never_sent() if never_sent else journal.logged.all()
        while rows := list(islice(coming, AT_ONCE)):
            with suppress(Stopped):  # of a full disk: `resume` logs them again
                journal.logged.mark(rows)
            log_each(rows)


def log_each(rows: Iterable[Unlogged]) -> None:
    """Log rows as `row.<result>`, without what the file has in place of an ID, or what a sentence quotes."""
    for row, associate_id, result, reason, detail, http_status, attempts in rows:
        log.warning(
            EVENTS[result],
            row=row,
            associate_id=associate_id if isinstance(associate_id, int) else None,
            reason=reason,
            http_status=http_status,
            attempts=attempts,
            detail=detail and unquote(detail),
        )


class Doubts:
    """Owns the rows that must be read back. Until they are, the journal has them as unknown."""

    def __init__(
        self, journal: Journal, client: Client, record: Callable[[int, Outcome], None], halt: Halt
    ) -> None:
        self._journal = journal
        self._client = client
        self._record = record
        self._halt = halt
        self._rows: dict[int, Change] = {}

    def look(self) -> None:
        """Look out for doubts, between two rows."""
        if doubted := self._client.take_doubted():
            self._take(doubted)

    async def settle(self, pipeline: Pipeline, *, workers: int) -> None:
        """Read all of them back, and send again what is not proven; call it when nothing else is sent."""
        self._take(await self._client.take_last_doubted())
        while self._rows and not self._halt.reason:
            rows, self._rows = self._rows, {}
            await deliver(source_of(rows.values()), pipeline, self._take_outcome, self._halt, workers=workers)
            self._take(await self._client.take_last_doubted())

    def _take(self, associates: set[int]) -> None:
        if not associates:
            return
        for change in self._journal.outbox.changes_of(associates):
            log.warning("row.in_doubt", row=change.row, associate_id=change.associate_id)
            self._rows[change.row] = change
            self._record(change.row, IN_DOUBT)

    def _take_outcome(self, change: Change, outcome: Outcome) -> None:
        log.warning("row.read_back", row=change.row, associate_id=change.associate_id, result=outcome.result)
        self._record(change.row, outcome)
