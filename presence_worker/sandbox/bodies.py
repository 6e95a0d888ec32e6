"""Bodies in the forms that SuperOffice's reference lists: seven that are read, six that are written.

Errors have the forms in which those of SuperOffice, of the framework beneath it, and of a web server
were seen.
"""

import html
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import orjson
from defusedxml.ElementTree import ParseError, fromstring

from .assumptions import Assumptions
from .calls import Json, Problem, Reply

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
ERROR_SOURCE = "presence-worker sandbox"
PAGE = "<!DOCTYPE html>\n<html><head><title>{words}</title></head><body><h1>{words}</h1></body></html>\n"
ROOTS = {"aspnet": "Error"}  # what XML calls them, else:
ROOT = "SoErrorInfo"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_DECLARED_NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # by XML 1.0
Parts = Mapping[str, Json]


class UnknownTypeError(ValueError):
    """A body is in a form that is not read."""


def read_json(body: bytes) -> Parts:
    """Read an object; raise ValueError for whatever else it is."""
    value = orjson.loads(body)  # its error is a ValueError that quotes nothing
    if not isinstance(value, dict):
        raise ValueError("expected an object with Status and Message")  # noqa: TRY004 - one kind for callers
    return value


def read_xml(body: bytes) -> Parts:
    """Read an element's parts as texts, None for nil; raise ValueError for whatever else it is."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, LookupError, ValueError):
        raise ValueError("expected XML without a DTD") from None
    if _local(root.tag) != "UserPresenceStatus":
        raise ValueError("expected an element UserPresenceStatus with Status and Message")
    return {_local(part.tag): None if part.get(_NIL) == "true" else part.text or "" for part in root}


def read_form(body: bytes) -> dict[str, str]:
    """Read the fields of a form; raise ValueError for whatever else it is."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict"))
    except ValueError:
        raise ValueError("expected a form with Status and Message") from None


def write_json(value: Json, _: str) -> bytes:
    """Write a value as JSON."""
    return orjson.dumps(value)


def write_xml(value: Json, name: str) -> bytes:
    """Write a value as an XML document whose root has a *name*."""
    return f'<?xml version="1.0" encoding="utf-8"?>{_write_element(value, name)}'.encode()


def _write_element(value: Json, name: str) -> str:
    if value is None:
        return f"<{name}{_DECLARED_NIL} />"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_write_element(part, key) for key, part in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(_write_element(part, 'item') for part in value)}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    escaped = escape(_UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text), {"\r": "&#13;"})
    return f"<{name}>{escaped}</{name}>"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


READERS: dict[str, Callable[[bytes], Parts]] = {  # by Content-Type
    JSON: read_json,
    "text/json": read_json,
    "application/xml": read_xml,
    "text/xml": read_xml,
    FORM: read_form,
    "application/json-patch+json": read_json,  # the whole object, as in the others: SuperOffice has no PATCH
    "application/merge-patch+json": read_json,
}
WRITERS: dict[str, Callable[[Json, str], bytes]] = {  # by Accept
    JSON: write_json,
    "text/json": write_json,
    "application/xml": write_xml,
    "text/xml": write_xml,
    "application/json-patch+json": write_json,
    "application/merge-patch+json": write_json,
}


def parse_json(body: bytes) -> Json:
    """Return what a body of JSON holds; None where it is none."""
    try:
        value: Json = orjson.loads(body)
    except ValueError:
        return None
    return value


def lower_names(value: Json) -> dict[str, Json]:
    """Return the parts of an object by their names in lower case; of anything else none."""
    return {name.lower(): part for name, part in value.items()} if isinstance(value, dict) else {}


def is_xml(media: str) -> bool:
    """Return whether a media type is one of XML's."""
    return media.endswith("/xml")


def read_body(content_type: str, body: bytes) -> Parts:
    """Read a body by its Content-Type ("" counts as JSON); raise ValueError with what was expected."""
    media = media_type(content_type) or JSON
    if media not in READERS:
        raise UnknownTypeError(f"Content-Type: expected one of {', '.join(READERS)}")
    return READERS[media](body)


@lru_cache(maxsize=256)
def media_type(content_type: str) -> str:
    """Return a Content-Type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=256)
def choose_type(accept: str) -> str:
    """Return the type of answer that an Accept likes best of those there are; JSON where it names none."""
    ranked = [_rank(part) for part in accept.split(",")]
    known = [(weight, media) for weight, media in ranked if media in WRITERS and weight > 0]
    return max(known, key=lambda each: each[0])[1] if known else JSON


def _rank(part: str) -> tuple[float, str]:
    media, *parameters = (each.strip().lower() for each in part.split(";"))
    weights = [each[2:] for each in parameters if each.startswith("q=")]
    try:
        return float(weights[0]) if weights else 1.0, media
    except ValueError:
        return 0.0, media


def _describe_own(problem: Problem, text_key: str = "ErrorMessage") -> dict[str, Json]:
    return {
        "Error": True,
        "ErrorType": problem.kind,
        text_key: problem.words,
        "ErrorSource": ERROR_SOURCE,
    }


def _describe_framework(problem: Problem) -> dict[str, Json]:
    return {"Message": "The request is invalid.", "MessageDetail": problem.words}


ERROR_FORMATS: dict[str, Callable[[Problem], dict[str, Json] | bytes]] = {  # a body's value, or the body
    "so": _describe_own,
    "so-message": lambda problem: _describe_own(problem, "Message"),
    "aspnet": _describe_framework,
    "html": lambda problem: PAGE.format(words=html.escape(problem.words)).encode(),
    "empty": lambda _: b"",
}


def format_error(problem: Problem, form: str) -> tuple[dict[str, Json] | bytes, str]:
    """Return the values of an error, and what XML calls it; *form* "mixed" is where it comes from."""
    form = problem.native if form == "mixed" else form
    return ERROR_FORMATS[form](problem), ROOTS.get(form, ROOT)


def render_reply(reply: Reply, accept: str, assumptions: Assumptions) -> tuple[bytes, str]:
    """Return the body of an answer, and its Content-Type."""
    media = choose_type(accept)
    value, root = reply.value, reply.root
    if reply.problem is not None:
        value, root = format_error(reply.problem, assumptions.error_shape)
    if isinstance(value, bytes):
        return value, "text/html; charset=utf-8"
    if (root is None or assumptions.xml == "off") and is_xml(media):
        media = JSON
    return WRITERS[media](value, root or ""), f"{media}; charset=utf-8"
