"""How many requests may be in flight: fewer while the service is in trouble."""

from collections.abc import Callable

import anyio

from ..model import Change, Outcome, Send, Trouble
from .pace import CUT, CUT_EVERY


class Slots:
    """Owns the places for requests in flight; a row that waits for its next try holds none."""

    def __init__(self, number: int, clock: Callable[[], float] = anyio.current_time) -> None:
        self._configured = number
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(number)
        self._good = 0  # answers since the number was last changed
        self._cut = -CUT_EVERY  # when the service asked us to slow down last

    @property
    def taken(self) -> int:
        """Places taken now."""
        return self._limiter.borrowed_tokens

    async def enter(self, row: int) -> None:
        """Wait for a place for *row*."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(row)
        except anyio.WouldBlock:
            await self._limiter.acquire_on_behalf_of(row)

    def leave(self, row: int) -> None:
        """Give the place of *row* back."""
        self._limiter.release_on_behalf_of(row)

    def slow_down(self) -> None:
        """Allow fewer, at most once a second."""
        now = self._clock()
        if now - self._cut >= CUT_EVERY:
            self._cut = now
            self.shrink(CUT)

    def shrink(self, factor: float) -> None:
        """Allow fewer, but always one."""
        self._limiter.total_tokens = max(1, int(self._limiter.total_tokens * factor))
        self._good = 0

    def grow(self) -> None:
        """Allow one more after as many good answers as there are places."""
        allowed = int(self._limiter.total_tokens)
        if allowed < self._configured:
            self._good += 1
            if self._good >= allowed:
                self._limiter.total_tokens, self._good = allowed + 1, 0


def slotted(send: Send, slots: Slots) -> Send:
    """Make *send* hold a place while it is at work."""

    async def slotted_send(change: Change) -> Outcome:
        await slots.enter(change.row)
        try:
            outcome = await send(change)
        finally:
            slots.leave(change.row)
        if outcome.trouble is None:
            slots.grow()
        elif outcome.trouble is Trouble.THROTTLED:
            slots.slow_down()
        return outcome

    return slotted_send
