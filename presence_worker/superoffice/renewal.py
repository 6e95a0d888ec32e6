"""Answers that say that who or where we are is out of date: we renew it once for all, and try once more."""

from collections.abc import Awaitable, Callable

from ..errors import Suspect
from .access import Access, Pass
from .credential import Credential
from .exchange import Answer
from .request_errors import BlockedError, refusal, retry_once

SIGNED_OUT, FORBIDDEN, MISDIRECTED = 401, 403, 421
Asked = tuple[str, str]  # method and path


class Renewal:
    """Owns the knowledge of which requests were turned away last time they were made, and why."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.tried: set[tuple[Asked, int]] = set()
        self._doubted: Credential | None = None  # has been renewed, or has come, because of a 403

    async def look_at(self, answer: Answer, asked: Asked, used: Pass) -> None:
        """Return where an answer is to be taken as it is. Raise RetryOnce where it is worth another try.

        Raise SignInUnavailable or RefusedError where what is lacking cannot be had.
        """
        remedy = REMEDIES.get(answer.status)
        if remedy is None:
            self.tried -= {(asked, status) for status in REMEDIES}
            return
        again = (asked, answer.status) in self.tried
        self.tried.discard((asked, answer.status))
        try:
            is_renewed = await remedy(self, used, again=again)
        except BlockedError as error:
            raise error.after(answer.status) from None
        if is_renewed:
            self.tried.add((asked, answer.status))
            raise retry_once(answer.status, RENEWED[answer.status])

    async def _signed_out(self, used: Pass, *, again: bool) -> bool:
        """Renew a credential that was good before, once for all; one that never was is refused."""
        access = self._access
        untried = access.is_current(used) and not access.is_proven
        access.doubt()
        if not (again or untried) and await access.credential.renewed(used.credential, revoked=True):
            return True
        access.credential.is_over(
            refusal("the service refused the credentials; check [auth]", Suspect.SIGN_IN)
        )
        return False

    async def _forbidden(self, used: Pass, *, again: bool) -> bool:
        """Renew a credential once, for it may only be out of date; then 403 is the service's answer."""
        lease = self._access.credential
        asked_before = self._access.is_current(used) and (
            used.credential is self._doubted or not self._access.is_proven
        )
        if again or (asked_before and not lease.is_busy):
            return False
        self._doubted = used.credential
        is_renewed = await lease.renewed(used.credential, revoked=False)
        self._doubted = await lease.held()
        self._access.doubt()
        return is_renewed

    async def _misdirected(self, used: Pass, *, again: bool) -> bool:
        """Ask where the tenant lives now."""
        self._access.doubt()
        return not again and await self._access.residence.renewed(used.residence, revoked=True)


RENEWED = {
    SIGNED_OUT: "the credential had run out; it was renewed",
    FORBIDDEN: "the credential may have run out; it was renewed",
    MISDIRECTED: "the tenant has moved to another host",
}
Remedy = Callable[..., Awaitable[bool]]
REMEDIES: dict[int, Remedy] = {
    SIGNED_OUT: Renewal._signed_out,  # noqa: SLF001 - the table is the class's own
    FORBIDDEN: Renewal._forbidden,  # noqa: SLF001
    MISDIRECTED: Renewal._misdirected,  # noqa: SLF001
}
