"""Certificates with a fault of their own, and servers that end a handshake as real ones do: with an alert."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ALL = "ALL:@SECLEVEL=0"  # also what we refuse
VALID, OVER, TO_COME = (-1.0, 30.0), (-30.0, -1.0), (5.0, 30.0)  # days from now


class Signed(NamedTuple):
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    issuers: bytes = b""  # PEM, sent along

    @property
    def pem(self) -> bytes:
        """The certificate, as files have it."""
        return self.certificate.public_bytes(Encoding.PEM)


def certificate(
    name: str, by: Signed | None = None, *, is_weak: bool = False, days: tuple[float, float] = VALID
) -> Signed:
    """Make a certificate: an authority's where it is called one, else one for this machine."""
    own = rsa.generate_private_key(65537, 1024) if is_weak else ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    is_authority = "authority" in name
    builder = (
        x509.CertificateBuilder()
        .subject_name(_called(name))
        .issuer_name(by.certificate.subject if by else _called(name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    return Signed(builder.sign(by.key if by else own, SHA256()), own)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def serving(shown: Signed, folder: Path, ciphers: str = ALL) -> ssl.SSLContext:
    """Return a server's side of TLS that shows a certificate, and allows whatever there is."""
    file = folder / "server.pem"
    private = shown.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + shown.pem + shown.issuers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    context.load_cert_chain(file)
    return context


@contextmanager
def listening(context: ssl.SSLContext) -> Iterator[int]:
    """Shake hands with who connects, in a thread, and hang up; asyncio would keep its alerts to itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_shake_hands, args=(listener, context), daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):  # the test is over
        while True:
            connection, _ = listener.accept()
            with suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as shaken:
                shaken.recv(1)
