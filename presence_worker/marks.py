"""What editors put at the beginning of a text file: UTF-8's mark means nothing, other encodings are named."""

import codecs

WIDE = {  # those of UTF-32 first: they begin like those of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
SAVE = "save it as UTF-8 (in Notepad: Save as, Encoding UTF-8; in PowerShell: Set-Content -Encoding utf8)"


class WideError(ValueError):
    """A file is in an encoding of two or four bytes a character; the text says so, and what to do."""


def without_mark(content: bytes) -> bytes:
    """Give a file's content without UTF-8's byte-order mark; raise WideError for UTF-16 and UTF-32."""
    wide = next((name for mark, name in WIDE.items() if content.startswith(mark)), None)
    if wide:
        raise WideError(f"is in {wide}; {SAVE}")
    if b"\0" in content[:4]:
        raise WideError(f"has NUL characters, like UTF-16 without its byte-order mark; {SAVE}")
    return content.removeprefix(codecs.BOM_UTF8)
