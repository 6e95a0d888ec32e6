"""What SuperOffice says of an error, in words that are safe to show."""

import html
import re
from collections.abc import Callable

import orjson
from pydantic import JsonValue

from ..model import Change
from ..sanitize import clean, redact
from .body_formats import Parts, presence_in, read_parts, text_in
from .xml_texts import read_xml

_ESCAPE = re.compile(r"\\+(?:u([0-9a-f]{4})|[bfnrt]|(.))", re.IGNORECASE | re.DOTALL)
_LITERAL = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_PAGE = re.compile(  # what is before it is read once: without ++ and (?>) it could take for ever
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
_LONGEST = 2000  # characters that are read
_LAYERS = 3  # of escapes within escapes


def looks_like_html(body: bytes) -> bool:
    """Check whether a body is a page for people."""
    return _PAGE.match(body[:_BEFORE_PAGE]) is not None


def error_words(change: Change, body: bytes) -> str:
    """Return SuperOffice's own words about an error, harmless and without the row's message.

    They are read as `ErrorMessage`, else `Message` and `MessageDetail`, else the bare text, be it
    JSON or XML; a page has none. Of what holds a presence only `ErrorMessage` is read: its `Message` may be
    a person's reason of absence.
    """
    if looks_like_html(body):
        return "the answer was an HTML page"
    parts = read_parts(body)
    if presence_in(parts) is not None:
        return clean(_blot_out(change.wanted.message, text_in(parts, "ErrorMessage")))
    return clean(_blot_out(change.wanted.message, _words(body)))


def _words(body: bytes) -> str:
    text = body.decode(_UTF_16.get(body[:2], "utf-8"), "replace").strip()
    try:
        return _words_in(orjson.loads(body), text)
    except orjson.JSONDecodeError:
        pass
    if xml := read_xml(body):
        return _words_of_error(xml.parts) or xml.text
    return UNREADABLE.get(text[:1], str)(text)


def _words_in(value: JsonValue, text: str) -> str:
    if isinstance(value, dict):
        value = _words_of_error(value) or value
    if isinstance(value, str):
        return value
    return _plain_json(text) if value else ""


def _words_of_error(error: Parts) -> str:
    first, *others = (text_in(error, name) for name in ("ErrorMessage", "Message", "MessageDetail"))
    return first or " ".join(filter(None, others))


def _blot_out(message: str, words: str) -> str:
    """Blot the row's message out, also where it is escaped as XML and HTML do, once or again.

    Escapes stay where nothing is hidden in them: other secrets may be written with them.
    """
    blotted = layer = redact(clean(words, _LONGEST), [message])
    for _ in range(_LAYERS):
        if "&" not in layer:
            break
        plain = clean(html.unescape(layer), _LONGEST)
        layer = redact(plain, [message])
        blotted = blotted if layer == plain else layer
    return blotted


def _plain_json(json_text: str) -> str:
    """Write a JSON text of no known shape in plain letters, so that what it quotes can be recognised."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2] or " ", json_text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins pairs of surrogates


def _plain_xml(xml_text: str) -> str:
    """Write an XML text that cannot be read without the marks that take letters literally."""
    return _LITERAL.sub(r"\1", xml_text)


UNREADABLE: dict[str, Callable[[str], str]] = {  # what to make of a damaged text, by its first letter
    "{": _plain_json,
    "[": _plain_json,
    '"': _plain_json,
    "<": _plain_xml,
}
