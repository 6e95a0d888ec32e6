"""What stops a whole run early: signs that the fault is not in the rows, and the halt that follows."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import anyio

from ..errors import Cause, PresenceWorkerError, Stopped, Suspect
from ..model import Change, Outcome, Reason, Result, Send
from ..settings.value_types import Limit
from ..shutdown import CancelledUnsentError

UNANSWERED = Outcome(
    result=Result.UNKNOWN, reason=Reason.STOPPED, detail="the run ended before the answer came"
)
UNSENT = Outcome(
    result=Result.FAILED,
    reason=Reason.STOPPED,
    detail="the run ended before the request went out",
    wire_puts=0,
)
_own: ContextVar[anyio.CancelScope] = ContextVar("own")  # the scope that a task works in
ALIKE = 20  # refusals: the first ones of a run all alike, or 403 in a row at any time
FORBIDDEN = 403
NO_SUCH_METHOD = 405
NEVER_THE_ROW = (FORBIDDEN, NO_SUCH_METHOD, 415)  # a permission, an address or a format: the configuration
NO_SUCH_PLACE = (404, NO_SUCH_METHOD)
NOT_DONE = (Result.REJECTED, Result.FAILED, Result.UNKNOWN)
Settled = tuple[Change, Outcome]


class Halt:
    """Owns the scopes all senders work in; calling it ends them for a reason. The first one counts."""

    def __init__(self, drain: float, clock: Callable[[], float] = anyio.current_time) -> None:
        self.reason: PresenceWorkerError | None = None
        self._scopes: set[anyio.CancelScope] = set()
        self._drain = drain  # seconds for what is in flight
        self._clock = clock
        self._in_flight: set[anyio.CancelScope] = set()
        self.has_cut_off = False  # a request that was written, without its answer

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Work inside, which the halt ends; each task that sends needs a scope of its own."""
        with anyio.CancelScope() as scope:
            before = _own.set(scope)
            self._scopes.add(scope)
            if self.reason:
                scope.cancel()
            try:
                yield
            finally:
                self._scopes.discard(scope)
                _own.reset(before)

    @property
    def in_flight(self) -> int:
        """Requests on their way now."""
        return len(self._in_flight)

    def __call__(self, reason: PresenceWorkerError) -> None:
        """Cancel requests that wait to start; give those that wait for an answer until the drain is over."""
        if self.reason is None:
            self.reason = reason
            for scope in self._scopes - self._in_flight:
                scope.cancel()
            until = self._clock() + self._drain
            for scope in self._in_flight:
                scope.deadline = until

    def protecting(self, send: Send) -> Send:
        """Make *send* finish what it began although the delivery is halted, as long as the drain lasts.

        The task's own scope serves for all its requests. One scope for each request costs more than the pace,
        the places and the gate together.
        """

        async def protected_send(change: Change) -> Outcome:
            if self.reason:  # who had nothing to wait for has not noticed yet
                await anyio.sleep_forever()  # the halted scope ends it
            scope = _own.get()
            scope.shield = True
            self._in_flight.add(scope)
            try:
                return await send(change)
            except asyncio.CancelledError as error:
                if not scope.cancel_called:  # it is not the drain that is over
                    raise
                return self._cut_off(error)
            finally:
                self._in_flight.discard(scope)
                scope.shield = False
                if self.reason:
                    scope.cancel()

        return protected_send

    def _cut_off(self, error: asyncio.CancelledError) -> Outcome:
        if isinstance(error, CancelledUnsentError):
            return UNSENT
        self.has_cut_off = True
        return UNANSWERED


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

    @property
    def kept_back(self) -> int:
        """Rows with an answer that says nothing yet."""
        return len(self._kept_back)

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
        words = f"SuperOffice rejected {number} rows in a row alike ({outcome.http_status}): {said}"
        suspect = Suspect.TARGET if outcome.http_status in NO_SUCH_PLACE else None
        way_on = "check target.base_url" if suspect else "correct the configuration or the user's rights"
        self._halt(Stopped(f"{words}; {way_on}", suspect=suspect, cause=Cause.REJECTED_ALIKE))
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
        self._halt(Stopped(f"{words} ({self._limit}) allows", cause=Cause.TOO_MANY_FAILURES))
