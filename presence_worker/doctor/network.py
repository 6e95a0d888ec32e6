"""Checks of the network: names of hosts, and certificates."""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

import anyio
from cryptography.x509 import load_der_x509_certificate

from ..sanitize import clean
from ..superoffice.anonymous_client import Place, tls_context
from ..superoffice.tls_handshake import EXPIRED, NO_CIPHER, Failure, explain_failure
from .probe import CheckBlockedError, CheckResult, Probe, fault, ok, skipped, warning

DAY = 86400.0  # seconds
SOON = 14  # days; automatic renewals come earlier
MOST = 3  # addresses shown


class Certificate(NamedTuple):
    """What a trusted server showed."""

    expires: float  # seconds since 1970
    protocol: str  # such as TLSv1.3
    issuer: str


async def name_resolution(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether each host name has an address."""
    places = probe.places()
    if not places:
        raise CheckBlockedError("configuration")
    for place in places:
        yield await _resolve(place, probe)


async def tls(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check whether certificates are trusted, and how long they are valid."""
    probe.way()
    for place in probe.places():
        if place.is_proxy:
            yield skipped("not checked: connections go through a proxy")
        else:
            yield await _check_certificate(place, probe)


async def tenant_host(probe: Probe) -> AsyncIterator[CheckResult]:
    """Check name and certificate of the host that the tenant's state names."""
    known = [(place.url.host, place.url.port) for place in probe.places()]
    if probe.root is None or any(place.is_proxy for place in probe.places()):
        return
    place = Place("tenant", probe.root, "target.tenant")
    if (probe.root.host, probe.root.port) not in known:
        said = await _resolve(place, probe)
        yield said
        if said.verdict == "ok":
            yield await _check_certificate(place, probe)


async def _resolve(place: Place, probe: Probe) -> CheckResult:
    host = str(place.url.host)
    if _is_address(host):
        return ok(f"{host} ({place.purpose}) is an IP address")
    try:
        with anyio.fail_after(probe.settings.delivery.connect_timeout):
            found = await anyio.getaddrinfo(host, place.url.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        words = (isinstance(error, OSError) and error.strerror) or "no answer in time"
        return fault(
            f"no address found for {host} ({place.purpose}): {clean(words, 100)}",
            f"check the spelling of {place.setting}, and the DNS server of this machine",
        )
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    return ok(f"{host} ({place.purpose}) has the address {', '.join(addresses[:MOST])}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _check_certificate(place: Place, probe: Probe) -> CheckResult:
    if place.url.scheme == "http":
        return ok(f"{place.address}: http has no certificate")
    try:
        with anyio.fail_after(probe.settings.delivery.connect_timeout):
            shown = await _read_certificate(place, tls_context(probe.settings))
    except ssl.SSLError as error:
        failure = explain_failure(error)
        if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code == EXPIRED:
            failure = await _explain_expiry(place, probe, failure)
        return fault(f"{place.address}: {failure.words}", failure.remedy)
    except ConnectionResetError:
        return fault(f"{place.address}: it ended the TLS handshake without a reason", NO_CIPHER.remedy)
    except OSError as error:
        words = clean(error.strerror or "no answer in time", 100)
        return fault(
            f"{place.address}: cannot connect: {words}",
            f"check {place.setting}, the firewall, and that the server runs",
        )
    return _judge_certificate(place, shown, time.time())


async def _explain_expiry(place: Place, probe: Probe, failure: Failure) -> Failure:
    """Find out whose certificate has expired: read it once more, without trusting it."""
    context = tls_context(probe.settings)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with anyio.fail_after(probe.settings.delivery.connect_timeout):
            end = await _read_end(place, context)
    except (OSError, ValueError):
        return failure
    if end < datetime.now(UTC):
        return Failure(
            f"its certificate expired on {end.date()}", "ask the server's administrator to renew it"
        )
    return Failure(
        f"the certificate of its authority has expired. Its own is valid until {end.date()}",
        "if target.ca_file is set, put the authority's new certificate there. Otherwise ask the server's "
        "administrator to replace the intermediate certificate",
    )


async def _read_end(place: Place, context: ssl.SSLContext) -> datetime:
    host = str(place.url.host)
    _, writer = await asyncio.open_connection(host, place.url.port, ssl=context, server_hostname=host)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return load_der_x509_certificate(shown).not_valid_after_utc
    finally:
        writer.transport.abort()


async def _read_certificate(place: Place, context: ssl.SSLContext) -> Certificate:
    host = str(place.url.host)
    _, writer = await asyncio.open_connection(host, place.url.port, ssl=context, server_hostname=host)
    try:
        shown = writer.get_extra_info("peercert")
        issuer = {name: value for part in shown["issuer"] for name, value in part}
        return Certificate(
            expires=ssl.cert_time_to_seconds(shown["notAfter"]),
            protocol=writer.get_extra_info("ssl_object").version(),
            issuer=clean(
                issuer.get("organizationName") or issuer.get("commonName") or "an unknown authority", 60
            ),
        )
    finally:
        writer.transport.abort()


def _judge_certificate(place: Place, shown: Certificate, now: float) -> CheckResult:
    """Judge how long a certificate is still valid."""
    days = int((shown.expires - now) // DAY)
    until = datetime.fromtimestamp(shown.expires, UTC).date()
    words = (
        f"{place.address}: {shown.protocol}, issued by {shown.issuer}, valid for {days} more days ({until})"
    )
    remedy = "ask the server's administrator to renew the certificate"
    if days < 1:
        return fault(words, remedy)
    return warning(words, remedy) if days < SOON else ok(words)
