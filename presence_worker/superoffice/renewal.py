"""Renewing what runs out: one of us fetches it for all, ahead of time or because of an answer."""

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, Protocol, TypeVar

import anyio
import structlog
from yarl import URL

from ..errors import Suspect
from .http_messages import Request
from .request_errors import BlockedError, RefusedError, SignInUnavailable, refusal, retry_once
from .sign_in.credential import Credential
from .tenant import Residence

PAUSE = 60.0  # seconds at most until a renewal that was early enough to fail is tried again
NEVER = float("-inf")  # as a time: has passed already
SIGNED_OUT, FORBIDDEN, MISDIRECTED = 401, 403, 421
RENEWED = {  # by status of the answer: what was renewed because of it
    SIGNED_OUT: "the credential had expired; it was renewed",
    FORBIDDEN: "the credential may have expired; it was renewed",
    MISDIRECTED: "the tenant has moved to another host",
}
log = structlog.get_logger()


class Expiring(Protocol):
    """Something that is good for a while; two that are equal are the same thing, given twice."""

    @property
    def renew_after(self) -> float:
        """Seconds from when it was given until it is time for a new one."""

    @property
    def life(self) -> float:
        """Seconds from when it was given until it cannot be used any more."""


T = TypeVar("T", bound=Expiring)


class Cached(Generic[T]):
    """Owns the present value, and the right to fetch a new one; others that need it wait."""

    def __init__(self, name: str, fetch: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._name = name  # for the log
        self._fetch = fetch
        self._clock = clock
        self._fetching = anyio.Lock()
        self._value: T | None = None
        self._end = NEVER
        self._fetches = 0  # that came to an end
        self._failure: SignInUnavailable | None = None  # of the last fetch
        self._over: RefusedError | None = None
        self.due = NEVER  # when to renew it

    @property
    def is_busy(self) -> bool:
        """True while a new one is being fetched."""
        return self._fetching.locked()

    async def current(self) -> T:
        """Return the present value; fetch a new one where it is due.

        Raise SignInUnavailable without a value while the host does not answer, RefusedError where we get
        none. While one of us fetches what is due, the others go on with what they have, as long as it lives.
        """
        self._raise_if_over()
        if self._value is None or self._clock() >= (self._end if self.is_busy else self.due):
            return await self._another_than(self._value)
        return self._value

    async def renew(self, used: T, *, revoked: bool) -> bool:
        """Fetch another one than *used*, once for all who ask; return whether there is one.

        What is *revoked* is not used any more, whatever comes of it. Raise as `current` does.
        """
        if revoked and self._value is used:
            self.due = self._end = NEVER
        return await self._another_than(used) is not used

    def end(self, reason: RefusedError) -> None:
        """Use it no longer: it was refused, and no other one exists."""
        self._over = reason

    def _raise_if_over(self) -> None:
        if self._over:
            raise RefusedError(self._over.outcome)

    async def _another_than(self, used: T | None) -> T:
        fetches = self._fetches
        async with self._fetching:
            self._raise_if_over()
            if self._value is not None and self._value is not used:
                return self._value
            if self._fetches != fetches and self._failure:
                return self._keep(self._failure)  # the one we waited for had no luck
            try:
                return self._take(await self._fetch())
            except SignInUnavailable as error:
                self._failure = error
                return self._keep(error)
            except RefusedError as error:
                self._over = error
                raise
            finally:
                self._fetches += 1

    def _take(self, value: T) -> T:
        now, self._failure = self._clock(), None
        self.due, self._end = now + value.renew_after, now + value.life
        if self._value is None or self._value != value:
            self._value = value
        return self._value

    def _keep(self, error: SignInUnavailable) -> T:
        """Go on with what we have, as long as it lives."""
        left = self._end - self._clock()
        if self._value is None or left <= 0:
            raise SignInUnavailable(error.outcome)
        pause = min(PAUSE, left)
        self.due = self._clock() + pause
        log.warning("lease.not_renewed", of=self._name, detail=error.outcome.detail, pause_s=round(pause))
        return self._value


class InForce(NamedTuple):
    """With what a request goes out."""

    root: URL
    residence: Residence
    credential: Credential
    is_proven: bool = False  # SuperOffice has taken the credential


class Renewal:
    """Owns the knowledge of which requests were turned away last time they were made, and why."""

    def __init__(self, residence: Cached[Residence], credential: Cached[Credential]) -> None:
        self._residence = residence
        self._credential = credential
        self._doubted: Credential | None = None  # has been renewed, or has come, because of a 403
        self.tried: set[tuple[str, str, int]] = set()  # method and path of a request, status of its answer

    async def check(self, request: Request, status: int, used: InForce, now: InForce) -> None:
        """Return where an answer counts as it is; raise RetryOnce where it is worth another try.

        *used* is what the request went out with, *now* what the next one goes out with. Raise
        SignInUnavailable or RefusedError where what is lacking cannot be had.
        """
        asked = (request.method, request.path)
        if status not in RENEWED:
            self.tried -= {(*asked, each) for each in RENEWED}
            return
        again = (*asked, status) in self.tried
        self.tried.discard((*asked, status))
        try:
            is_renewed = await self._renew(status, used, now, again=again)
        except BlockedError as error:
            raise error.after(status) from None
        if is_renewed:
            self.tried.add((*asked, status))
            raise retry_once(status, RENEWED[status])

    async def _renew(self, status: int, used: InForce, now: InForce, *, again: bool) -> bool:
        is_current = used.credential is now.credential
        if status == MISDIRECTED:
            return not again and await self._residence.renew(used.residence, revoked=True)
        is_untried = is_current and not now.is_proven
        if status == SIGNED_OUT:
            return await self._replace_refused(used, is_final=again or is_untried)
        was_doubted = is_untried or (is_current and used.credential is self._doubted)
        if again or (was_doubted and not self._credential.is_busy):
            return False  # then 403 is SuperOffice's answer
        return await self._replace_doubted(used)

    async def _replace_refused(self, used: InForce, *, is_final: bool) -> bool:
        """Renew a credential that was good before, once for all; one that never was is refused."""
        if not is_final and await self._credential.renew(used.credential, revoked=True):
            return True
        self._credential.end(refusal("SuperOffice rejected the credentials; check [auth]", Suspect.SIGN_IN))
        return False

    async def _replace_doubted(self, used: InForce) -> bool:
        """Renew a credential once because of a 403: it may only be out of date."""
        self._doubted = used.credential
        is_renewed = await self._credential.renew(used.credential, revoked=False)
        self._doubted = await self._credential.current()
        return is_renewed
