"""The service's root: the part of every address that the operator decides."""

import ipaddress
import re

from yarl import URL

from ..errors import UsageFault
from ..settings import Target

_API = re.compile(r"/+api(/+v1)?$", re.IGNORECASE)


def service_root(target: Target) -> URL:
    """Give the root without /api, /api/v1 and trailing slash; raise UsageFault for what cannot be one."""
    if not target.base_url:
        raise UsageFault(
            "no SuperOffice to work on: set target.base_url (or --base-url), or rehearse with --sandbox"
        )
    try:
        url = URL(target.base_url.strip())
        (url.raw_host or "").encode("idna")  # finds an empty or overlong label before the resolver stumbles
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageFault("target.base_url: expected something like https://crm.example.com/SuperOffice")
    if url.user or url.password or url.query_string or url.fragment:
        raise UsageFault("target.base_url: only host and path belong there; credentials go into [auth]")
    if url.scheme == "http" and not target.allow_http and not is_loopback(url.host):
        raise UsageFault(
            f"target.base_url: http sends the credentials to {url.host} readable for everybody on the way; "
            "use https, or set target.allow_http = true"
        )
    return url.with_path(_API.sub("", url.path.rstrip("/")).rstrip("/"))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
