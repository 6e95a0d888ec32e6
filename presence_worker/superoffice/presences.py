"""A presence as bodies of the service hold it."""

import orjson

from ..model import Presence


def encoded(presence: Presence) -> bytes:
    """Give the body of a PUT: always both keys, for one that is left out may clear what is stored."""
    return orjson.dumps({"Status": presence.status, "Message": presence.message})


def read_presence(body: bytes) -> Presence | None:
    """Give the presence an answer shows, or None where it shows none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(value, dict):
        return None
    status, message = value.get("Status"), value.get("Message")
    if not isinstance(status, str) or not isinstance(message, str | None):
        return None
    return Presence(status=status, message=message or "")
