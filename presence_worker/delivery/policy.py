"""The whole delivery policy as one expression."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from ..model import Change, Outcome, Presence, Send
from ..settings import Delivery
from .gate import Gate, gated
from .halt import Halt
from .pace import Pace, paced
from .retry import Case, persistent
from .slots import Slots, slotted
from .watch import alarmed

FIRST_PATIENCE = 30.0  # seconds for a service that is not there at the start
Read = Callable[[int], Awaitable[Presence | None]]  # an associate's presence as the service shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What workers need: a first try, and patience for what it did not settle."""

    first_try: Send
    see_through: Callable[[Case], Awaitable[Outcome]]
    pace: Pace
    gate: Gate


def policy(
    put: Send,
    read: Read | None,  # None: nothing is read back
    settings: Delivery,
    halt: Halt,
    *,
    clock: Callable[[], float],
    seconds_left: Callable[[], float],
) -> Policy:
    """Put the policy together around *put*, innermost first: what is nearest to the wire stands there."""
    pace = Pace(settings.rate, burst=settings.burst, adaptive=settings.adaptive, clock=clock)
    slots = Slots(settings.concurrency, clock)
    gate = Gate(
        halt,
        patience=settings.outage_patience,
        first_patience=FIRST_PATIENCE,
        interval=settings.probe_interval,
        reopened=partial(slots.shrink, 0.5),
        clock=clock,
    )

    def longest_wait() -> float:
        return max(settings.retry_after_max, min(gate.patience_left, seconds_left()))

    async def prove(change: Change) -> bool:
        if read is None or not gate.is_open:
            return False
        await pace.slot()
        presence = await read(change.associate_id)
        return presence is not None and presence.same_as(change.wanted)

    send = alarmed(put, halt, longest_wait=longest_wait)
    send = gated(slotted(paced(halt.protecting(send), pace), slots), gate)
    see_through = persistent(
        send, prove, attempts=settings.attempts, base=settings.backoff_base, longest=settings.backoff_max
    )
    return Policy(first_try=send, see_through=see_through, pace=pace, gate=gate)
