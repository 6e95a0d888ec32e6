"""What the sandbox's signed tokens say."""

from typing import Any

from .ask import Ask
from .site import Site

SCHEME = "http://schemes.superoffice.net/identity/"
AUDIENCE = "presence-worker-sandbox"
EARLY = 60  # seconds that a token holds already, for clocks that are late


def claims(ask: Ask, site: Site, tenant: str, issuer: str) -> dict[str, Any]:
    """Give what is said of who signs in for a tenant."""
    now, root = int(site.desk.online.now()), f"{site.tenant.origin(ask)}/{tenant}"
    named = {
        "ctx": tenant,
        "webapi_url": f"{root}/api/",
        "netserver_url": f"{root}/Remote/Services88/",
        "identityprovider": "presence-worker-sandbox",
        "is_administrator": "False",
    }
    dated = {"iat": now, "nbf": now - EARLY, "exp": now + max(EARLY, int(site.desk.online.token_life))}
    return {
        "iss": issuer,
        "aud": AUDIENCE,
        **dated,
        **{f"{SCHEME}{name}": value for name, value in named.items()},
    }
