"""What a PUT asks for, and what becomes of it where nobody knows what SuperOffice does."""

from collections.abc import Mapping
from typing import Any

from ..model import MAX_MESSAGE_LENGTH, NOT_PRESENT, PRESENT, STATUSES, Presence
from .bodies import read_body
from .unknowns import AS_DOCUMENTED, Unknowns

ROOT = "UserPresenceStatus"  # what XML calls a presence
NO_PRESENCE = Presence(status="StatusNone", message="")
_BY_LOWER_CASE = {name.lower(): name for name in STATUSES}
_BY_NUMBER = {str(number): name for name, number in STATUSES.items()}


def written(presence: Presence) -> dict[str, str]:
    """Give a presence as the service names its parts."""
    return {"Status": presence.status, "Message": presence.message}


def asked_in(content_type: str, body: bytes) -> Presence:
    """Read the body of a PUT, or of the agent's twin of it, as documented; raise ValueError if it is none."""
    parts = read_body(content_type, body)
    twin = {name.lower(): part for name, part in parts.items()}.get("userpresencestatus")
    return understood(in_any_case(twin) if isinstance(twin, dict) else parts)


def in_any_case(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parts of a presence by their names, in whatever case those came."""
    return {name.capitalize(): part for name, part in parts.items()}


def understood(parts: Mapping[str, Any], unknowns: Unknowns = AS_DOCUMENTED, *, stored: str = "") -> Presence:
    """Read what is asked for; raise ValueError with what was expected, never with what was found.

    Without a Message, or with null, *stored* goes or stays, as the switch says; by itself it goes: there is
    no PATCH for this resource.
    """
    status, message = _status(parts.get("Status"), unknowns), parts.get("Message")
    if message is None:
        message = stored if unknowns.omitted_message == "keep" else ""
    if not isinstance(message, str):
        raise ValueError("Message: expected a text")  # noqa: TRY004 - one kind for callers
    if len(message) > MAX_MESSAGE_LENGTH:
        if unknowns.long_message == "refuse":
            raise ValueError(f"Message: expected a text of at most {MAX_MESSAGE_LENGTH} characters")
        message = message[:MAX_MESSAGE_LENGTH] if unknowns.long_message == "cut" else message
    return Presence(status=status, message=message)


def _status(value: Any, unknowns: Unknowns) -> str:
    if unknowns.loose_status and isinstance(value, str | int):
        text = str(value).lower()
        value = _BY_LOWER_CASE.get(text) or _BY_NUMBER.get(text)
    allowed = STATUSES if unknowns.account_states == "accept" else (PRESENT, NOT_PRESENT)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"Status: expected exactly one of {', '.join(allowed)}")
    return value
