"""Outcomes on their way into the journal, in groups, so that the disk is not the bottleneck."""

from collections.abc import Callable

import anyio

from ..errors import Stopped
from ..journal import LOGGED, Journal, Unlogged, is_full, now
from ..model import Outcome
from .row_events import log_each, news_of

MOST = 200  # rows in a group
LONGEST = 0.02  # seconds an outcome waits for others
Settled = tuple[int, Outcome, str]  # a row, its outcome, and when that came


class Recorder:
    """Owns the outcomes that are judged but not yet on disk; they count only once they are there."""

    def __init__(self, journal: Journal, make_room: Callable[[], None] = lambda: None) -> None:
        self._journal = journal
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
                    log_each(await anyio.to_thread.run_sync(self._write, group))
            except Stopped:
                self.has_lost = True
                raise
            if self._full:
                raise self._full

    def _write(self, group: list[Settled]) -> list[Unlogged]:
        """Write a group; give the rows of it that the log does not have yet."""
        try:
            self._journal.record(group)
        except Stopped as error:
            if not is_full(error):
                raise
            self._make_room()
            self._journal.record(group)
            self._full = error
        not_done = [row for row, outcome, _ in group if outcome.result in LOGGED and not outcome.trouble]
        return news_of(self._journal, not_done) if not_done else []
