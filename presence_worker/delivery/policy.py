"""The whole delivery policy as one expression."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from ..model import Change, Outcome, Presence, Result, Send
from ..settings import Delivery
from .gate import Gate, gated
from .halt import Halt
from .pace import ConcurrencyLimit, Pace, limited, paced
from .retry import PROVEN_WORDS, RetryState, retried
from .systemic_failures import halting

PROVEN = Outcome(result=Result.UPDATED, detail=PROVEN_WORDS, attempts=0, wire_puts=0)
FIRST_PATIENCE = 30.0  # seconds for a service that is not there at the start
Read = Callable[[int], Awaitable[Presence | None]]  # an associate's presence as the service shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """How requests of one kind are made: a first try, and patience for what it did not settle."""

    first: Send
    in_doubt: Send  # the first try of a row that an earlier session left in doubt
    retry_until_settled: Callable[[RetryState], Awaitable[Outcome]]

    async def settle(self, change: Change) -> Outcome:
        """Try until it is settled, or our patience is at its end."""
        outcome = await self.first(change)
        return (
            outcome
            if outcome.trouble is None
            else await self.retry_until_settled(RetryState(change, outcome))
        )


class Policy:
    """Owns what all requests of a run share, whatever they ask for: the pace, the places and the gate."""

    def __init__(
        self,
        settings: Delivery,
        halt: Halt,
        *,
        clock: Callable[[], float],
        seconds_left: Callable[[], float],
    ) -> None:
        self._settings = settings
        self.halt = halt
        self._seconds_left = seconds_left
        self.pace = Pace(settings.rate, burst=settings.burst, adaptive=settings.adaptive, clock=clock)
        self._concurrency = ConcurrencyLimit(settings.concurrency, clock)
        self.gate = Gate(
            halt,
            patience=settings.outage_patience,
            first_patience=FIRST_PATIENCE,
            interval=settings.probe_interval,
            reopened=partial(self._concurrency.shrink, 0.5),
            clock=clock,
        )

    def verified(self, send: Send, read: Read, look: Send) -> Pipeline:
        """Put the policy around *send*, and look a row up before it is sent again, whose answer was lost.

        *look* is for those that an earlier session left in doubt: it may be the first request of this one,
        and so takes its turn as any other.
        """
        sending, looking = self.pipeline(send, read), self.pipeline(look)

        async def look_first(change: Change) -> Outcome:
            outcome = await looking.settle(change)
            proven = outcome.seen is not None and outcome.seen.same_as(change.wanted)
            return PROVEN if proven else await sending.first(change)

        return replace(sending, in_doubt=look_first)

    def pipeline(self, send: Send, read: Read | None = None) -> Pipeline:
        """Put the policy around *send*, innermost first: what is nearest to the wire stands there.

        With *read*, a row whose answer was lost is looked up before it is sent again.
        """
        settings, pace = self._settings, self.pace

        async def prove(change: Change) -> bool:
            if read is None or not self.gate.is_open:
                return False
            await pace.slot()
            presence = await read(change.associate_id)
            return presence is not None and presence.same_as(change.wanted)

        send = halting(send, self.halt, longest_wait=self._longest_wait)
        send = gated(limited(paced(self.halt.protecting(send), pace), self._concurrency), self.gate)
        retry_until_settled = retried(
            send, prove, attempts=settings.attempts, base=settings.backoff_base, longest=settings.backoff_max
        )
        return Pipeline(first=send, in_doubt=send, retry_until_settled=retry_until_settled)

    def _longest_wait(self) -> float:
        return max(self._settings.retry_after_max, min(self.gate.patience_left, self._seconds_left()))
