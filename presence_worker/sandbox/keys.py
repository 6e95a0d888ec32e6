"""Keys and certificates in files: made or read where they are asked for."""

import os
import ssl
from pathlib import Path

from ..errors import UsageFault
from .loading import load


def throwaway(ca_file: Path) -> ssl.SSLContext:
    """Make a server's certificate, and write that of its authority into *ca_file*; see `tls`."""
    context: ssl.SSLContext = load("tls").throwaway(ca_file)
    return context


def app_key(file: Path) -> bytes:
    """Read an application's RSA key, either half; where there is no file, make a private one, and the file.

    Raises UsageFault for what is no such key, and for a file that cannot be read or written.
    """
    signatures = load("signatures")
    try:
        pem = file.read_bytes() if file.exists() else _made(file, signatures.new_key())
        signatures.public_key(pem)
    except OSError as error:
        raise UsageFault(f"--app-key {file}: {error.strerror}") from None
    except ValueError:
        raise UsageFault(
            f"--app-key {file}: this is no RSA key in PEM; name the application's key, or a file that is not "
            "there to have one made"
        ) from None
    return pem


def _made(file: Path, pem: bytes) -> bytes:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123
        stream.write(pem)
    return pem
