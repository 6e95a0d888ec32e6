"""Other people's words made harmless, for terminals, logs and reports."""

import base64
import codecs
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TextIO
from urllib.parse import quote, quote_plus

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, format (bidi, zero-width), surrogates, …
_STEERING = re.compile(  # what of them JSON does not escape by itself; surrogates never come so far
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001-\U000e007f]"
)
_HARMLESS = "\n\t"  # of the characters that are not printable
_CUT = "…"
_BLOT = "[redacted]"
_SHORT = 4  # characters; a shorter secret is only blotted out where it stands alone
_QUOTED = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*(?:'|$)|"(?:[^"\\]|\\.)*(?:"|$))""")
_UNCLEAR = re.compile(r"""["„“”]|(?<!\w)'|'(?!\w)""")  # a quote that is left over; not that of "row's"
_LEAST = 3  # characters of a secret, at the end of a text that was cut, that are too many


def clean(text: str, limit: int = 300) -> str:
    """Return *text* on one line without characters that steer a terminal or hide, at most *limit* long."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in _start(text, limit * 10))
    text = " ".join(text.split())
    return text if len(text) <= limit else _start(text, limit - 1)


def mask_steering(text: str) -> str:
    """Return *text* as it is, but for the characters that steer a terminal, hide, or turn the writing."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in _HARMLESS else "\N{REPLACEMENT CHARACTER}" for c in text)


def escape_json(text: str) -> str:
    """Return a text of JSON that means the same, with such characters escaped."""
    return text if text.isascii() and "\x7f" not in text else _STEERING.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def is_utf8(stream: TextIO | None) -> bool:
    """Return whether a stream takes every character."""
    encoding = stream.encoding if stream else None
    return bool(encoding) and codecs.lookup(str(encoding)).name == "utf-8"


def escape_for(text: str, stream: TextIO) -> str:
    """Return a text with escapes for the characters that a stream does not have."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _start(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}{_CUT}"


def unquote(text: str) -> str:
    """Return a sentence without what it quotes; where that has no clear end, up to the first quote."""
    rest = _QUOTED.sub(_CUT, text)
    first = _UNCLEAR.search(text) if _UNCLEAR.search(rest) else None
    return text[: first.start()] + _CUT if first else rest


def fold_name(name: str) -> str:
    """Return a login or an e-mail address as it is compared: without case, its accents written one way."""
    return unicodedata.normalize("NFC", name.strip()).lower()


def quote_toml(text: str) -> str:
    """Return *text* as a string of TOML that hides nothing and steers no terminal."""
    return f'"{"".join(map(_toml_character, text))}"'


def _toml_character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with every secret blotted out, as it is and as HTML, JSON, URLs and base64 write it.

    Where `clean` has cut *text* amid a secret, the first half of that goes too.
    """
    forms = {form for secret in secrets for form in _forms(secret) if form}
    for form in sorted(forms, key=len, reverse=True):  # the longest first: what holds another goes whole
        text = _without_half(_without(text, form), form)
    return text


def _forms(secret: str) -> Iterator[str]:
    yield from _spell(secret)
    yield from _spell(clean(secret, len(secret)))
    yield from _in_base64(secret)


def _spell(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as HTML, JSON and URLs write it."""
    page = html.escape(secret)
    yield from (secret, page, page.replace("&#x27;", "&#39;").encode("ascii", "xmlcharrefreplace").decode())
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield secret.encode("cp1252", "replace").decode("utf-8", "replace")  # a Windows page misread


def _in_base64(secret: str) -> Iterator[str]:
    """Yield what base64 makes of a secret, wherever that begins in what is encoded."""
    octets = secret.encode()
    for shift in range(3):
        first, end = -(-shift * 8 // 6), (shift + len(octets)) * 8 // 6
        form = base64.b64encode(bytes(shift) + octets).decode()[first:end]
        if len(form) > _SHORT:
            yield form
            yield form.translate({ord("+"): "-", ord("/"): "_"})


def _without(text: str, form: str) -> str:
    if form.lower() not in text.lower():
        return text
    pattern = re.escape(form)
    if len(form) < _SHORT:
        pattern = rf"(?<![^\W_]){pattern}(?![^\W_])"
    return re.sub(pattern, _BLOT, text, flags=re.IGNORECASE)


def _without_half(text: str, form: str) -> str:
    if not text.endswith(_CUT) or form[:_LEAST].lower() not in text.lower():
        return text
    kept = text.removesuffix(_CUT)
    for length in range(min(len(form), len(kept)), _LEAST - 1, -1):
        if kept[-length:].lower() == form[:length].lower():
            return f"{kept[:-length]}{_BLOT}{_CUT}"
    return text
