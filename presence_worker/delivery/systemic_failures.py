"""Signs that the fault is not in the rows: what must stop the whole run."""

from collections.abc import Callable, Iterator

from ..errors import Stopped, Suspect
from ..model import Change, Outcome, Result, Send
from ..settings.quantities import Limit
from .halt import Halt

PAGES = 3  # rows in a row whose first HTML page comes
ALIKE = 20  # refusals: the first ones of a run all alike, or 403 in a row at any time
FORBIDDEN = 403
NO_SUCH_METHOD = 405
NEVER_THE_ROW = (FORBIDDEN, NO_SUCH_METHOD, 415)  # a permission, an address or a format: the configuration
NO_SUCH_PLACE = (404, NO_SUCH_METHOD)
NOT_DONE = (Result.REJECTED, Result.FAILED, Result.UNKNOWN)
Settled = tuple[Change, Outcome]


def halting(send: Send, halt: Halt, *, longest_wait: Callable[[], float]) -> Send:
    """Look at each answer *send* gets, and halt for what no other row can cure.

    *longest_wait* gives the seconds we may wait when the service tells us to.
    """
    pages = 0
    rows: set[int] = set()  # that a page came for; to them alone, it says nothing about the others

    async def halting_send(change: Change) -> Outcome:
        nonlocal pages
        outcome = await send(change)
        if not outcome.html:
            pages = 0
        elif change.row not in rows:
            pages += 1
            rows.add(change.row)
        if outcome.stop:
            halt(Stopped(outcome.stop, suspect=outcome.suspect))
        elif pages >= PAGES:
            words = "HTML pages came instead of answers, for three rows in a row; is target.base_url right?"
            halt(Stopped(words, suspect=Suspect.TARGET))
        elif outcome.retry_after and outcome.retry_after > longest_wait():
            halt(Stopped(f"the service asks us to wait {outcome.retry_after:.0f} s, longer than we may"))
        return outcome

    return halting_send


class SystemicFailures:
    """Owns the count of what was not done, and halts the run when it is too much.

    Refusals that may turn out to be the configuration's fault are kept back until that is clear.
    """

    def __init__(self, halt: Halt, *, limit: Limit, to_send: int, floor: int) -> None:
        self._halt = halt
        self._limit = limit
        self._to_send = to_send
        self._floor = floor
        self._not_done = 0
        self._kept_back: list[Settled] = []
        self._all_alike = True  # since the start of the run
        self._blamed = False  # the configuration or the permission, not the rows

    def settle(self, change: Change, outcome: Outcome) -> list[Settled]:
        """Return what is settled by now: nothing, this one, or it with those kept back before it."""
        if outcome.result is Result.UPDATED and not self._kept_back:  # by far the most
            self._all_alike = False
            return [(change, outcome)]
        is_not_done = bool(outcome.result in NOT_DONE and outcome.attempts)
        self._not_done += is_not_done
        is_alike = self._is_alike(outcome)
        if is_alike:
            self._kept_back.append((change, outcome))
        if is_alike and (self._blamed or self._is_clear(outcome)):
            return self._blame(outcome)
        if self._is_too_much():
            self._halt_for_the_rows()
        if is_alike:
            return []
        self._all_alike = False
        return [*self.release(), (change, outcome)]

    def _is_clear(self, outcome: Outcome) -> bool:
        """Return whether so many refusals alike cannot be the rows' fault; what never is, may be fewer."""
        kept = len(self._kept_back)
        never = self._all_alike and outcome.http_status in NEVER_THE_ROW
        at_once = self._all_alike and outcome.http_status == NO_SUCH_METHOD and kept > 1
        return kept >= ALIKE or at_once or (never and self._is_too_much())

    def _blame(self, outcome: Outcome) -> list[Settled]:
        """Halt, and give the refused rows as failed, those still in flight included: resume sends them."""
        self._blamed = True
        number, said = len(self._kept_back), (outcome.detail or "").rstrip(".")
        words = f"the service refused {number} rows in a row alike ({outcome.http_status}): {said}"
        suspect = Suspect.TARGET if outcome.http_status in NO_SUCH_PLACE else None
        way_on = "is target.base_url right?" if suspect else "correct the configuration or the permission"
        self._halt(Stopped(f"{words}; {way_on}", suspect=suspect))
        return [(c, o._replace(result=Result.FAILED)) for c, o in self.release()]

    def release(self) -> Iterator[Settled]:
        """Yield what was kept back, as it is."""
        kept, self._kept_back = self._kept_back, []
        yield from kept

    def _is_alike(self, outcome: Outcome) -> bool:
        if outcome.result is not Result.REJECTED:
            return False
        if not self._all_alike and outcome.http_status != FORBIDDEN:
            return False
        return not self._kept_back or self._kept_back[-1][1].http_status == outcome.http_status

    def _is_too_much(self) -> bool:
        return self._limit.is_tripped(self._not_done, whole=self._to_send, floor=self._floor)

    def _halt_for_the_rows(self) -> None:
        verb = "was" if self._not_done == 1 else "were"
        words = f"{self._not_done} of {self._to_send} rows {verb} not done, more than safety.max_failures"
        self._halt(Stopped(f"{words} ({self._limit}) allows"))
