"""One PUT, one GET: the only place that talks to the service."""

import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import perf_counter

import aiohttp
import orjson
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from .. import __version__
from ..errors import UsageFault
from ..model import Change, Outcome, Presence, Reason, Result, Trouble, internal_error
from ..settings import Settings
from ..text import clean, redact
from .answers import judge, read_presence
from .auth import known_secrets, sign_in_headers
from .root import service_root

LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred
TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
_CertificateError = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)


class AnswerLostError(Exception):
    """The connection ended after a request went out, before its answer came in."""


class Client:
    """Owns a session with one service; made by `open_client`."""

    def __init__(self, session: aiohttp.ClientSession, root: URL, secrets: list[str]) -> None:
        self._session = session
        self._users = f"{root}/api/v1/User/"
        self._secrets = secrets
        self.gets = 0

    async def put(self, change: Change) -> Outcome:
        """Make the PUT once, and say what is known of it; whatever goes wrong is part of the outcome."""
        sent, began = False, perf_counter()
        try:
            body = encoded(change.wanted)
            sent = True  # from here on, whatever is not known to have failed before it may have been sent
            async with self._session.put(
                self._url(change.associate_id), data=body, allow_redirects=False
            ) as response:
                answer = await _bounded(response)
                outcome = judge(change, response.status, response.headers, answer)
        except (aiohttp.ClientError, AnswerLostError, TimeoutError, OSError) as error:
            outcome = lost(error)
        except Exception as error:  # noqa: BLE001 - a bug must not take other rows along
            outcome = internal_error(error, sent=sent)
        return self._finished(outcome, (perf_counter() - began) * 1000)

    async def read(self, associate_id: int) -> Presence | None:
        """Read a presence; None where the service does not show one, whatever the reason."""
        self.gets += 1
        try:
            async with self._session.get(self._url(associate_id), allow_redirects=False) as response:
                body = await _bounded(response)
                return read_presence(body) if response.status == 200 else None  # noqa: PLR2004
        except (aiohttp.ClientError, AnswerLostError, TimeoutError, OSError):
            return None

    def _url(self, associate_id: int) -> URL:
        return URL(f"{self._users}{associate_id}/UserPresenceStatus", encoded=True)

    def _finished(self, outcome: Outcome, duration_ms: float) -> Outcome:
        """Add the time it took, and blot out credentials the service may have quoted."""
        return replace(
            outcome,
            duration_ms=duration_ms,
            detail=outcome.detail and redact(outcome.detail, self._secrets),
            stop=outcome.stop and redact(outcome.stop, self._secrets),
        )


