"""A target that this process holds: until when, and what its run does that others must know of."""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

import anyio

from ..errors import DatabaseAway, LeaseLost
from ..journal import Journal, Outbox
from ..settings.fleet import Fleet
from .group_writer import GroupWriter
from .ledger_outbox import LedgerOutbox
from .run_file import Saving, save

MARGIN = 2.0  # seconds before its end in which a lease is no longer used
LOOK = 0.5  # seconds until we look again whether requests may be sent
LAST_TRY = 3.0  # seconds that a run which must end still waits for the database
LAST_TRY_AWAY = 0.8  # the same, where it is known to be away
AGAIN = 1.0  # seconds until the database is asked again
LOST = (
    "another machine works on this target by now; nothing more is sent or written here, the run goes on there"
)
AWAY = "the database of fleet.database was away when the run had to end; its last rows are looked up again"


class Member(Saving, Protocol):
    """What we need of this process as one of several."""

    @property
    def settings(self) -> Fleet:
        """How it takes part."""

    @property
    def writer(self) -> GroupWriter:
        """What writes the log of all runs."""


def clock() -> float:
    """Return the seconds of a clock that is never set, and that goes on in sleep where it can."""
    now = time.monotonic()
    if sys.platform == "linux":
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        now = time.clock_gettime(time.CLOCK_MONOTONIC)
    return now


class HeldTarget:
    """Owns until when a target is ours: the `Lease` of one of several machines. Any thread may ask."""

    def __init__(self, member: Member, target: str, token: int, *, now: Callable[[], float] = clock) -> None:
        self.target = target
        self.token = token
        self.run_id: str | None = None  # that works under the lease
        self.is_lost = False
        self.is_late = False  # a request without an answer was cut off: it may still be carried out
        self._member = member
        self._now = now
        self._until = self._quiet_until = 0.0
        self._quiet_run: str | None = None  # that may send before
        self.has_given_up = False  # the run had to end while the database was away
        self._ending_since: float | None = None
        self._seq = 0
        self._stop: Callable[[str], None] | None = None
        self._stopped_by: str | None = None
        self._changing = threading.Lock()

    # -- what the keeper of leases says ---------------------------------------------------------------------

    def extend(self, until: float) -> None:
        """Take in that the target is ours until then, by `clock`, with the margin already off."""
        self._until = until

    def keep_quiet(self, until: float, run_id: str | None) -> None:
        """Let nothing be sent before *until*, but by the run *run_id*."""
        self._quiet_until, self._quiet_run = until, run_id

    def lose(self) -> None:
        """Take in that the target is another's, or given back."""
        self.is_lost, self._until = True, 0.0

    def ask_to_stop(self, by: str) -> None:
        """Let the run end early because a person asked for that; the first one counts."""
        with self._changing:
            if self._stopped_by is not None:
                return
            self._stopped_by, stop = by, self._stop
        if stop:
            stop(by)

    # -- the lease ------------------------------------------------------------------------------------------

    def may_send(self) -> bool:
        """Return whether a request may be written now."""
        return not self.is_lost and self._now() < self._until and self._is_quiet_over()

    def _is_quiet_over(self) -> bool:
        is_ours = self._quiet_run is not None and self._quiet_run == self.run_id
        return not self._quiet_until or is_ours or self._now() >= self._quiet_until

    async def wait(self) -> None:
        """Return as soon as requests may be sent; raise LeaseLost, or DatabaseAway at a run's early end."""
        began = self._now()
        while not self.may_send():
            self.check(began)
            await anyio.sleep(LOOK)

    def check(self, began: float | None = None) -> None:
        """Raise LeaseLost where the target is another's, DatabaseAway where there is no more time to wait.

        *began*: when the wait began, by `clock`. Who has given up once does not wait again.
        """
        if self.is_lost:
            raise LeaseLost(LOST)
        if self._ending_since is not None and began is not None:
            patience = LAST_TRY_AWAY if self._member.writer.is_away else LAST_TRY
            if self._now() >= max(self._ending_since, began) + patience:
                self.has_given_up = True
        if self.has_given_up:
            raise DatabaseAway(AWAY)

    def now(self) -> float:
        """Return the moment by `clock`."""
        return self._now()

    def hurry(self) -> None:
        """Let what waits for the database give up soon: the run must end."""
        if self._ending_since is None:
            self._ending_since = self._now()

    def on_stop(self, stop: Callable[[str], None]) -> None:
        """Call *stop* with who asks for it, if a person asks another machine to stop the run."""
        with self._changing:
            self._stop, by = stop, self._stopped_by
        if by is not None:
            stop(by)

    def expect_late_request(self) -> None:
        """Take in that a request was cut off that may still be carried out."""
        self.is_late = True

    def outbox(self, journal: Journal, *, rate: float, concurrency: int) -> Outbox:
        """Return the outbox of the journal whose permissions and outcomes are in the database as well."""
        self.run_id = journal.run().run_id
        return LedgerOutbox(
            journal, self, self._member.writer, self._member.sealing, max(2 * rate, concurrency)
        )

    def save(self, journal: Journal, summary: bytes | None = None) -> None:
        """Save the run in the database; where that is away, wait until it is back."""
        self.run_id = journal.run().run_id
        began = self._now()
        while True:
            self.check(began)
            with suppress(DatabaseAway):
                self._save_in_time(journal, summary, began)
                return
            time.sleep(AGAIN if self._ending_since is None else AGAIN / 4)

    def _save_in_time(self, journal: Journal, summary: bytes | None, began: float) -> None:
        """Save it in a thread of its own, which may hang where we must end."""
        made = Future[None]()

        def work() -> None:
            try:
                save(self._member, self, journal, summary)
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                made.set_exception(error)
            else:
                made.set_result(None)

        threading.Thread(target=work, daemon=True, name="save").start()
        while True:
            with suppress(TimeoutError):
                made.result(LOOK)
                return
            self.check(began)

    def next_seq(self) -> int:
        """Return the number of the next line in the log under this lease."""
        with self._changing:
            self._seq += 1
            return self._seq
