"""Ending a delivery early: nobody starts anew, and what is in flight may finish."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import anyio

from ..errors import PresenceWorkerError
from ..model import Change, Outcome, Reason, Result, Send

UNANSWERED = Outcome(
    result=Result.UNKNOWN, reason=Reason.STOPPED, detail="the run had to end before the answer came"
)
_own: ContextVar[anyio.CancelScope] = ContextVar("own")  # the scope that a task works in


class Halt:
    """Owns the scopes all senders work in; calling it ends them for a reason. The first one counts."""

    def __init__(self, drain: float, clock: Callable[[], float] = anyio.current_time) -> None:
        self.reason: PresenceWorkerError | None = None
        self._scopes: set[anyio.CancelScope] = set()
        self._drain = drain  # seconds for what is in flight
        self._clock = clock
        self._in_flight: set[anyio.CancelScope] = set()

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
        """Stop whoever waits now, and give those who wait for an answer until the drain is over."""
        if self.reason is None:
            self.reason = reason
            for scope in self._scopes - self._in_flight:
                scope.cancel()
            until = self._clock() + self._drain
            for scope in self._in_flight:
                scope.deadline = until

    def protecting(self, send: Send) -> Send:
        """Make *send* finish what it began although the delivery is halted, as long as the drain lasts.

        The task's own scope serves for all its requests: to open one for each would cost more than the pace,
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
            except anyio.get_cancelled_exc_class():
                if not scope.cancel_called:  # it is not the drain that is over
                    raise
                return UNANSWERED
            finally:
                self._in_flight.discard(scope)
                scope.shield = False
                if self.reason:
                    scope.cancel()

        return protected_send
