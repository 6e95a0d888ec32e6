"""Other people's words made harmless, for terminals, logs and reports."""

import html
import json
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, format (bidi, zero-width), surrogates, …


def clean(text: str, limit: int = 300) -> str:
    """Give *text* on one line without characters that steer a terminal or hide, at most *limit* long."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if unicodedata.category(c) in _UNSAFE else c for c in text[: limit * 10])
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Give *text* with every secret blotted out, as it is and as HTML, JSON and URLs write it."""
    for secret in secrets:
        for form in {secret, html.escape(secret), json.dumps(secret)[1:-1], quote(secret), clean(secret)}:
            if form:
                text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "[redacted]", text, flags=re.IGNORECASE)
    return text
