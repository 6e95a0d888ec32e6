"""How much SuperOffice is asked: one request slot after another, with so many requests in flight at most."""

from collections.abc import Callable

import anyio
import structlog

CUT = 0.7  # of the pace is left when SuperOffice asks us to slow down
CUT_EVERY = 1.0  # seconds; one storm of refusals is one reason to slow down
RECOVERY = 0.05  # of the configured pace is won back each second, while the pace is really used
LEAST = 0.05  # of the configured pace always stays
log = structlog.get_logger()
FINEST = 0.002  # seconds a timer may be late without our losing a slot


class Pace:
    """Owns the clock of the run: the slots it gives are 1/rate seconds apart.

    A slot missed by a late timer is made up for, a longer pause (or a stopped process) never is.
    """

    def __init__(
        self,
        rate: float,  # requests per second
        *,
        burst: int = 1,
        adaptive: bool = True,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self.rate = rate
        self.taken = 0  # slots given so far
        self._configured = rate
        self._burst = burst
        self._adaptive = adaptive
        self._clock = clock
        self._queue = anyio.Lock(fast_acquire=True)
        self._due = 0.0  # when the next slot is
        self._floor = 0.0  # no request starts before
        self._last = 0.0  # when the last slot was taken
        self._cut = -CUT_EVERY  # when the pace was cut last
        self._at_work = 0  # requests that wait for their slot, or for their answer
        self._since = 0.0  # from when on the time counts in which there are any
        self._worked = 0.0

    @property
    def worked(self) -> float:
        """Seconds in which a request was under way or waited for its slot, without SuperOffice's pauses.

        One that has its answer at once has also taken its slot.
        """
        return self._worked + max(0.0, self._due - self._since)

    @property
    def paused_until(self) -> float:
        """When the pause is over that SuperOffice asked for last."""
        return self._floor

    async def slot(self) -> None:
        """Wait for the next slot, first come, first served."""
        if not self._queue.locked() and self._wait() <= 0:
            self._take(waited=False)
            return
        async with self._queue:
            while (wait := self._wait()) > 0:  # noqa: ASYNC110 - time is what we wait for
                await anyio.sleep(wait)
            self._take(waited=True)

    def pause(self, seconds: float) -> None:
        """Start no request for *seconds* from now."""
        if self._at_work:
            self._count()
        self._floor = max(self._floor, self._clock() + seconds)
        self._since = max(self._since, self._floor)
        log.debug("decision.pause", seconds=seconds)

    def begin(self) -> None:
        """Note that there is a request to make."""
        if not self._at_work:
            now = self._clock()
            self._worked += max(0.0, min(now, self._due) - self._since)  # of the slot before
            self._since = max(now, self._floor)
        self._at_work += 1

    def end(self) -> None:
        """Note that it has its answer, or gets none."""
        self._at_work -= 1
        if not self._at_work:
            self._count()

    def _count(self) -> None:
        now = self._clock()
        self._worked += max(0.0, now - self._since)
        self._since = max(self._since, now)

    def slow_down(self) -> None:
        """Cut the pace, at most once a second."""
        now = self._clock()
        if self._adaptive and now - self._cut >= CUT_EVERY:
            self._cut = now
            self.rate = max(self.rate * CUT, self._configured * LEAST)
            log.debug("decision.pace", rate=round(self.rate, 3))

    def _wait(self) -> float:
        early = (self._burst - 1) / self.rate
        return max(self._due - early, self._floor) - self._clock()

    def _take(self, *, waited: bool) -> None:
        now, interval = self._clock(), 1 / self.rate
        self._due = max(self._due, now - max(interval / 2, FINEST)) + interval
        if waited and self.rate < self._configured and now - self._cut >= CUT_EVERY:
            gained = self._configured * RECOVERY * min(now - self._last, CUT_EVERY)
            self.rate = min(self._configured, self.rate + gained)
        self._last = now
        self.taken += 1


class ConcurrencyLimit:
    """Owns the places for requests in flight; a row that waits for its next try holds none."""

    def __init__(self, number: int, clock: Callable[[], float] = anyio.current_time) -> None:
        self._configured = number
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(number)
        self._good = 0  # answers since the number was last changed
        self._cut = -CUT_EVERY  # when SuperOffice asked us to send more slowly last

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
        """Return the place of *row*."""
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
