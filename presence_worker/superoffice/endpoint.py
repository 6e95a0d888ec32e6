"""SuperOffice's endpoint: where requests go and as whom, kept up to date while they go out."""

from collections.abc import Awaitable, Callable

import anyio
from yarl import URL

from .http_messages import Answer, Request
from .renewal import NEVER, RENEWED, Cached, InForce, Renewal
from .sign_in.credential import Credential
from .tenant import Residence

DOUBTING = (401, 403, 407, 408, 421, 425, 429)  # prove no sign-in, nor do 3xx and 5xx
NOTHING = InForce(URL(), Residence(root=None), Credential(headers={}, secrets=()))
Send = Callable[[URL, Request], Awaitable[Answer]]  # raises what is in request_errors.REQUEST_ERRORS


class Endpoint:
    """Owns SuperOffice's root, and the credential that requests show.

    A new credential is shown by one request first; the others wait until SuperOffice has taken it.
    """

    def __init__(
        self,
        send: Send,
        residence: Cached[Residence],
        credential: Cached[Credential],
        *,
        root_of: Callable[[Residence, Credential], URL],  # raises RefusedError
        show: Callable[[Credential], None],  # with all requests from now on
        clock: Callable[[], float],
    ) -> None:
        self._send = send
        self._residence = residence
        self._credential = credential
        self._root_of = root_of
        self._show = show
        self._clock = clock
        self._renewal = Renewal(residence, credential)
        self._alone = anyio.Lock()  # held by who shows a new credential
        self._now = NOTHING
        self._sure_until = NEVER  # no need to look before

    def request(self, request: Request) -> Awaitable[Answer]:
        """Send one request to SuperOffice; nothing is sent again, and no redirect is followed.

        An answer that says our credential or the tenant's address is out of date is not returned: what is
        lacking is fetched, and RetryOnce raised. Raise what is in `request_errors.REQUEST_ERRORS`.
        """
        is_sure = self._clock() < self._sure_until
        return self._send_now(request) if is_sure else self._prepare_and_send(request)

    async def _prepare_and_send(self, request: Request) -> Answer:
        """Send a request when we know as whom and where: alone until SuperOffice takes our credential."""
        await self._prepare()
        if not self._now.is_proven:
            async with self._alone:
                await self._prepare()  # raises where it was refused since
                if not self._now.is_proven:
                    return await self._send_now(request)
        return await self._send_now(request)

    async def _prepare(self) -> None:
        """Bring everything up to date. Raise what `Cached.current` raises."""
        residence, credential = await self._residence.current(), await self._credential.current()
        if credential is not self._now.credential:
            self._show(credential)
            self._now = self._now._replace(is_proven=False)
        root = self._root_of(residence, credential)
        self._now = InForce(root, residence, credential, self._now.is_proven)
        self._sure_until = self._next_renewal() if self._now.is_proven else NEVER

    def _next_renewal(self) -> float:
        return min(self._residence.due, self._credential.due)

    async def _send_now(self, request: Request) -> Answer:
        used = self._now
        answer = await self._send(used.root, request)
        if answer.status in RENEWED or self._renewal.tried:
            await self._check(request, answer.status, used)
        if not self._now.is_proven and _is_proof(answer.status) and used.credential is self._now.credential:
            self._now = self._now._replace(is_proven=True)
            self._sure_until = self._next_renewal()
        return answer

    async def _check(self, request: Request, status: int, used: InForce) -> None:
        self._doubt(status)
        try:
            await self._renewal.check(request, status, used, self._now)
        finally:
            self._doubt(status)  # a request that prepared since may have missed the news

    def _doubt(self, status: int) -> None:
        """Look again before the next request."""
        if status in RENEWED:
            self._sure_until = NEVER


def _is_proof(status: int) -> bool:
    """Check whether an answer shows that SuperOffice knows us."""
    return status // 100 in (2, 4) and status not in DOUBTING
