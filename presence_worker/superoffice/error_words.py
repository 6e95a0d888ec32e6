"""What the service says of an error, in words that are safe to show."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ..model import Change
from ..text import clean, redact
from .body_formats import presence_in, read_parts
from .xml import read_markup

_ESCAPE = re.compile(r"\\+(?:u([0-9a-f]{4})|[bfnrt]|(.))", re.IGNORECASE | re.DOTALL)
_LITERAL = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_PAGE = re.compile(  # what stands before it is looked at once: without ++ and (?>) it could take for ever
    rb"(?:\xef\xbb\xbf)?(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_BEFORE_PAGE = 2000  # bytes
_UTF_16 = {  # by the first two bytes
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
_LONGEST = 2000  # characters that are looked at
_LAYERS = 3  # of escapes within escapes


def looks_like_html(body: bytes) -> bool:
    """Whether a body is a page for people."""
    return _PAGE.match(body[:_BEFORE_PAGE]) is not None


def error_words(change: Change, body: bytes) -> str:
    """Give the service's own words about an error, harmless and without the row's message.

    They are read as `ErrorMessage`, else `Message` and `MessageDetail`, else the bare text, be it
    JSON or XML; a page has none. Of what holds a presence only `ErrorMessage` is read: its `Message` may be
    anybody's reason of absence.
    """
    if looks_like_html(body):
        return "an HTML page came instead of an answer"
    parts = read_parts(body)
    if presence_in(parts) is not None:
        return clean(_blotted(_text(parts.get("ErrorMessage")), change.wanted.message))
    return clean(_blotted(_words(body), change.wanted.message))


def _words(body: bytes) -> str:
    text = body.decode(_UTF_16.get(body[:2], "utf-8"), "replace").strip()
    try:
        return _words_in(orjson.loads(body), text)
    except orjson.JSONDecodeError:
        pass
    if markup := read_markup(body):
        return _documented_words(markup.parts) or markup.text
    return UNREADABLE.get(text[:1], str)(text)


def _words_in(value: Any, text: str) -> str:
    if isinstance(value, dict):
        value = _documented_words(value) or value
    if isinstance(value, str):
        return value
    return _unescaped(text) if value else ""


def _documented_words(error: Mapping[str, Any]) -> str:
    first, *parts = (_text(error.get(key)) for key in ("ErrorMessage", "Message", "MessageDetail"))
    return first or " ".join(filter(None, parts))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _blotted(words: str, message: str) -> str:
    """Blot the row's message out, also where it is escaped as XML and HTML do, once or again.

    Escapes stay where nothing is hidden in them: what else is to be blotted out may be written with them.
    """
    blotted = layer = redact(clean(words, _LONGEST), [message])
    for _ in range(_LAYERS):
        if "&" not in layer:
            break
        plain = clean(html.unescape(layer), _LONGEST)
        layer = redact(plain, [message])
        blotted = blotted if layer == plain else layer
    return blotted


def _unescaped(json_text: str) -> str:
    """Give a JSON text of no known shape in plain letters, so that what it quotes can be recognised."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2] or " ", json_text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins pairs of surrogates


def _unquoted(xml_text: str) -> str:
    """Give an XML text that cannot be read without the marks that take letters literally."""
    return _LITERAL.sub(r"\1", xml_text)


UNREADABLE: dict[str, Callable[[str], str]] = {  # what to make of a damaged text, by its first letter
    "{": _unescaped,
    "[": _unescaped,
    '"': _unescaped,
    "<": _unquoted,
}
