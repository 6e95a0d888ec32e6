"""Who signs a request: any well-formed credential will do."""

import base64
import binascii

SOMEBODY = "sandbox"  # who tickets and tokens belong to


def signer(authorization: str | None) -> str | None:
    """Give the name behind an Authorization header; None where there is none, or it is malformed."""
    scheme, _, credential = (authorization or "").partition(" ")
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
