"""Where permission to send is taken, and what became of it is reported."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

import anyio

from ..errors import PresenceWorkerError
from ..model import Change, Outcome

Settled = tuple[int, Outcome, str]  # a row, its outcome in this session, and when that came: UTC, ISO 8601


class Outbox(Protocol):
    """The rows of a run that one session sends.

    Methods may be called from any thread, and raise Stopped where what they promise cannot be kept. Each may
    be called once more with the same arguments, such as after an answer that was lost.
    """

    def take(self, after: int, most: int) -> Sequence[Change]:
        """Return the next rows to send behind row *after*, in row order, at most so many; none at the end.

        When this returns, it is durable that they may have been sent: if we die, those without an outcome are
        in doubt, and no others. A repeated call returns the same rows, but those that have an outcome by now.
        """

    def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes, all or none; when this returns, they are durable.

        Tries, PUTs and time add up over the outcomes of a row; the rest is as the last one says. An outcome
        counts once, however often it is reported: it is known by row, session, moment and result. Outcomes
        of one row are reported in order, so a report is repeated before a later one of the same row is made.
        """

    def give_back(self, after: int) -> None:
        """Note that no row of this session behind row *after* was begun, although it was taken."""


class RowsAhead:
    """Owns the rows that may be sent next. A page is taken in a thread while the one before is being sent.

    Several tasks may iterate over it; each row goes to exactly one of them.
    """

    def __init__(self, outbox: Outbox, page: int) -> None:
        self._outbox = outbox
        self._page = page
        self._low = page // 2  # as few rows are left when the next page is taken
        self._ready: deque[Change] = deque()
        self._error: PresenceWorkerError | None = None
        self._is_over = False
        self._is_low = anyio.Event()
        self._has_come = anyio.Event()
        self.begun = 0  # the last row that somebody got

    def __aiter__(self) -> AsyncIterator[Change]:
        return self

    async def __anext__(self) -> Change:
        while not self._ready:
            if self._error:
                raise self._error
            if self._is_over:
                raise StopAsyncIteration
            await self._has_come.wait()
        change = self._ready.popleft()
        self.begun = change.row
        if len(self._ready) == self._low:
            self._is_low.set()
        return change

    async def run(self) -> None:
        """Take page after page; return at the end. Whoever iterates gets the error of a page that failed."""
        last = 0
        try:
            while page := await anyio.to_thread.run_sync(self._outbox.take, last, self._page):
                last = page[-1].row
                self._is_low = anyio.Event()
                self._add(page)
                if len(self._ready) > self._low:
                    await self._is_low.wait()
        except PresenceWorkerError as error:
            self._error = error
        finally:
            self._is_over = True
            self._has_come.set()

    def _add(self, page: Sequence[Change]) -> None:
        self._ready.extend(page)
        self._has_come.set()
        self._has_come = anyio.Event()
