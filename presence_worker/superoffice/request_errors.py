"""What an error of the network means for a row: surely not sent, or in doubt."""

import errno

import aiohttp

from ..errors import Suspect
from ..model import Outcome, Reason, Result, Trouble
from ..text import clean
from .held_up import HeldUpError
from .tls_handshake import explained

PERHAPS = "; it may have been applied"
TOO_MANY_FILES = (errno.EMFILE, errno.ENFILE)
NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL")
ANOTHER_HOST = (62, 64)  # OpenSSL: the certificate is for another name, or another address
_NoSuchHost = aiohttp.ClientConnectorDNSError
_CertificateError = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)


class AnswerLostError(Exception):
    """The connection ended after a request went out, before its answer came in."""


class SurplusError(AnswerLostError):
    """More answers than requests came over the connection: which one belongs to the request is not known."""


LOST = (
    aiohttp.ClientError,
    AnswerLostError,
    HeldUpError,
    TimeoutError,
    OSError,
)  # what a request ends in without an answer


def lost(error: BaseException) -> Outcome:
    """Give the outcome of a try that ended in an error of the network instead of an answer.

    Certificate errors come first, for they are connection errors too. Malformed answers carry a made-up
    status (400), so an error's status is never looked at, nor its repr: that has our credentials in it.
    """
    if isinstance(error, HeldUpError):
        return error.outcome
    if isinstance(error, aiohttp.ClientConnectorSSLError) and "CERTIFICATE_REQUIRED" in str(error.os_error):
        return _no_certificate(error)
    if isinstance(error, _CertificateError):
        return _not_trusted(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return _not_reached(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _failed(f"the proxy did not let us through ({error.status})", Trouble.DOWN)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return _failed("no connection within delivery.connect_timeout", Trouble.DOWN)
    if isinstance(error, TimeoutError):
        words = f"no whole answer in time{PERHAPS}"
        return _in_doubt(Reason.TIMEOUT, words, Trouble.DOWN)
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
        return _in_doubt(Reason.BAD_ANSWER, "the answer was broken off or garbled", Trouble.DISCONNECTED)
    if isinstance(error, SurplusError):
        return _in_doubt(Reason.BAD_ANSWER, f"more answers came than requests went out{PERHAPS}", Trouble.OWN)
    words = "the connection ended before the answer came"
    return _in_doubt(Reason.CONNECTION, words, Trouble.DISCONNECTED)


def _not_reached(error: aiohttp.ClientConnectorError) -> Outcome:
    words = clean(error.os_error.strerror or type(error.os_error).__name__, 100)
    if error.os_error.errno in TOO_MANY_FILES:
        return _failed(f"this machine has no room for another connection ({words})", Trouble.THROTTLED)
    outcome = _failed(f"cannot connect to {error.host}:{error.port}: {words}", Trouble.DOWN)
    return outcome._replace(suspect=Suspect.TARGET) if isinstance(error, _NoSuchHost) else outcome


def _no_certificate(error: aiohttp.ClientConnectorSSLError) -> Outcome:
    """Give the outcome where the other end ended TLS, for want of a certificate of ours."""
    words = f"{error.host}:{error.port} wants a client certificate, and presence-worker has none"
    remedy = "let its administrator switch that off for this machine's address"
    return _failed(words, None)._replace(stop=f"{words}; {remedy}")


def _not_trusted(error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError) -> Outcome:
    is_untrusted = isinstance(error, aiohttp.ClientConnectorCertificateError)
    failure = explained(error.certificate_error if is_untrusted else error.os_error)
    outcome = _failed(f"no trusted TLS connection to {error.host}:{error.port}: {failure.words}", None)
    return outcome._replace(stop=f"{outcome.detail}; {failure.remedy}", suspect=_suspect(error))


def _suspect(
    error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError,
) -> Suspect | None:
    """Suspect the address where the certificate is another host's, or where TLS is not spoken."""
    if not isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Suspect.TARGET if getattr(error.os_error, "reason", "") in NO_TLS else None
    is_elsewhere = getattr(error.certificate_error, "verify_code", None) in ANOTHER_HOST
    return Suspect.TARGET if is_elsewhere else None


def _failed(words: str, trouble: Trouble | None) -> Outcome:
    """Give an outcome for what certainly never reached the service."""
    return Outcome(result=Result.FAILED, reason=Reason.CONNECTION, detail=words, wire_puts=0, trouble=trouble)


def _in_doubt(reason: Reason, words: str, trouble: Trouble) -> Outcome:
    return Outcome(result=Result.UNKNOWN, reason=reason, detail=words, trouble=trouble)
