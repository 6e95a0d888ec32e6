"""Where the service listens: its socket, and its certificate, which can be renewed while it listens."""

import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from ..errors import UsageFault
from ..manual_pages import ManualPage
from ..next_step import NextStep
from ..settings.serve import Address, Serve

EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - what is listened on is the operator's choice
LOOPBACK = "127.0.0.1"
FREE_PORT = "serve.listen=127.0.0.1:0"
BACKLOG = 1024  # connections waiting to be accepted
REASONS = {
    errno.EADDRINUSE: "something else listens there already",
    errno.EACCES: "this user may not listen there",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


@asynccontextmanager
async def listen(runner: web.BaseRunner, serve: Serve, tls: ssl.SSLContext | None) -> AsyncIterator[str]:
    """Listen while the context lasts; give the root URL. Raise UsageFault where the port cannot be had."""
    host, port = serve.listen
    await runner.setup()
    try:
        site = web.TCPSite(runner, host or None, port, ssl_context=tls, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            raise _unusable(serve.listen, error) from None
        yield root_url(Address(host, runner.addresses[0][1]), has_tls=tls is not None)
    finally:
        await runner.cleanup()


def root_url(address: Address, *, has_tls: bool) -> str:
    """Return the URL by which this machine reaches an address."""
    host = LOOPBACK if address.host in EVERYWHERE else address.host
    return f"{'https' if has_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{address.port}"


def _unusable(address: Address, error: OSError) -> UsageFault:
    why = REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
    place = f"{address.host}:{address.port}"
    words = f"serve.listen: {place}: {why}. Set another port, for example with --set {FREE_PORT}"
    return UsageFault(words, next=NextStep(("serve", "--help")), page=ManualPage.SERVICE)


class ServerCertificate:
    """Owns what the service proves its name with; None: it speaks plain HTTP."""

    def __init__(self, serve: Serve) -> None:
        self.tls = _load_certificate(serve, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)) if _has(serve) else None

    def renew(self, serve: Serve) -> None:
        """Read the files again, for new connections; for bad ones raise UsageFault, and keep the old."""
        if self.tls and _has(serve):
            _load_certificate(serve, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            _load_certificate(serve, self.tls)


def _has(serve: Serve) -> bool:
    return serve.tls_cert_file is not None


def _load_certificate(serve: Serve, tls: ssl.SSLContext) -> ssl.SSLContext:
    if serve.tls_cert_file is None or serve.tls_key_file is None:
        return tls
    try:
        tls.load_cert_chain(serve.tls_cert_file, serve.tls_key_file, password=_no_password)
    except ssl.SSLError:
        files = f"{serve.tls_cert_file} and {serve.tls_key_file}"
        raise UsageFault(
            f"serve.tls_cert_file: {files}: they must be a certificate and its key in PEM, without a password"
        ) from None
    except OSError as error:
        raise UsageFault(f"serve.tls_cert_file, serve.tls_key_file: {error.strerror}") from None
    return tls


def _no_password() -> str:
    """Answer for a key that has a password: without this, OpenSSL asks at the terminal."""
    return ""
