"""Connections that sign in before anything else goes over them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import anyio
from yarl import URL

from .access import Access
from .addresses import below
from .connections import PinnedConnector, StrangerError
from .credential import Authenticate, Credential
from .exchange import Answer, exchange
from .login_host import too_busy, unanswered
from .request_errors import REQUEST_ERRORS, RefusedError, SignInUnavailable, unavailable

WHO_AM_I = "/api/v1/User/currentPrincipal"  # is asked while a connection signs in: changes nothing


class PinnedConnection:
    """Owns one connection, and the knowledge of who it has signed in as."""

    def __init__(self, session: aiohttp.ClientSession, held: PinnedConnector) -> None:
        self._session = session
        self._held = held
        self.signed_in_as: Credential | None = None

    async def exchange(self, method: str, url: URL, **how: Any) -> Answer:
        """Make a request over this connection; raise StrangerError, with nothing sent, where it has ended."""
        return await exchange(self._session, method, url, **how)

    async def sign_in(self, credential: Credential, greet: Authenticate, root: URL) -> None:
        """Sign a new connection in; raise SignInUnavailable or RefusedError."""
        self.signed_in_as = None
        self._held.drop()
        await greet(partial(self._ask, below(root, WHO_AM_I)), lambda: self._held.certificate)
        self.signed_in_as = credential

    async def _ask(self, url: URL, authorization: str | None = None) -> Answer:
        """Make one step of signing in; it goes over the connection of the step before, or not at all."""
        headers = {"Authorization": authorization} if authorization else None
        try:
            answer = await self.exchange("GET", url, headers=headers)
        except StrangerError:
            raise unavailable("the connection ended while it was signing in") from None
        except REQUEST_ERRORS as error:
            raise unanswered(url.authority, error) from None
        if busy := too_busy(url.authority, answer):
            raise busy
        return answer


class PinnedConnections:
    """Owns the lines that nobody uses just now, and the right to sign one in.

    One signs in at a time, and all others hear what became of it: a wrong password is tried once.
    """

    def __init__(
        self, open_line: Callable[[], Awaitable[PinnedConnection]], greet: Authenticate, access: Access
    ) -> None:
        self._open_line = open_line
        self._greet = greet
        self._access = access
        self._free: list[
            PinnedConnection
        ] = []  # the one used last is used next: what is used does not fall asleep
        self._signing_in = anyio.Lock()
        self._ended = 0  # how many have come to an end, well or not
        self._failure: SignInUnavailable | None = None  # of the last

    async def exchange(self, method: str, url: URL, **how: Any) -> Answer:
        """Send a request over a connection that has signed in; raise as `exchange` does, and BlockedError."""
        line = self._free.pop() if self._free else await self._open_line()
        try:
            return await self._over(line, method, url, how)
        finally:
            self._free.append(line)

    async def _over(self, line: PinnedConnection, method: str, url: URL, how: dict[str, Any]) -> Answer:
        if line.signed_in_as is self._access.shown.credential:
            try:
                return await line.exchange(method, url, **how)
            except StrangerError:
                pass  # it has ended meanwhile
        await self._sign_in(line)
        try:
            return await line.exchange(method, url, **how)
        except StrangerError:
            raise unavailable("the connection ended as soon as it had signed in") from None

    async def _sign_in(self, line: PinnedConnection) -> None:
        ended = self._ended
        async with self._signing_in:
            if self._failure and self._ended != ended:
                raise SignInUnavailable(self._failure.outcome)
            credential = await self._access.credential.held()  # raises where we were refused meanwhile
            self._failure = None
            try:
                await line.sign_in(credential, self._greet, self._access.root)
            except RefusedError as error:
                self._access.credential.is_over(error)
                raise
            except SignInUnavailable as error:
                self._failure = error
                raise
            finally:
                self._ended += 1
