"""A presence as JSON: how bodies of the service read."""

import orjson

from ..model import MAX_MESSAGE_LENGTH, STATUSES, Presence


def written(presence: Presence) -> dict[str, str]:
    """Give a presence as the service names its parts."""
    return {"Status": presence.status, "Message": presence.message}


def understood(body: bytes) -> Presence:
    """Read the body of a PUT; raise ValueError with what was expected, never with what was found.

    A Message that is left out or null clears what was stored: there is no PATCH for this resource.
    """
    value = orjson.loads(body)  # its error is a ValueError that quotes nothing
    if not isinstance(value, dict):
        raise ValueError("expected an object with Status and Message")  # noqa: TRY004 - one kind for callers
    status, message = value.get("Status"), value.get("Message")
    message = "" if message is None else message
    if not isinstance(status, str) or status not in STATUSES:
        raise ValueError(f"Status: expected exactly one of {', '.join(STATUSES)}")
    if not isinstance(message, str) or len(message) > MAX_MESSAGE_LENGTH:
        raise ValueError(f"Message: expected a text of at most {MAX_MESSAGE_LENGTH} characters")
    return Presence(status=status, message=message)
