"""TLS handshakes: what we trust in them, and who can correct what where one fails."""

import ssl
import sys
from pathlib import Path
from typing import NamedTuple

from ..errors import UsageFault
from ..operator_files import WideError, remove_mark
from ..sanitize import clean
from ..settings import Settings
from .addresses import login_root, proxy_of, service_root, uses_login_host


class Failure(NamedTuple):
    """What went wrong, in words for people."""

    words: str
    remedy: str


OWN_AUTHORITY = "if you have your own certificate authority, set {} to its certificate file"
OWN = OWN_AUTHORITY.format("target.ca_file")
UNTRUSTED = (18, 19, 20, 21)  # OpenSSL: no authority that we trust has signed the certificate
NEW_CERTIFICATE = "ask the server's administrator for a new certificate {}"
EXPIRED = 10
BY_CODE = {  # what OpenSSL calls a certificate's fault: the remedy
    9: "check this machine's clock. If it is right, the certificate is not valid yet",
    EXPIRED: "a certificate must be renewed; `presence-worker doctor` says which",
    18: OWN,
    19: OWN,
    20: f"an intermediate certificate may be missing on the server; ask its administrator, or {OWN}",
    21: f"an intermediate certificate may be missing on the server; ask its administrator, or {OWN}",
    62: "use an address whose name is in the certificate",
    64: "use an address whose name is in the certificate",
    66: NEW_CERTIFICATE.format("with an RSA key of 2048 bits or more"),
    67: NEW_CERTIFICATE.format("of an authority with an RSA key of 2048 bits or more"),
    68: NEW_CERTIFICATE.format("signed with SHA-256, not with SHA-1 or MD5"),
}
PLAIN = Failure("the server does not seem to use TLS 1.2 or newer", "check https and the port in the address")
OLD = Failure(
    "the server only uses TLS 1.1 or older",
    "ask the server's administrator to switch on TLS 1.2 or 1.3 (in Windows: Schannel)",
)
NO_CIPHER = Failure(
    "the server ended the handshake: no common cipher, or it wants a client certificate",
    "ask the server's administrator to allow TLS 1.3, or in TLS 1.2 ciphers with ECDHE and AES-GCM",
)
WEAK = Failure(
    "the server's key exchange is too weak",
    "ask the server's administrator to allow ECDHE, or Diffie-Hellman of 2048 bits or more",
)
BY_REASON = {  # OpenSSL's name for what went wrong in a handshake
    "TLSV1_ALERT_PROTOCOL_VERSION": OLD,
    "UNSUPPORTED_PROTOCOL": OLD,
    "VERSION_TOO_LOW": OLD,
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": OLD._replace(
        words="the server only knows the unsafe old way to renegotiate",
        remedy="ask the server's administrator to update it",
    ),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": NO_CIPHER,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": NO_CIPHER,
    "NO_SHARED_CIPHER": NO_CIPHER,
    "WRONG_CIPHER_RETURNED": NO_CIPHER,
    "DH_KEY_TOO_SMALL": WEAK,
    "BAD_DH_VALUE": WEAK,
    "WRONG_CURVE": WEAK,
    "WRONG_SIGNATURE_TYPE": WEAK._replace(words="the server's signature in the handshake is too weak"),
    "TLSV1_UNRECOGNIZED_NAME": Failure(
        "the server does not know the name of the host", "check the address in the settings"
    ),
}


def tls_of(settings: Settings) -> ssl.SSLContext | bool:
    """Return what https is checked by; True where all hosts are known to be plain http."""
    target = settings.target
    roots = [service_root(target), *([proxy_of(settings)] if target.proxy else [])]
    if uses_login_host(settings):
        roots.append(login_root(target, settings.auth.login_url))
    if not target.tenant and all(root and root.scheme == "http" for root in roots):
        return True
    return trust(target.ca_file)


def trust(ca_file: Path | None, *, setting: str = "target.ca_file") -> ssl.SSLContext:
    """Build a context that trusts the authorities of *ca_file*, without one those of this machine.

    It is not `ssl.create_default_context`, which writes the session keys to the file that SSLKEYLOGFILE
    names: who reads that file reads the credentials. Raise UsageFault where *ca_file* cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificates and names
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if sys.version_info >= (3, 13):  # as that function does from then on
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        _add_authorities(context, ca_file)
    except WideError as error:
        raise UsageFault(f"{setting}: {ca_file}: {error}") from None
    except OSError as error:
        raise UsageFault(f"{setting}: {ca_file}: {error.strerror or 'has no certificate'}") from None
    return context


def _add_authorities(context: ssl.SSLContext, ca_file: Path) -> None:
    """Add the authorities of a file; behind a byte-order mark, OpenSSL overlooks the first."""
    content = ca_file.read_bytes()
    unmarked = remove_mark(content)
    if unmarked == content:
        context.load_verify_locations(ca_file)
    else:
        context.load_verify_locations(cadata=unmarked.decode("ascii", "ignore"))  # comments: in any letters


def explain_failure(error: Exception) -> Failure:
    """Return what a handshake failed at; *error* is an `ssl.SSLError` or what the library made of one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        words = clean(error.verify_message or str(error), 120)
        return Failure(
            words,
            BY_CODE.get(
                error.verify_code, NEW_CERTIFICATE.format(f"because this one is not valid ({words})")
            ),
        )
    reason = str(reason_of(error) or error)
    found = BY_REASON.get(reason, PLAIN)
    return found._replace(words=f"{found.words} ({clean(reason, 100)})")


def reason_of(error: Exception) -> str | None:
    """Return OpenSSL's name for what went wrong; None where the error is not OpenSSL's own."""
    reason: str | None = getattr(error, "reason", None)
    return reason
