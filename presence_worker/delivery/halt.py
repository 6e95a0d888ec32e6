"""Ending a delivery early: nobody starts anew, and what is in flight may finish."""

from collections.abc import Callable

import anyio

from ..errors import PresenceWorkerError
from ..model import Change, Outcome, Reason, Result, Send


class Halt:
    """Owns the scopes all senders work in; calling it ends them for a reason. The first one counts."""

    def __init__(self, drain: float, clock: Callable[[], float] = anyio.current_time) -> None:
        self.reason: PresenceWorkerError | None = None
        self._scopes: list[anyio.CancelScope] = []
        self._drain = drain  # seconds for what is in flight
        self._clock = clock
        self._in_flight: set[anyio.CancelScope] = set()

    def scope(self) -> anyio.CancelScope:
        """Give a scope to wait in: the halt ends it."""
        scope = anyio.CancelScope()
        self._scopes.append(scope)
        if self.reason:
            scope.cancel()
        return scope

    @property
    def in_flight(self) -> int:
        """Requests on their way now."""
        return len(self._in_flight)

    def __call__(self, reason: PresenceWorkerError) -> None:
        """Stop whoever waits now, and give those who wait for an answer until the drain is over."""
        if self.reason is None:
            self.reason = reason
            until = self._clock() + self._drain
            for scope in self._in_flight:
                scope.deadline = until
            for scope in self._scopes:
                scope.cancel()

    def protecting(self, send: Send) -> Send:
        """Make *send* finish what it began although the delivery is halted, as long as the drain lasts."""

        async def protected_send(change: Change) -> Outcome:
            if self.reason:  # who had nothing to wait for has not noticed yet
                await anyio.sleep_forever()  # the halted scope ends it
            with anyio.CancelScope(shield=True) as scope:
                self._in_flight.add(scope)
                try:
                    return await send(change)
                finally:
                    self._in_flight.discard(scope)
            return Outcome(
                result=Result.UNKNOWN,
                reason=Reason.STOPPED,
                detail="the run had to end before the answer came",
            )

        return protected_send
