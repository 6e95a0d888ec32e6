"""Outcomes on their way into the journal, in groups, so that the disk is not the bottleneck."""

from collections.abc import Callable

import anyio

from ..errors import Stopped
from ..journal import Journal, now
from ..model import Outcome

MOST = 200  # rows in a group
LONGEST = 0.02  # seconds an outcome waits for others


class Recorder:
    """Owns the outcomes that are judged but not yet on disk; they count only once they are there."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[tuple[int, Outcome, str]] = []
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
        """Write group after group until cancelled; a write that fails stops the run and is not repeated."""
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
                    await anyio.to_thread.run_sync(self._journal.record, group)
            except Stopped:
                self.has_lost = True
                raise
