"""The whole delivery policy as one expression."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from ..model import Change, Outcome, Presence, Reason, Result, Send
from ..settings import Delivery
from .gate import Gate
from .pace import ConcurrencyLimit, Pace
from .retry import PROVEN_WORDS, RetryState, retried
from .systemic_failures import Halt
from .wrappers import gated, halting, leased, limited, paced

PROVEN = Outcome(result=Result.UPDATED, detail=PROVEN_WORDS, attempts=0, wire_puts=0)
FIRST_PATIENCE = 30.0  # seconds for a service that is not there at the start
Read = Callable[[int], Awaitable[Presence | None]]  # an associate's presence as SuperOffice shows it
FIRST, EVERY = 3, 20  # of the updated rows in a sample: the first ones, and then each twentieth
SHARES: dict[str, Callable[[int], bool]] = {  # delivery.verify: whether the nth updated row is read back
    "sample": lambda number: number <= FIRST or number % EVERY == 0,
    "all": lambda _: True,
}
NOTHING = Presence(status="", message="")  # what is seen where no presence is shown
SHOWS_NOTHING = (200, 204, 404)  # other answers without a presence say that it cannot be read
DIFFERS = (
    "SuperOffice confirmed the change of associate ID {id}, but shows {found} when it is read back. Other "
    "changes may not be stored either: find the cause before you resume"
)
UNREADABLE = (
    'a status cannot be read back ({said}); give this user the right to read, or set delivery.verify = "off"'
)


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
        wait: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Before a row is tried again, *wait* returns as soon as we may send; None: we always may."""
        self._settings = settings
        self._wait = wait
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

    def pipeline_with_proof(self, send: Send, read: Read, look: Send) -> Pipeline:
        """Put the policy around *send*, and look a row up before it is sent again, whose answer was lost.

        *look* is for rows that an earlier session left in doubt. It may be the first request of this session,
        so it takes its turn as any other.
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
        again = leased(send, self._wait, self.halt) if self._wait else send
        retry_until_settled = retried(
            again, prove, attempts=settings.attempts, base=settings.backoff_base, longest=settings.backoff_max
        )
        return Pipeline(first=send, in_doubt=send, retry_until_settled=retry_until_settled)

    def _longest_wait(self) -> float:
        return max(self._settings.retry_after_max, min(self.gate.patience_left, self._seconds_left()))


def number_of_read_backs(share: str, rows: int) -> int:
    """Return how many of so many updated rows are read back."""
    return sum(map(SHARES[share], range(1, rows + 1))) if share in SHARES else 0


def read_back(send: Send, look: Send, pace: Pace, share: str) -> Send:
    """Make *send* read a *share* of what it has updated, before the outcome counts.

    A row that cannot be read back now is in doubt, and tried again like any other. Where SuperOffice shows
    something else, the run must stop. If we die before the read, the journal has no outcome of the row.
    """
    if share not in SHARES:
        return send
    numbers = count(1)
    owed: set[int] = set()  # rows whose read-back has still to succeed

    async def read_back_send(change: Change) -> Outcome:
        outcome = await send(change)
        if outcome.result is not Result.UPDATED:
            return outcome
        if change.row not in owed and not SHARES[share](next(numbers)):
            return outcome
        owed.add(change.row)
        await pace.slot()
        found = _judge_read_back(change, outcome, await look(change))
        if found.result is Result.UPDATED:
            owed.discard(change.row)
        return found

    return read_back_send


def _judge_read_back(change: Change, confirmed: Outcome, looked: Outcome) -> Outcome:
    """Return what SuperOffice's confirmation and the read-back say together."""
    confirmed = confirmed._replace(duration_ms=confirmed.duration_ms + looked.duration_ms)
    if looked.seen is not None and looked.seen.same_as(change.wanted):
        return confirmed
    doubt = confirmed._replace(result=Result.UNKNOWN, http_status=looked.http_status)
    if found := _something_else(change, looked):
        words = DIFFERS.format(id=change.associate_id, found=found)
        shown = looked.seen or NOTHING
        return doubt._replace(reason=Reason.ECHO_MISMATCH, detail=words, stop=words, seen=shown)
    is_final = looked.result is Result.REJECTED
    return doubt._replace(
        reason=looked.reason,
        detail=f"changed, but not read back: {looked.detail}",
        trouble=looked.trouble,
        retry_after=looked.retry_after,
        html=looked.html,
        stop=UNREADABLE.format(said=looked.detail) if is_final else looked.stop,
    )


def _something_else(change: Change, looked: Outcome) -> str | None:
    """Return what SuperOffice shows in place of what was wanted, never its words; None for nothing."""
    if looked.seen is not None:
        return "another comment" if looked.seen.status == change.wanted.status else "another status"
    shows_nothing = looked.result is Result.REJECTED and looked.http_status in SHOWS_NOTHING
    return "no presence" if shows_nothing else None
