"""The bodies of requests and answers: a presence as JSON, XML or a form, and what an answer says by name."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import orjson
from pydantic import JsonValue

from ..model import Presence
from .xml_texts import read_xml, xml_escape

AS_DOCUMENTED = {"Status", "Message"}  # what a presence has
NO_ERROR = (None, False, 0, "", "0", "false")
Encode = Callable[[Presence], bytes]  # raises UnwritableError for what its format cannot hold
Parts = Mapping[str, JsonValue]  # of an object SuperOffice sent, by name


def as_json(presence: Presence) -> bytes:
    """Write a presence as JSON."""
    return orjson.dumps(_parts(presence))


def as_xml(presence: Presence) -> bytes:
    """Write a presence as XML; the names are those of the JSON, which is a guess."""
    parts = "".join(f"<{name}>{xml_escape(text)}</{name}>" for name, text in _parts(presence).items())
    return f"<UserPresenceStatus>{parts}</UserPresenceStatus>".encode()


def as_form(presence: Presence) -> bytes:
    """Write a presence as a form; the names are those of the JSON, which is a guess."""
    return urlencode(_parts(presence)).encode()


def _parts(presence: Presence) -> dict[str, str]:
    """Return always both parts, for one that is left out may clear what is stored."""
    return {"Status": presence.status, "Message": presence.message}


ENCODERS: dict[str, Encode] = {  # by delivery.content_type
    "application/json": as_json,
    "text/json": as_json,
    "application/xml": as_xml,
    "text/xml": as_xml,
    "application/x-www-form-urlencoded": as_form,
    "application/json-patch+json": as_json,  # the whole presence, as in the others: SuperOffice has no PATCH
    "application/merge-patch+json": as_json,
}


def read_presence(body: bytes) -> Presence | None:
    """Return the presence an answer shows, or None where it shows none, or an error beside it."""
    parts = read_parts(body)
    return None if is_error(parts) else presence_in(parts)


def is_echo(body: bytes, wanted: Presence) -> bool:
    """Check whether an answer shows the presence *wanted*, and no error: it is stored."""
    seen = read_presence(body)
    return seen is not None and seen.same_as(wanted)


def read_parts(body: bytes) -> Parts:
    """Return what an answer says, by name; nothing where it has no names.

    The body itself shows its format, for no text is both JSON and XML: a header that lies does no harm.
    """
    try:
        value: JsonValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        xml = read_xml(body)
        return xml.parts if xml else {}
    return value if isinstance(value, dict) else {}


def read_json(body: bytes) -> Parts | None:
    """Return what a JSON answer says, by name; None where it has no names."""
    try:
        value: JsonValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def is_error(parts: Parts) -> bool:
    """Check whether an answer is an error, whatever else it repeats.

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


def presence_in(parts: Parts) -> Presence | None:
    """Return the presence that an answer holds, or None."""
    status, message = parts.get("Status"), parts.get("Message")
    if not isinstance(status, str) or not isinstance(message, str | None):
        return None
    return Presence(status=status, message=message or "")


def text_in(parts: Parts, name: str) -> str:
    """Return a text of an answer; an empty one where it has none of that name."""
    value = parts.get(name)
    return value if isinstance(value, str) else ""


def number_in(parts: Parts, name: str) -> int | None:
    """Return a whole number of an answer; None where it has none of that name."""
    value = parts.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
