"""What the sandbox has keys for: signed tokens, and a certificate of its own making.

An application's key is read, or made, too. The module needs cryptography, which takes a while to load:
`loading` loads it where it is used.
"""

import json
import os
import secrets
import ssl
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from jwt.algorithms import RSAAlgorithm

from ..errors import SandboxFault
from .calls import Json

BITS = 2048
KEY_ID = "presence-worker-sandbox"
DAYS = 30  # that the certificates hold
SKEW = timedelta(days=1)  # they hold already, for clocks that are late
NAMES = (
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
)
Key = ec.EllipticCurvePrivateKey


@cache
def _own_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS)


def sign_token(claims: Mapping[str, Json]) -> str:
    """Return a JWT of *claims*, signed with the sandbox's key."""
    return jwt.encode(dict(claims), _own_key(), algorithm="RS256", headers={"kid": KEY_ID})


def key_set() -> dict[str, Json]:
    """Return the public half of the sandbox's key, as a JSON Web Key Set."""
    key = json.loads(RSAAlgorithm.to_jwk(_own_key().public_key()))
    return {"keys": [{**key, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def read_public_key(pem: bytes) -> rsa.RSAPublicKey:
    """Read an application's key, of which either half will do; raise ValueError for any other."""
    try:
        private = serialization.load_pem_private_key(pem, password=None)
        key = private.public_key()
    except (ValueError, TypeError):  # a public one; or a private one that a password protects
        key = serialization.load_pem_public_key(pem)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("no RSA key")  # noqa: TRY004 - one kind for callers
    return key


def is_valid_signature(pem: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature of *message* (PKCS#1 v1.5, SHA-256) is that of an application's key."""
    try:
        read_public_key(pem).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def make_key() -> bytes:
    """Make an application's private key, as PEM."""
    return rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_app_key(file: Path) -> bytes:
    """Read an application's RSA key, either half; without the file, make it with a private key.

    Raises SandboxFault for anything but such a key, and for a file that cannot be read or written.
    """
    try:
        pem = file.read_bytes() if file.exists() else _write_key(file, make_key())
        read_public_key(pem)
    except OSError as error:
        raise SandboxFault(f"--app-key {file}: {error.strerror}") from None
    except ValueError:
        raise SandboxFault(
            f"--app-key {file}: not an RSA key in PEM format; give the application's key, or a new "
            "file name, and the sandbox makes one"
        ) from None
    return pem


def _write_key(file: Path, pem: bytes) -> bytes:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123
        stream.write(pem)
    return pem


def make_certificate(ca_file: Path) -> ssl.SSLContext:
    """Make an authority and a server's certificate; write the authority's into *ca_file*.

    No key is ever readable on disk. Raises SandboxFault where the file cannot be written.
    """
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _make_authority(authority_key)
    server = _sign_server(authority, authority_key, server_key)
    try:
        ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        raise SandboxFault(f"--ca-file {ca_file}: {error.strerror}; choose another file") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load_into(context, server, server_key)
    return context


def _make_authority(key: Key) -> x509.Certificate:
    name = _name_of("presence-worker sandbox, for rehearsals only")
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _start_builder(name, name, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _sign_server(authority: x509.Certificate, authority_key: Key, key: Key) -> x509.Certificate:
    builder = _start_builder(_name_of("localhost"), authority.subject, key)
    from_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    for extension in (
        x509.SubjectAlternativeName(NAMES),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.BasicConstraints(ca=False, path_length=None),
        from_authority,
    ):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _start_builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name_of(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _load_into(context: ssl.SSLContext, certificate: x509.Certificate, key: Key) -> None:
    """Hand over certificate and key in a file, the only way; the key in it is encrypted."""
    password = secrets.token_hex(16)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password.encode()),
    )
    handle, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(certificate.public_bytes(serialization.Encoding.PEM) + encrypted)
        context.load_cert_chain(name, password=password)
    finally:
        Path(name).unlink()
