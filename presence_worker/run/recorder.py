"""Outcomes on their way into the journal, in groups; and an event in the log of each row that is not done."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice

import anyio
import structlog

from ..errors import Stopped
from ..journal import LOGGED, Journal, LoggedRows, Outbox, Settled, Unlogged, is_full, now
from ..model import Outcome
from ..sanitize import clean

MOST = 200  # rows in a group
LONGEST = 0.02  # seconds an outcome waits for others
AT_ONCE = 500  # rows marked as logged by one transaction
LONGEST_ID = 100  # characters of an ID that is not a number
EVENTS = {str(result): f"row.{result}" for result in LOGGED}
log = structlog.get_logger()


class Recorder:
    """Owns the outcomes that are judged but not yet on disk; they count only once they are there."""

    def __init__(
        self, outbox: Outbox, logged: LoggedRows, make_room: Callable[[], None] = lambda: None
    ) -> None:
        self._outbox = outbox
        self._logged = logged
        self._make_room = make_room
        self._full: Stopped | None = None  # why no more is to be sent, although all could be written
        self._waiting: list[Settled] = []
        self._some = anyio.Event()
        self._many = anyio.Event()
        self._writing = anyio.Lock()
        self.has_lost = False  # outcomes that could not be written: their rows must stay in doubt

    def add(self, row: int, outcome: Outcome) -> None:
        """Take an outcome in; it is written soon."""
        self._waiting.append((row, outcome, now()))
        if len(self._waiting) == 1:
            self._some.set()
        elif len(self._waiting) == MOST:
            self._many.set()

    async def run(self, stop: Callable[[Stopped], None]) -> None:
        """Write group after group until cancelled; a write that fails stops the run."""
        try:
            while True:
                await self._some.wait()
                with anyio.move_on_after(LONGEST):
                    await self._many.wait()
                await self.flush()
        except Stopped as error:
            stop(error)

    async def flush(self) -> None:
        """Write what is waiting; return when it is on disk. Raise Stopped where that fails."""
        async with self._writing:
            if not self._waiting:
                return
            group, self._waiting = self._waiting, []
            self._some, self._many = anyio.Event(), anyio.Event()
            try:
                with anyio.CancelScope(shield=True):
                    _log_each(await anyio.to_thread.run_sync(self._write, group))
            except Stopped:
                self.has_lost = True
                raise
            if self._full:
                raise self._full

    def _write(self, group: list[Settled]) -> list[Unlogged]:
        """Write a group; return the rows of it that the log does not have yet."""
        try:
            self._outbox.record(group)
        except Stopped as error:
            if not is_full(error):
                raise
            self._make_room()
            self._outbox.record(group)
            self._full = error
        not_done = [row for row, outcome, _ in group if outcome.result in LOGGED and not outcome.trouble]
        return self._mark(not_done) if not_done else []

    def _mark(self, rows: list[int]) -> list[Unlogged]:
        """Return those of *rows* that have no event yet of the outcome on disk, and mark them."""
        try:
            found = self._logged.among(rows)
            self._logged.mark(found)
        except Stopped:  # they are logged at the end
            return []
        return found


def log_rows(journal: Journal, *, never_sent: bool = False) -> None:
    """Log the rows that have no event yet of their result, or only those that were settled *never_sent*."""
    with suppress(Stopped):  # a journal that cannot be read is reported by what reads it for a result
        coming = journal.logged.all_never_sent() if never_sent else journal.logged.all()
        while rows := list(islice(coming, AT_ONCE)):
            with suppress(Stopped):  # of a full disk: `resume` logs them again
                journal.logged.mark(rows)
            _log_each(rows)


def _log_each(rows: Iterable[Unlogged]) -> None:
    """Log rows as `row.<result>`."""
    for row, associate_id, result, reason, detail, http_status, attempts in rows:
        log.warning(
            EVENTS[result],
            row=row,
            associate_id=clean(associate_id, LONGEST_ID) if isinstance(associate_id, str) else associate_id,
            reason=reason,
            http_status=http_status,
            attempts=attempts,
            detail=detail,
        )
