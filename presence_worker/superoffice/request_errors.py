"""What a request ends in without an answer, and what that means for a row: surely not sent, or in doubt.

Of a proxy that has refused us, it is remembered.
"""

import errno
import logging
import os
import ssl
from collections.abc import Awaitable, Mapping
from time import perf_counter

import aiohttp
import structlog
from yarl import URL

from ..errors import Suspect
from ..model import Outcome, Reason, Result, Trouble
from ..sanitize import clean
from ..wording import series
from .addresses import below
from .answer_headers import schemes
from .http_messages import Answer
from .tls_handshake import explain_failure, reason_of

REFUSED = Outcome(result=Result.FAILED, reason=Reason.REFUSED)
PERHAPS = "; it may have been applied"
TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
ANOTHER_HOST = (62, 64)  # OpenSSL: the certificate is for another name, or another address
_NoSuchHost = aiohttp.ClientConnectorDNSError
TlsError = aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError
PROXY_REFUSED = 407
log = structlog.get_logger()


class BlockedError(Exception):
    """The answer of another host, or none, decides about a request."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome

    def after(self, status: int) -> "BlockedError":
        """Return the same error for a request that was sent, and answered with *status*."""
        return type(self)(self.outcome._replace(wire_puts=1, http_status=status))


class SignInUnavailable(BlockedError):
    """The sign-in host does not answer for now: an outage, as if SuperOffice did not answer."""


class RefusedError(BlockedError):
    """We cannot go on as whom and where we are configured: the run must stop."""


class NotOurTurnError(BlockedError):
    """Nothing may be written now: it is not certain that no other machine works on the target."""


class RetryOnce(BlockedError):
    """What a request lacked is there now: a new credential, or the tenant's new address."""


class AnswerLostError(Exception):
    """The connection ended after a request went out, before its answer came in."""


class SurplusError(AnswerLostError):
    """More answers than requests came over the connection: which one belongs to the request is not known."""


# what a request ends in without an answer
REQUEST_ERRORS = (aiohttp.ClientError, AnswerLostError, BlockedError, TimeoutError, OSError)


def unavailable(words: str, *, retry_after: float | None = None) -> SignInUnavailable:
    """Return the error for a host that does not answer for now."""
    return SignInUnavailable(_failure(words, Trouble.DOWN)._replace(retry_after=retry_after))


def refusal(words: str, suspect: Suspect | None = None) -> RefusedError:
    """Return the error that stops the run; *words* say what to do, *suspect* what to correct first."""
    return RefusedError(REFUSED._replace(detail=words, stop=words, suspect=suspect, wire_puts=0))


def not_our_turn() -> NotOurTurnError:
    """Return the error for a request that was not written, as another machine may work on the target."""
    words = "it was not certain that no other machine works on this target"
    return NotOurTurnError(_failure(words, Trouble.NOT_OURS)._replace(attempts=0))


def retry_once(status: int, words: str) -> RetryOnce:
    """Return the error for a request that was answered with *status*, and is worth another try at once."""
    return RetryOnce(REFUSED._replace(detail=words, http_status=status, trouble=Trouble.RENEWED))


def judge_error(error: BaseException, *, is_written: bool = True) -> Outcome:
    """Return the outcome of a try that ended in an error of the network instead of an answer.

    Nothing is in doubt unless *is_written*: a byte of the request may have gone out. Certificate errors
    come first, for they are connection errors too. Malformed answers carry a made-up status (400), so an
    error's status is never read, nor its repr: that has our credentials in it.
    """
    outcome = _judge(error)
    if is_written or outcome.result is not Result.UNKNOWN:
        return outcome
    words = NOT_IN_TIME if outcome.reason is Reason.TIMEOUT else NOT_OUT
    return outcome._replace(result=Result.FAILED, detail=words, wire_puts=0)


