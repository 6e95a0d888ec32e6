"""The rows of a run that several machines know of: what may have been sent, and what came of it."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

import anyio

from ..journal import Journal, Pages, Settled
from ..model import Change
from ..threads import work_in_thread
from .group_writer import GroupWriter, LogLease
from .run_file import pack_outcomes
from .sealing import Sealing

LOOK = 0.5  # seconds until we look whether waiting is still any use
MOST = 500  # rows of a page
LEAST, PAGE = 0.2, 0.5  # of what may be handed out: a page, at least and at most
LOW = 0.35  # of it, when the next page is asked for: until that comes, half a second must be sent


class OutboxLease(LogLease, Protocol):
    """What we need of a lease: that it is ours, and that there is time to wait."""

    def next_seq(self) -> int:
        """Return the number of the next line in the log."""

    def now(self) -> float:
        """Return the moment by a clock."""

    def check(self, began: float) -> None:
        """Raise LeaseLost or DatabaseAway where it makes no sense to wait on, as since *began*."""


class LedgerOutbox:
    """Owns which rows were handed out and are not settled in the database; see `Outbox`.

    At most *limit* of them, so that after our death no more are looked up again. Those that are set aside
    come on top: else nothing would go on that decides about them.
    """

    def __init__(
        self, journal: Journal, held: OutboxLease, writer: GroupWriter, sealing: Sealing, limit: float
    ) -> None:
        self._outbox = journal.outbox
        self._run_id = journal.run().run_id
        self._held = held
        self._writer = writer
        self._sealing = sealing
        self._limit = max(1, int(limit))
        self._open: set[int] = set()  # rows handed out, without an outcome that is durable
        self._done = 0
        self._aside = 0
        self._handed_out = 0
        self._has_room = anyio.Event()
        self.pages = Pages(
            size=max(1, min(MOST, int(self._limit * PAGE))), low=min(2 * MOST, int(self._limit * LOW))
        )

    async def take(self, after: int, most: int) -> Sequence[Change]:
        """Return the next rows to send; see `Outbox`."""
        least = min(most, max(1, int(self._limit * LEAST)))
        while (room := self._limit + self._aside - len(self._open)) < least:
            self._has_room = anyio.Event()
            await self._has_room.wait()
        page = await work_in_thread(self._outbox.take, after, min(most, room))
        if page:
            self._open.update(change.row for change in page)
            self._handed_out = max(self._handed_out, page[-1].row)
            await self._submit(None)
        return page

    async def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes here and in the database; see `Outbox`."""
        group = list(outcomes)
        sealed = await work_in_thread(self._write, group)
        rows = {row for row, _, _ in group}
        self._done += len(rows & self._open)
        await self._submit(sealed)
        self._open -= rows
        self._has_room.set()

    async def give_back(self, after: int) -> None:
        """Note that no row behind that one was begun; see `Outbox`."""
        await work_in_thread(self._outbox.give_back, after)
        self._handed_out = min(self._handed_out, after)
        await self._submit(None)

    def set_aside(self, rows: int) -> None:
        """Let so many rows more be handed out; see `Outbox`."""
        self._aside = rows
        self._has_room.set()

    def _write(self, group: list[Settled]) -> bytes:
        """Write outcomes here; return them as the database keeps them."""
        self._outbox.record(group)
        return self._sealing.seal(pack_outcomes(group))

    async def _submit(self, sealed: bytes | None) -> None:
        """Return when it is in the database; raise LeaseLost or DatabaseAway where waiting has no use."""
        seq = self._held.next_seq()
        line = self._writer.submit(self._held, self._run_id, seq, self._handed_out, self._done, sealed)
        waiting, began = asyncio.wrap_future(line), self._held.now()
        try:
            while not (await asyncio.wait((waiting,), timeout=LOOK))[0]:
                self._held.check(began)
            waiting.result()
        finally:
            waiting.cancel()  # what is not being written, is not written any more
