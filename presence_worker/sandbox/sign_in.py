"""Who signs a request: any well-formed credential will do."""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import lru_cache

SOMEBODY = "sandbox"  # who tickets, tokens and sessions belong to
_XSRF = re.compile(r"(?:^|;)\s*XSRF-TOKEN=([^;]*)")


def signer(headers: Mapping[str, str]) -> str | None:
    """Give the name behind a request's credentials; None where it has none, or they are malformed."""
    authorization = headers.get("Authorization", "")
    if authorization:
        return _named(authorization)
    return SOMEBODY if _is_session(headers) else None


@lru_cache(maxsize=64)
def _named(authorization: str) -> str | None:
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() == "basic":
        return _basic_user(credential)
    return SOMEBODY if scheme.lower() in ("soticket", "bearer") and credential else None


def _basic_user(credential: str) -> str | None:
    try:
        text = base64.b64decode(credential, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    user, colon, _ = text.partition(":")
    return user if colon and user else None


def _is_session(headers: Mapping[str, str]) -> bool:
    """Whether there is a session's cookie, and the token that proves that the page itself asks."""
    cookie, token = headers.get("Cookie", ""), headers.get("X-XSRF-TOKEN", "")
    told = _XSRF.search(cookie)
    return bool(cookie and token) and (told is None or told[1] == token)
