"""What is lent to us for a while, such as a credential: one of us renews it for all."""

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import anyio
import structlog

from .request_errors import RefusedError, SignInUnavailable

PAUSE = 60.0  # seconds at most until a renewal that was early enough to fail is tried again
log = structlog.get_logger()


class Expiring(Protocol):
    """Something lent; two that are equal are the same thing lent twice."""

    @property
    def renew_after(self) -> float:
        """Seconds from when it was given until it is time for a new one."""

    @property
    def life(self) -> float:
        """Seconds from when it was given until it cannot be used any more."""


T = TypeVar("T", bound=Expiring)


class Cached(Generic[T]):
    """Owns what is in force, and the right to fetch it anew; whoever needs it meanwhile, waits."""

    def __init__(self, name: str, obtain: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._name = name  # for the log
        self._obtain = obtain
        self._clock = clock
        self._fetching = anyio.Lock()
        self._value: T | None = None
        self._end = float("-inf")
        self._fetches = 0  # that came to an end
        self._failure: SignInUnavailable | None = None  # of the last fetch
        self._over: RefusedError | None = None
        self.due = float("-inf")  # when it is to be renewed

    @property
    def is_busy(self) -> bool:
        """Whether somebody is fetching it anew."""
        return self._fetching.locked()

    async def held(self) -> T:
        """Give what is in force, fetched anew where it is due.

        Raise SignInUnavailable where there is none and nobody to give us one, RefusedError where we get none.
        While one of us fetches what is due, the others go on with what they have, as long as it lives.
        """
        self._raise_if_over()
        if self._value is None or self._clock() >= (self._end if self.is_busy else self.due):
            return await self._fetched(self._value)
        return self._value

    async def renewed(self, than: T, *, revoked: bool) -> bool:
        """Say whether there is another one than *than*, and fetch it if need be: one for all who ask.

        What is *revoked* is not used any more, whatever comes of it. Raises as `held` does.
        """
        if revoked and self._value is than:
            self.due = self._end = float("-inf")
        return await self._fetched(than) is not than

    def is_over(self, reason: RefusedError) -> None:
        """Let nobody have it any more: it was refused, and there is no other."""
        self._over = reason

    def _raise_if_over(self) -> None:
        if self._over:
            raise RefusedError(self._over.outcome)

    async def _fetched(self, than: T | None) -> T:
        fetches = self._fetches
        async with self._fetching:
            self._raise_if_over()
            if self._value is not None and self._value is not than:
                return self._value
            if self._fetches != fetches and self._failure:
                return self._kept(self._failure)  # the one we waited for had no luck
            try:
                return self._taken(await self._obtain())
            except SignInUnavailable as error:
                self._failure = error
                return self._kept(error)
            except RefusedError as error:
                self._over = error
                raise
            finally:
                self._fetches += 1

    def _taken(self, value: T) -> T:
        began, self._failure = self._clock(), None
        self.due, self._end = began + value.renew_after, began + value.life
        if self._value is None or self._value != value:
            self._value = value
        return self._value

    def _kept(self, error: SignInUnavailable) -> T:
        """Go on with what we have, as long as it lives."""
        left = self._end - self._clock()
        if self._value is None or left <= 0:
            raise SignInUnavailable(error.outcome)
        pause = min(PAUSE, left)
        self.due = self._clock() + pause
        log.warning("lease.not_renewed", of=self._name, detail=error.outcome.detail, pause_s=round(pause))
        return self._value
