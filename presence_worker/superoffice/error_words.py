"""What the service says of an error, in words that are safe to show."""

import re
from typing import Any

import orjson

from ..model import Change
from ..text import clean, redact
from .presences import read_presence

_ESCAPE = re.compile(r"\\+(?:u([0-9a-f]{4})|[bfnrt]|(.))", re.IGNORECASE | re.DOTALL)


def looks_like_html(body: bytes) -> bool:
    """Whether a body is a page for people."""
    return body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html"))


def error_words(change: Change, body: bytes) -> str:
    """Give the service's own words about an error, harmless and without the row's message.

    They are read as `ErrorMessage`, else `Message` and `MessageDetail`, else the bare text; a page has none,
    nor has a presence, whose `Message` may be anybody's reason of absence.
    """
    if looks_like_html(body):
        return "an HTML page came instead of an answer"
    if read_presence(body) is not None:
        return ""
    text = body.decode("utf-8", "replace").strip()
    try:
        words = _words_in(orjson.loads(body), text)
    except orjson.JSONDecodeError:
        words = _unescaped(text) if text.startswith(("{", "[", '"')) else text
    return clean(redact(clean(words, 2000), [change.wanted.message]))


def _words_in(value: Any, text: str) -> str:
    if isinstance(value, dict):
        value = _documented_words(value) or value
    if isinstance(value, str):
        return value
    return _unescaped(text) if value else ""


def _documented_words(error: dict[str, Any]) -> str:
    first, *parts = (error.get(key) for key in ("ErrorMessage", "Message", "MessageDetail"))
    if first and isinstance(first, str):
        return first
    return " ".join(part for part in parts if part and isinstance(part, str))


def _unescaped(json_text: str) -> str:
    """Give a JSON text of no known shape in plain letters, so that what it quotes can be recognised."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2] or " ", json_text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins pairs of surrogates
