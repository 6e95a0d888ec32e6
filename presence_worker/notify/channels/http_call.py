"""One HTTP request of a channel: only a whole answer with a status of 2xx is success."""

import socket
import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from ... import __version__
from ...errors import UsageFault
from ...sanitize import clean
from ...settings.channel_values import check_url
from ...settings.notify import HttpChannel
from ...superoffice.tls_handshake import OWN_AUTHORITY, UNTRUSTED, explain_failure, trust
from .channel_secrets import secret_of
from .daemon import work_in_daemon
from .kinds import NotDelivered

MOST = 64 * 1024  # bytes that are read of an answer
SUCCESS = 2  # the family of status codes
AGENT = f"presence-worker/{__version__}"


class HttpCall(NamedTuple):
    """What is asked."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None


class DaemonResolver(AbstractResolver):
    """Looks names up in a thread that no one has to wait for."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host."""
        found = await work_in_daemon(lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""


def url_of(section: HttpChannel) -> str:
    """Return the address of a channel as it stands now; raise NotDelivered, without it, for none."""
    try:
        return check_url(secret_of(section, "url") or "")
    except ValueError as error:
        raise NotDelivered(f"url_file: {error}") from None


def trust_of(ca_file: Path | None) -> ssl.SSLContext:
    """Return what certificates are checked by; raise NotDelivered where *ca_file* cannot be read."""
    if ca_file is None:
        return _trust_of_machine()
    try:
        return trust(ca_file, setting="ca_file")
    except UsageFault as error:
        raise NotDelivered(str(error)) from None


@cache
def _trust_of_machine() -> ssl.SSLContext:
    """Return what certificates are checked by; to read all authorities of a machine takes a while."""
    return trust(None)


async def make_call(call: HttpCall, section: HttpChannel) -> None:
    """Send a request, once, and read the answer; raise NotDelivered, with no more than the host's name."""
    url = URL(call.url, encoded=True)  # as it is: a part of it may be a signature
    host = clean(str(url.host), 100)
    try:
        status = await _exchange(call, url, section)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotDelivered(f"{host}: {_explain(error)}") from None
    if status // 100 != SUCCESS:
        raise NotDelivered(f"{host} answered {status}")


async def _exchange(call: HttpCall, url: URL, section: HttpChannel) -> int:
    async with _open_session(url, section) as session:
        answer = await session.request(
            call.method,
            url,
            data=call.body,
            headers=call.headers,
            allow_redirects=False,
            proxy=section.proxy.get_secret_value() if section.proxy else None,
        )
        try:
            await _read_body(answer)
            return answer.status
        finally:
            answer.close()


def _open_session(url: URL, section: HttpChannel) -> aiohttp.ClientSession:
    is_plain = url.scheme == "http" and not section.proxy
    tls = True if is_plain else trust_of(section.ca_file)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls, resolver=DaemonResolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),  # the caller's patience counts
        headers={"User-Agent": AGENT},
    )


async def _read_body(answer: aiohttp.ClientResponse) -> None:
    """Read an answer to its end, which proves that it is whole; a longer one only up to a sane size."""
    size = 0
    while not answer.content.at_eof() and size <= MOST:
        size += len(await answer.content.readany())


def explain_tls(error: Exception) -> str:
    """Return what a handshake failed at, and the setting that can help."""
    words = explain_failure(error).words
    is_untrusted = isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in UNTRUSTED
    return f"{words}; {OWN_AUTHORITY.format('ca_file')}" if is_untrusted else words


def _explain(error: Exception) -> str:
    """Return what went wrong, in words of ours alone."""
    match error:
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            return "no connection through the proxy"
        case aiohttp.ClientConnectorCertificateError():
            return explain_tls(error.certificate_error)
        case aiohttp.ClientConnectorSSLError():
            return explain_tls(error.os_error)
        case aiohttp.ClientConnectorDNSError():
            return "no address found for this name"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case _:
            return "no valid answer"
