"""A presence as bodies of the service hold it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from ..model import Presence
from .xml import escaped, read_markup

AS_DOCUMENTED = {"Status", "Message"}  # what a presence has
NO_ERROR = (None, False, 0, "", "0", "false")
Encoder = Callable[[Presence], bytes]  # raises UnwritableError for what its format cannot hold


def as_json(presence: Presence) -> bytes:
    """Give a presence as JSON."""
    return orjson.dumps(_parts(presence))


def as_xml(presence: Presence) -> bytes:
    """Give a presence as XML; the names are those of the JSON, which is a guess."""
    parts = "".join(f"<{name}>{escaped(text)}</{name}>" for name, text in _parts(presence).items())
    return f"<UserPresenceStatus>{parts}</UserPresenceStatus>".encode()


def as_form(presence: Presence) -> bytes:
    """Give a presence as a form; the names are those of the JSON, which is a guess."""
    return urlencode(_parts(presence)).encode()


def _parts(presence: Presence) -> dict[str, str]:
    """Give always both parts, for one that is left out may clear what is stored."""
    return {"Status": presence.status, "Message": presence.message}


ENCODERS: dict[str, Encoder] = {  # by delivery.content_type
    "application/json": as_json,
    "text/json": as_json,
    "application/xml": as_xml,
    "text/xml": as_xml,
    "application/x-www-form-urlencoded": as_form,
    "application/json-patch+json": as_json,  # the whole object, like the others: there is no PATCH
    "application/merge-patch+json": as_json,
}


def read_presence(body: bytes) -> Presence | None:
    """Give the presence an answer shows, or None where it shows none, or an error beside it."""
    parts = read_parts(body)
    return None if is_error(parts) else presence_in(parts)


def read_parts(body: bytes) -> Mapping[str, Any]:
    """Give what an answer says, by name; nothing where it is no object.

    The body itself tells its format, for no text is both JSON and XML: a header that lies does no harm.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        markup = read_markup(body)
        value = markup and markup.parts
    return value if isinstance(value, dict) else {}


def is_error(parts: Mapping[str, Any]) -> bool:
    """Whether an object is an error, whatever else it repeats.

    As documented it has `"Error": true`; any case, and any value that does not deny it, is taken for that.
    """
    if parts.keys() == AS_DOCUMENTED:  # by far the most
        return False
    for name, value in parts.items():
        if name.lower() in ("error", "errortype", "errormessage"):
            said = value.strip().lower() if isinstance(value, str) else value
            if said not in NO_ERROR:
                return True
    return False


def presence_in(parts: Mapping[str, Any]) -> Presence | None:
    """Give the presence that an object holds, or None."""
    status, message = parts.get("Status"), parts.get("Message")
    if not isinstance(status, str) or not isinstance(message, str | None):
        return None
    return Presence(status=status, message=message or "")
