"""The right to work on a target, and what a run does under it that other machines must know of."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from ..model import Change
from ..threads import work_in_thread
from .journal import Journal
from .outbox import LocalOutbox, Outbox, Pages, Settled

MOST_AHEAD = 500  # rows that are taken at once; memory stays flat at any rate
ANY = Pages(MOST_AHEAD, MOST_AHEAD // 2)


class Lease(Protocol):
    """The right to work on a target: at any moment, one process has it."""

    def may_send(self) -> bool:
        """Return whether a request may be written now; asked last before that, so it must be quick."""

    async def wait(self) -> None:
        """Return as soon as requests may be sent; raise LeaseLost where that will never be."""

    def outbox(self, journal: Journal, *, rate: float, concurrency: int) -> Outbox:
        """Return what hands out the rows of a run, and takes their outcomes.

        They are sent at *rate* requests per second, with at most *concurrency* in flight.
        """

    def hurry(self) -> None:
        """Take in that the run must end: what waits for others gives up in a few seconds."""

    def on_stop(self, stop: Callable[[str], None]) -> None:
        """Call *stop* with who asks for it, if a person asks another machine to stop the run.

        It is called in any thread.
        """

    def expect_late_request(self) -> None:
        """Take in that a request was cut off that may still be carried out."""

    def save(self, journal: Journal, summary: bytes | None = None) -> None:
        """Let all machines have the run as it is in the *journal*; when this returns, that is durable.

        A run is saved when it is staged, and right before its first row is handed out in a session. At its
        end it is saved with its *summary*, as the index keeps it. It blocks. Raise LeaseLost or DatabaseAway.
        """


class LocalLease:
    """The right to work on a target of this machine alone: the kernel keeps it as long as we live."""

    def may_send(self) -> bool:
        """Return True: a lock does not end before its holder does."""
        return True

    async def wait(self) -> None:
        """Return at once."""

    def outbox(self, journal: Journal, *, rate: float, concurrency: int) -> Outbox:
        """Return the outbox of the journal."""
        size = min(MOST_AHEAD, max(concurrency, int(rate)))
        return OutboxInThreads(journal.outbox, Pages(size, size // 2))

    def hurry(self) -> None:
        """Do nothing: nothing waits."""

    def on_stop(self, stop: Callable[[str], None]) -> None:
        """Do nothing: no other machine knows of us."""

    def expect_late_request(self) -> None:
        """Do nothing."""

    def save(self, journal: Journal, summary: bytes | None = None) -> None:
        """Do nothing: the journal is the only memory."""


class OutboxInThreads:
    """The outbox of a journal; its methods work in threads."""

    def __init__(self, outbox: LocalOutbox, pages: Pages = ANY) -> None:
        self._outbox = outbox
        self.pages = pages

    async def take(self, after: int, most: int) -> Sequence[Change]:
        """Return the next rows to send; see `Outbox`."""
        return await work_in_thread(self._outbox.take, after, most)

    async def record(self, outcomes: Iterable[Settled]) -> None:
        """Write outcomes; see `Outbox`."""
        await work_in_thread(self._outbox.record, outcomes)

    async def give_back(self, after: int) -> None:
        """Note that no row behind that one was begun; see `Outbox`."""
        await work_in_thread(self._outbox.give_back, after)

    def set_aside(self, rows: int) -> None:
        """Do nothing: any number of rows may be handed out."""
