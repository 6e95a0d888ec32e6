"""Addresses: their roots, which the operator or the tenant's state decides, and what is below them."""

import re

from yarl import URL

from ..errors import UsageFault
from ..manual_pages import ManualPage
from ..settings import Settings, Target
from ..settings.value_types import is_loopback

_API = re.compile(r"/+api(/+v1)?$", re.IGNORECASE)
_SECRET = re.compile(r"[?#]|^([a-z]+:)?(//)?[^/]*@", re.IGNORECASE)  # a query, or a user before the host
ONLINE = ".superoffice.com"
EXCHANGING = ("oauth", "system-user")  # schemes that fetch what they show at the host where we sign in
ONLY_PLACE = "give only host and path there; credentials go into [auth]"


def check_addresses(settings: Settings) -> None:
    """Raise UsageFault for addresses with a query, a fragment or a user in them, without repeating these.

    A proxy's address may name a user: it is never printed.
    """
    target, proxy = settings.target, settings.target.proxy or ""
    addresses = {"target.base_url": target.base_url, "auth.login_url": settings.auth.login_url}
    found = [f"{name}: {ONLY_PLACE}" for name, text in addresses.items() if text and _SECRET.search(text)]
    if "?" in proxy or "#" in proxy:
        found.append("target.proxy: give only user, host and port there")
    if found:
        raise UsageFault("\n".join(found))


def service_root(target: Target) -> URL | None:
    """Return SuperOffice's configured root; None where the tenant's state gives it. Raise UsageFault."""
    if target.base_url:
        return root_of(target.base_url, "target.base_url", target)
    if not target.tenant:
        raise UsageFault(
            "no SuperOffice is set. Type `presence-worker init` to create a configuration, or set "
            "target.base_url (--base-url) or target.tenant. To try without SuperOffice, add --sandbox",
            page=ManualPage.FIRST_RUN,
        )
    return None


def login_root(target: Target, login_url: str | None) -> URL:
    """Return the root of the host at which we sign in; raise UsageFault for what cannot be one."""
    if login_url is None:
        return URL(f"https://{target.environment}{ONLINE}")
    root = root_of(login_url, "auth.login_url", target, example="https://online.superoffice.com")
    if root.path not in ("", "/"):
        raise UsageFault("auth.login_url: give only the host there, without a path")
    return root


def proxy_of(settings: Settings) -> URL:
    """Return the proxy's address, an empty one for none; raise UsageFault for what cannot be one."""
    if settings.target.proxy is None:
        return URL()
    try:
        proxy = URL(settings.target.proxy)
    except ValueError:
        proxy = URL()
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise UsageFault("target.proxy: must be an address, such as http://proxy.example.com:3128")
    return proxy


def target_name(target: Target, login_url: str | None) -> str:
    """Return what runs and locks are kept under; it stays when the tenant moves to another host."""
    return str(service_root(target) or login_root(target, login_url) / str(target.tenant))


def uses_login_host(settings: Settings) -> bool:
    """Check whether anything is asked of the host at which we sign in."""
    return settings.target.tenant is not None or settings.auth.scheme in EXCHANGING


def is_online(target: Target) -> bool:
    """Check whether it is SuperOffice Online."""
    if target.tenant or not target.base_url:
        return target.tenant is not None
    return f".{_plain_host(root_of(target.base_url, 'target.base_url', target))}".endswith(ONLINE)


def is_vendors(url: URL) -> bool:
    """Check whether an address is one of SuperOffice's own, over https."""
    return url.scheme == "https" and f".{_plain_host(url)}".endswith(ONLINE)


def is_same_host(url: URL, configured: URL) -> bool:
    """Check whether an address leads to a configured one's host, whatever its port, and no less safely."""
    return _plain_host(url) == _plain_host(configured) and url.scheme in ("https", configured.scheme)


def _plain_host(url: URL) -> str:
    return (url.raw_host or "").lower().removesuffix(".")


def root_of(
    text: str, name: str, target: Target, *, example: str = "https://crm.example.com/SuperOffice"
) -> URL:
    """Return a root without /api, /api/v1 and trailing slash; raise UsageFault with *name* for no root."""
    try:
        url = URL(text.strip())
        (url.raw_host or "").encode("idna")  # finds an empty or overlong label before the resolver stumbles
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageFault(f"{name}: must be an address, such as {example}")
    if _SECRET.search(text.strip()) or url.user or url.password:
        raise UsageFault(f"{name}: {ONLY_PLACE}")
    if is_open(url) and not target.allow_http:
        raise UsageFault(
            f"{name}: http sends the credentials to {url.host} readable for others on the network; "
            "use https, or set target.allow_http = true (--set target.allow_http=true)"
        )
    return url.with_path(_API.sub("", url.path.rstrip("/")).rstrip("/"))


def below(root: URL, path: str) -> URL:
    """Return the address of a *path* of ours, with its query, below a root; nothing is parsed again."""
    path, _, query = path.partition("?")
    url = root.with_path(root.raw_path.rstrip("/") + path, encoded=True)
    return url.with_query(query) if query else url


def is_open(url: URL) -> bool:
    """Check whether others on the network can read what is sent to an address."""
    return url.scheme == "http" and not is_loopback(url.host or "")
