"""A presence as bodies of the service hold it."""

from collections.abc import Callable
from urllib.parse import urlencode

import orjson

from ..model import Presence
from .markup import escaped, read_markup

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
    """Give the presence an answer shows, or None where it shows none.

    The body itself tells its format, for no text is both JSON and XML: a header that lies does no harm.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        markup = read_markup(body)
        value = markup and markup.parts
    if not isinstance(value, dict):
        return None
    status, message = value.get("Status"), value.get("Message")
    if not isinstance(status, str) or not isinstance(message, str | None):
        return None
    return Presence(status=status, message=message or "")
