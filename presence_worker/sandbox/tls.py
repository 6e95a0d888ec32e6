"""A certificate of the sandbox's own making, from an authority that lives no longer than the sandbox."""

import os
import secrets
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..errors import UsageFault

DAYS = 30  # that the certificates hold
SKEW = timedelta(days=1)  # they hold already, for clocks that are late
NAMES = (
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
)
Key = ec.EllipticCurvePrivateKey


def throwaway(ca_file: Path) -> ssl.SSLContext:
    """Make an authority and a server's certificate; write the authority's into *ca_file*.

    No key is ever readable on disk. Raises UsageFault where the file cannot be written.
    """
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key)
    server = _server(authority, authority_key, server_key)
    try:
        ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        raise UsageFault(f"--ca-file {ca_file}: {error.strerror}; choose another file") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, server, server_key)
    return context


def _authority(key: Key) -> x509.Certificate:
    name = _name("presence-worker sandbox, for rehearsals only")
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
    builder = _builder(name, name, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _server(authority: x509.Certificate, authority_key: Key, key: Key) -> x509.Certificate:
    builder = _builder(_name("localhost"), authority.subject, key)
    from_authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    for extension in (
        x509.SubjectAlternativeName(NAMES),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.BasicConstraints(ca=False, path_length=None),
        from_authority,
    ):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
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


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _load(context: ssl.SSLContext, certificate: x509.Certificate, key: Key) -> None:
    """Hand over certificate and key by way of a file, for there is no other; the key in it is encrypted."""
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
