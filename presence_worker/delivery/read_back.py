"""Changes that the service has confirmed are read back, for it may confirm what it does not store."""

from collections.abc import Callable
from itertools import count

from ..model import Change, Outcome, Presence, Reason, Result, Send
from .pace import Pace

FIRST, EVERY = 3, 20  # of the updated rows in a sample: the first ones, and then each twentieth
SHARES: dict[str, Callable[[int], bool]] = {  # delivery.verify: whether the nth updated row is read back
    "sample": lambda number: number <= FIRST or number % EVERY == 0,
    "all": lambda _: True,
}
NOTHING = Presence(status="", message="")  # what is seen where no presence is shown
SHOWS_NOTHING = (200, 204, 404)  # other answers without a presence say that it cannot be read
DIFFERS = (
    "the service confirmed the change of associate {id}, but shows {found} when it is read back; other "
    "changes that it confirmed may not be stored either: find the cause before you resume"
)
UNREADABLE = (
    'presences cannot be read back ({said}); give the permission to read, or set delivery.verify = "off"'
)


def number_of_read_backs(share: str, rows: int) -> int:
    """Return how many of so many updated rows are read back."""
    return sum(map(SHARES[share], range(1, rows + 1))) if share in SHARES else 0


def read_back(send: Send, look: Send, pace: Pace, share: str) -> Send:
    """Make *send* read a *share* of what it has updated, before the outcome counts.

    A row that cannot be read back now is in doubt, and tried again like any other; where the service shows
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
        found = _compared(change, outcome, await look(change))
        if found.result is Result.UPDATED:
            owed.discard(change.row)
        return found

    return read_back_send


def _compared(change: Change, confirmed: Outcome, looked: Outcome) -> Outcome:
    """Return what the service's confirmation and the read-back say together."""
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
    """Return what the service shows in place of what was wanted, never its words; None for nothing."""
    if looked.seen is not None:
        return "another comment" if looked.seen.status == change.wanted.status else "another status"
    shows_nothing = looked.result is Result.REJECTED and looked.http_status in SHOWS_NOTHING
    return "no presence" if shows_nothing else None