def encoded(presence: Presence) -> bytes:
    """Give the body of a PUT: always both keys, for one that is left out may clear what is stored."""
    return orjson.dumps({"Status": presence.status, "Message": presence.message})


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer up to a sane size; the connection of a longer one is closed, not drained."""
    body = await response.content.readany()
    while not response.content.at_eof() and len(body) <= LONGEST_ANSWER:
        body += await response.content.readany()
    if len(body) > LONGEST_ANSWER:
        response.close()
    return body


def lost(error: BaseException) -> Outcome:
    """Give the outcome of a try that ended in an error of the network instead of an answer.

    Certificate errors come first, for they are connection errors too. Malformed answers carry a made-up
    status (400), so an error's status is never looked at, nor its repr: that has our credentials in it.
    """
    if isinstance(error, _CertificateError):
        return _not_trusted(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_reached(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _failed(f"the proxy did not let us through ({error.status})", Trouble.DOWN)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return _failed("no connection within delivery.connect_timeout", Trouble.DOWN)
    if isinstance(error, TimeoutError):
        words = "no whole answer in time; it may have been applied"
        return _in_doubt(Reason.TIMEOUT, words, Trouble.DOWN)
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
        return _in_doubt(Reason.BAD_ANSWER, "the answer was broken off or garbled", Trouble.DISCONNECTED)
    words = "the connection ended before the answer came"
    return _in_doubt(Reason.CONNECTION, words, Trouble.DISCONNECTED)


def _not_reached(error: aiohttp.ClientConnectorError) -> Outcome:
    words = clean(error.os_error.strerror or type(error.os_error).__name__, 100)
    if error.os_error.errno in TOO_MANY_FILES:
        return _failed(f"this machine has no room for another connection ({words})", Trouble.THROTTLED)
    return _failed(f"cannot connect to {error.host}:{error.port}: {words}", Trouble.DOWN)


def _not_trusted(error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError) -> Outcome:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
        words = clean(getattr(cause, "verify_message", "") or str(cause), 120)
    else:
        reason = getattr(error.os_error, "reason", "") or str(error.os_error)
        words = f"it does not seem to speak TLS 1.2 or newer there ({clean(reason, 100)})"
    remedy = "if its authority is your own, name its certificate file with target.ca_file"
    outcome = _failed(f"no trusted TLS connection to {error.host}:{error.port}: {words}", None)
    return replace(outcome, stop=f"{outcome.detail}; {remedy}")


def _failed(words: str, trouble: Trouble | None) -> Outcome:
    """Give an outcome for what certainly never reached the service."""
    return Outcome(result=Result.FAILED, reason=Reason.CONNECTION, detail=words, wire_puts=0, trouble=trouble)


def _in_doubt(reason: Reason, words: str, trouble: Trouble) -> Outcome:
    return Outcome(result=Result.UNKNOWN, reason=reason, detail=words, trouble=trouble)


class _Connector(aiohttp.TCPConnector):
    """Owns the connections; what came unasked on an idle one must not pass for the next answer."""

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the HTTP library's
    ) -> Connection:
        """Give a connection on which nothing waits to be read."""
        connection = await super().connect(req, traces, timeout)
        while connection.protocol is not None and connection.protocol.should_close:
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


async def _only_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the HTTP library from sending a PUT again by itself when the connection ends."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise AnswerLostError from error


def check_settings(settings: Settings) -> None:
    """Raise UsageFault for settings with which no request could be made; nothing is sent."""
    service_root(settings.target)
    sign_in_headers(settings.auth)
    _tls(settings)


@asynccontextmanager
async def open_client(settings: Settings) -> AsyncIterator[Client]:
    """Open a session with the configured service; raise UsageFault for settings that cannot work.

    Cookies, proxy variables, .netrc and redirects are ignored; TLS is 1.2 or newer and always verified.
    """
    delivery, target = settings.delivery, settings.target
    timeout = aiohttp.ClientTimeout(
        total=delivery.total_timeout,
        connect=delivery.connect_timeout,  # the name looked up, TCP and TLS together
        sock_read=delivery.read_timeout,
    )
    headers = {
        "Accept": delivery.accept,
        "Accept-Encoding": "identity",  # a presence is small, and what is not packed cannot be a bomb
        "Content-Type": f"{delivery.content_type}; charset=utf-8",
        "User-Agent": f"presence-worker/{__version__}",
        **delivery.headers,
        **sign_in_headers(settings.auth),
    }
    async with aiohttp.ClientSession(
        connector=_Connector(limit=0, ssl=_tls(settings), ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=timeout,
        headers=headers,
        proxy=target.proxy,
        middlewares=(_only_once,),
    ) as session:
        yield Client(session, service_root(target), known_secrets(settings.auth))


def _tls(settings: Settings) -> ssl.SSLContext | bool:
    """Give what https is checked by; over plain http there is nothing to check."""
    if service_root(settings.target).scheme == "http":
        return True
    try:
        context = ssl.create_default_context(cafile=settings.target.ca_file)
    except OSError as error:
        raise UsageFault(
            f"target.ca_file: {settings.target.ca_file}: {error.strerror or 'no certificate in it'}"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
