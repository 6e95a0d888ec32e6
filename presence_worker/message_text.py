"""The text of messages: without characters that hide or mislead.

- Accents are written as one character (Unicode NFC), however the file has them.
- What shows nothing and means nothing (zero-width space, word joiner, a byte-order mark amid the text) is
  left out. Joiners and marks that words and emoji are made of stay.
- What makes a text look like another one is refused. These are control characters (not newline and tab),
  rare line separators, and characters that change the reading direction.
"""

import unicodedata

KEPT = "\n\r\t"  # control characters a message may have
_NOTHING = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_KINDS = {
    "Cc": "a control character",
    "Cs": "half a character",
    "Zl": "a line separator",
    "Zp": "a line separator",
}


def normalize_message(text: str) -> str:
    """Return *text* as it is measured, sent and compared."""
    if text.isascii():
        return text.strip()
    if not text.isprintable():  # asked first, for leaving out takes 20 times as long
        text = text.translate(_NOTHING)
    return unicodedata.normalize("NFC", text).strip()


def find_misleading(text: str) -> str | None:
    """Return words on the first character that no message may have; None where there is none."""
    if text.isprintable():
        return None
    found = ((place, character, _kind(character)) for place, character in enumerate(text, 1))
    place, character, kind = next((each for each in found if each[2]), (0, "", ""))
    return f"character {place} of the comment is {kind} (U+{ord(character):04X}); remove it" if kind else None


def _kind(character: str) -> str:
    if character in _TURNING:
        return "one that changes the reading direction"
    return "" if character in KEPT else _KINDS.get(unicodedata.category(character), "")
