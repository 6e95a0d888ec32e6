"""Connections that sign in before anything else goes over them."""

import ssl
from functools import partial

import anyio
from aiohttp.connector import Connection
from yarl import URL

from .http_messages import Answer, Request
from .login_host import no_answer_error, too_busy
from .read_answers import PRINCIPAL
from .renewal import Cached
from .request_errors import REQUEST_ERRORS, RefusedError, SignInUnavailable, unavailable
from .sign_in.credential import Authenticate, Credential
from .wire import Wire


class EndedError(Exception):
    """The connection has ended that a request was meant for; nothing of the request went out."""


class PinnedConnection:
    """Owns one connection, and the knowledge of who it has signed in as."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._held: Connection | None = None
        self.signed_in_as: Credential | None = None

    async def send(self, root: URL, request: Request) -> Answer:
        """Send a request over this connection; raise EndedError, with nothing sent, where it has ended."""
        held = self._held
        if held is None or held.protocol is None or held.closed or held.protocol.should_close:
            raise EndedError
        return await self._wire.send(root, request, held)

    async def sign_in(self, root: URL, credential: Credential, authenticate: Authenticate) -> None:
        """Sign a new connection in; raise SignInUnavailable or RefusedError."""
        self.signed_in_as = None
        self._drop()
        await authenticate(partial(self._ask, root), self._certificate)
        self.signed_in_as = credential

    def _drop(self) -> None:
        """End the connection; the next that signs in takes its place."""
        if self._held is not None:
            self._wire.drop(self._held)
        self._held = None

    def _certificate(self) -> bytes | None:
        """Return what the other end has shown of itself (DER); None without TLS."""
        transport = self._held.transport if self._held else None
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object") if transport else None
        return secured.getpeercert(binary_form=True) if secured else None

    async def _ask(self, root: URL, authorization: str | None) -> Answer:
        """Send one step of signing in; it goes over the connection of the step before, or not at all."""
        headers = {"Authorization": authorization} if authorization else None
        try:
            if self._held is None:
                self._held = await self._wire.hold(root)
            answer = await self.send(root, Request("GET", PRINCIPAL, headers=headers))  # changes nothing
        except EndedError:
            raise unavailable("the connection ended while it was signing in") from None
        except REQUEST_ERRORS as error:
            raise no_answer_error(root.authority, error) from None
        if busy := too_busy(root.authority, answer):
            raise busy
        return answer


class PinnedConnections:
    """Owns the free connections, and the right to sign one in.

    One signs in at a time, and all others get its outcome: a wrong password is tried once.
    """

    def __init__(self, wire: Wire, authenticate: Authenticate, credential: Cached[Credential]) -> None:
        self._wire = wire
        self._authenticate = authenticate
        self._credential = credential
        self._free: list[PinnedConnection] = []  # the last used is used next: it does not fall asleep
        self._signing_in = anyio.Lock()
        self._ended = 0  # how many have come to an end, well or not
        self._failure: SignInUnavailable | None = None  # of the last

    async def send(self, root: URL, request: Request) -> Answer:
        """Send a request over a connection that has signed in; raise what is in REQUEST_ERRORS."""
        connection = self._free.pop() if self._free else PinnedConnection(self._wire)
        try:
            return await self._send_over(connection, root, request)
        finally:
            self._free.append(connection)

    async def _send_over(self, connection: PinnedConnection, root: URL, request: Request) -> Answer:
        if connection.signed_in_as is await self._credential.current():
            try:
                return await connection.send(root, request)
            except EndedError:
                pass  # it has ended since
        await self._sign_in(connection, root)
        try:
            return await connection.send(root, request)
        except EndedError:
            raise unavailable("the connection ended as soon as it had signed in") from None

    async def _sign_in(self, connection: PinnedConnection, root: URL) -> None:
        ended = self._ended
        async with self._signing_in:
            if self._failure and self._ended != ended:
                raise SignInUnavailable(self._failure.outcome)
            credential = await self._credential.current()  # raises where we were refused since
            self._failure = None
            try:
                await connection.sign_in(root, credential, self._authenticate)
            except RefusedError as error:
                self._credential.end(error)
                raise
            except SignInUnavailable as error:
                self._failure = error
                raise
            finally:
                self._ended += 1