def _judge(error: BaseException) -> Outcome:
    if isinstance(error, BlockedError):
        return error.outcome
    if isinstance(error, aiohttp.ClientConnectorError):
        return _judge_connect_error(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _failure(f"the proxy rejected the connection ({error.status})", Trouble.DOWN)
    return next((outcome for kinds, outcome in IN_GENERAL if isinstance(error, kinds)), DISCONNECTED)


def _judge_connect_error(error: aiohttp.ClientConnectorError) -> Outcome:
    if isinstance(error, aiohttp.ClientConnectorSSLError) and "CERTIFICATE_REQUIRED" in str(error.os_error):
        return _judge_missing_certificate(error)
    return _judge_untrusted(error) if isinstance(error, TlsError) else _judge_unreachable(error)


def _judge_unreachable(error: aiohttp.ClientConnectorError) -> Outcome:
    words = _words_of(error.os_error)
    if error.os_error.errno in TOO_MANY_FILES:
        return _failure(
            f"this machine has too many open files for another connection ({words})", Trouble.THROTTLED
        )
    outcome = _failure(f"cannot connect to {error.host}:{error.port}: {words}", Trouble.DOWN)
    return outcome._replace(suspect=Suspect.TARGET) if isinstance(error, _NoSuchHost) else outcome


def _words_of(error: OSError) -> str:
    """Return the system's words: those of asyncio show an address as Python writes it."""
    if error.errno and error.errno > 0:  # else it is one of the resolver's numbers, or several errors
        return os.strerror(error.errno)
    return clean(error.strerror or type(error).__name__, 100)


def _judge_missing_certificate(error: aiohttp.ClientConnectorSSLError) -> Outcome:
    """Return the outcome where the other end ended TLS, for want of a certificate of ours."""
    words = f"{error.host}:{error.port} wants a client certificate, but presence-worker has none"
    remedy = "ask its administrator to switch that off for this machine's address"
    return _failure(words, None)._replace(stop=f"{words}; {remedy}")


def _judge_untrusted(
    error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError,
) -> Outcome:
    is_untrusted = isinstance(error, aiohttp.ClientConnectorCertificateError)
    cause = error.certificate_error if is_untrusted else error.os_error
    failure = explain_failure(cause)
    outcome = _failure(f"no trusted TLS connection to {error.host}:{error.port}: {failure.words}", None)
    return outcome._replace(stop=f"{outcome.detail}; {failure.remedy}", suspect=_suspect(cause))


def _suspect(error: Exception) -> Suspect | None:
    """Suspect the address where the certificate is another host's, or where TLS is not spoken."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Suspect.TARGET if error.verify_code in ANOTHER_HOST else None
    return Suspect.TARGET if reason_of(error) in NO_TLS else None


def _failure(words: str, trouble: Trouble | None) -> Outcome:
    """Return an outcome for what certainly never reached SuperOffice."""
    return Outcome(result=Result.FAILED, reason=Reason.CONNECTION, detail=words, wire_puts=0, trouble=trouble)


def _in_doubt(reason: Reason, words: str, trouble: Trouble) -> Outcome:
    return Outcome(result=Result.UNKNOWN, reason=reason, detail=words, trouble=trouble)


NOT_OUT = "the connection ended before the request went out"
NOT_IN_TIME = "the request did not go out in time"
DISCONNECTED = _in_doubt(
    Reason.CONNECTION, "the connection ended before the answer came", Trouble.DISCONNECTED
)
BROKEN_OFF = _in_doubt(Reason.BAD_ANSWER, "the answer was incomplete or damaged", Trouble.DISCONNECTED)
IN_GENERAL = (  # the first that fits; all other errors disconnect us
    (
        aiohttp.ConnectionTimeoutError,
        _failure("no connection within delivery.connect_timeout", Trouble.DOWN),
    ),
    (TimeoutError, _in_doubt(Reason.TIMEOUT, f"no complete answer in time{PERHAPS}", Trouble.DOWN)),
    (aiohttp.ClientPayloadError, BROKEN_OFF),
    (aiohttp.ClientResponseError, BROKEN_OFF),
    (
        SurplusError,
        _in_doubt(Reason.BAD_ANSWER, f"more answers came than requests went out{PERHAPS}", Trouble.OWN),
    ),
)


class ProxyGuard:
    """Owns the proxy's address, and the knowledge that it refused us: asking again could lock an account."""

    def __init__(self, proxy: URL | None) -> None:
        self.proxy = proxy
        self._refusal: RefusedError | None = None

    def check(self) -> None:
        """Raise RefusedError where the proxy has refused us before."""
        if self._refusal:
            raise RefusedError(self._refusal.outcome)

    def look(self, status: int, headers: Mapping[str, str]) -> None:
        """Check an answer; raise RefusedError where the proxy wants a sign-in."""
        if status == PROXY_REFUSED and self.proxy:
            self._refusal = _refusal_by_proxy(headers)
            raise self._refusal


def _refusal_by_proxy(headers: Mapping[str, str]) -> RefusedError:
    found = schemes(headers, "proxy-authenticate")
    offered = f"; it offers {series(found, 'and')}" if found else ""
    words = (
        f"the proxy rejected the sign-in (407): correct the user name and password in target.proxy{offered}"
    )
    if found and "basic" not in map(str.lower, found):
        words = f"{words}, but presence-worker supports only Basic: let it pass this machine without sign-in"
    return refusal(words, Suspect.PROXY)


def is_logged() -> bool:
    """Check whether requests are logged."""
    return bool(log.is_enabled_for(logging.DEBUG))


async def log_request(sending: Awaitable[Answer], method: str, root: URL, path: str) -> Answer:
    """Log a request with the status of its answer; its query and headers stay out of the log."""
    status, began = None, perf_counter()
    try:
        answer = await sending
        status = answer.status
        return answer
    finally:  # an error has no words that are safe to log
        duration = round((perf_counter() - began) * 1000, 1)
        raw_path = below(root, path).raw_path
        log.debug("request", method=method, path=raw_path, status=status, duration_ms=duration)
