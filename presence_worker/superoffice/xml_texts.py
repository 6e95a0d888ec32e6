"""XML as SuperOffice may send it or take it, which is seldom."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from ..loading import load

XML_PARSER = "defusedxml.ElementTree"  # loaded when something comes that is not JSON, which is seldom
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # by XML 1.0
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})  # readers drop a bare \r
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_MISLABELLED = re.compile(rb"\s*<\?xml[^>]*encoding=.utf-16", re.IGNORECASE)


class UnwritableError(ValueError):
    """A text has a character that XML cannot write; the error does not say which text."""


class XmlText(NamedTuple):
    """What an XML text says, without its names' namespaces."""

    parts: Mapping[str, JsonValue]  # of the root: a text, None for nil, a list for anything else
    text: str  # all texts one after another


def xml_escape(text: str) -> str:
    """Write *text* as it stands between two tags; raise UnwritableError for what XML cannot hold."""
    if _UNWRITABLE.search(text):
        raise UnwritableError
    return text.translate(_ESCAPES)


def read_xml(body: bytes) -> XmlText | None:
    """Return what an XML text says, or None where it is none, or one that has a DTD and so may be a trap."""
    text, parser = body.lstrip(), load(XML_PARSER)
    try:  # .NET calls a text UTF-16 that it then sends as UTF-8; where a str is given, the label is ignored
        root = parser.fromstring(text.decode() if _MISLABELLED.match(text) else text, forbid_dtd=True)
    except (parser.ParseError, LookupError, ValueError):  # no XML; in no encoding we know; a DTD, or garbled
        return None
    found: dict[str, list[JsonValue]] = {}
    for part in root:
        inner: list[JsonValue] = [child.tag for child in part]
        value = None if part.get(_NIL) in ("true", "1") else inner or part.text or ""
        found.setdefault(part.tag.rpartition("}")[2], []).append(value)
    parts = {name: values[0] if len(values) == 1 else values for name, values in found.items()}
    return XmlText(parts, " ".join(root.itertext()))
