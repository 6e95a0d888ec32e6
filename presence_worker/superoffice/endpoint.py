"""One request and its answer: at the root in force, with the credential in force."""

from collections.abc import Awaitable, Callable
from typing import Any

from .access import Access
from .addresses import below
from .exchange import Answer, Exchange
from .renewal import REMEDIES, Renewal

DOUBTING = (401, 403, 407, 408, 421, 425, 429)  # may be answered to anybody; likewise 3xx and 5xx


class Wire:
    """Owns the way to one service; made by `open_client`."""

    def __init__(self, exchange: Exchange, access: Access, clock: Callable[[], float]) -> None:
        self._exchange = exchange
        self._access = access
        self._clock = clock
        self._remedies = Renewal(access)

    def ask(self, method: str, path: str, body: bytes | None = None, **how: Any) -> Awaitable[Answer]:
        """Send one request to *path* below the root, as `exchange` does; *how* goes there.

        An answer that says our credential or the tenant's address is out of date is not given: what is
        lacking is fetched, and RetryOnce raised. Redirects are not followed. Raises what is in
        `request_errors.REQUEST_ERRORS`.
        """
        ask = self._ask if self._clock() >= self._access.sure_until else self._send
        return ask(method, path, body, how)

    async def _ask(self, method: str, path: str, body: bytes | None, how: dict[str, Any]) -> Answer:
        """Send a request when we know again as whom and where."""
        await self._access.prepare()
        send = self._send if self._access.is_proven else self._show
        return await send(method, path, body, how)

    async def _show(self, method: str, path: str, body: bytes | None, how: dict[str, Any]) -> Answer:
        """Send a request as the only one, until we know that the service takes our credential."""
        async with self._access.alone:
            await self._access.prepare()  # raises where it was refused meanwhile
            if not self._access.is_proven:
                return await self._send(method, path, body, how)
        return await self._send(method, path, body, how)

    async def _send(self, method: str, path: str, body: bytes | None, how: dict[str, Any]) -> Answer:
        used, url = self._access.shown, below(self._access.root, path)
        answer = await self._exchange(method, url, data=body, **how)
        if answer.status in REMEDIES or self._remedies.tried:
            await self._remedies.look_at(answer, (method, path), used)
        if not self._access.is_proven and _is_proof(answer.status) and self._access.is_current(used):
            self._access.prove()
        return answer


def _is_proof(status: int) -> bool:
    """Whether an answer shows that the service knows us."""
    return status // 100 in (2, 4) and status not in DOUBTING
