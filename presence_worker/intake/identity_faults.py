"""Why a cell names no person although it looks as if it did: what stands in it, never what is meant."""

import re
import unicodedata

from ..text import folded

_NUMBERS = (  # what stands where an associateId should: how it looks, and what to say of it
    (r"0+\d+", "which begins with a zero, as HR's own numbers may and an associate ID does not"),
    (r"'.*", "which begins with an apostrophe, with which spreadsheets mark text"),
    (r"=.*", "which is a formula of a spreadsheet"),
    (r"[\"“”„].*[\"“”]", "which stands in quotes"),
    (r"[+-]?\d+([.,]\d+)?[eE][+-]?\d+", "which is written with an exponent, where digits may be lost"),
    (r"\d{1,3}([.,'’\s]\d{3})+", "which has separators among its digits"),
    (r"\d+[.,]\d*", "which is written with decimals"),
    (r"\d+(\s*[;,/&|+]\s*\d+)+", "which is more than one number; a row names one person"),
    (r"[-+−–]\s*\d+", "which has a sign"),
    (r"true|false", "which is a truth value"),
    (r"[^@\s]+@[^@\s]+", "which is an e-mail address"),
)
_ADDRESSES = (
    (r"(?i)mailto:.*", "which begins with mailto:"),
    (r"(?i)smtp:.*", "which begins with smtp:"),
    (r"[^@]*<[^<>@]+@[^<>@]+>", "which has more than the address; write only what stands between < and >"),
    (r"[^@\s]+@[^@\s]+\.", "which ends with a dot"),
    (r"[^@]+@[^@]+([;,\s]+[^@]+@[^@]+)+[;,\s]*", "which is more than one address; a row names one person"),
    (r"[^@\s]+@[^@\s]+[;,]", "which ends with a separator"),
)
NUMBERS = [(re.compile(form), words) for form, words in _NUMBERS]
ADDRESSES = [(re.compile(form), words) for form, words in _ADDRESSES]


def why_no_number(found: str) -> str:
    """Say what *found* is, where an associateId should be; "" where there is nothing to say."""
    if not found.isascii() and all(map(str.isdigit, found)):
        return ", which has digits of another script or size than 0 to 9"
    return _said(found, NUMBERS)


def why_no_address(found: str) -> str:
    """Say what *found* is, where an e-mail address should be; "" where there is nothing to say."""
    return _said(found, ADDRESSES)


def _said(found: str, kinds: list[tuple[re.Pattern[str], str]]) -> str:
    words = next((words for form, words in kinds if form.fullmatch(found)), None)
    return f", {words}" if words else ""


def look_alike(name: str, *, of_mail: bool) -> str | None:
    """Give the first character that is compared as one of ASCII although it is another.

    Such a name would be taken for that of another user: a Kelvin sign is compared as a k. In an address,
    *of_mail*, those that only mean the same are no better (a full-width @, a long s): where it works at all,
    it is another address.
    """
    if name.isascii():
        return None
    suspects = (character for character in name if not character.isascii())
    return next((each for each in suspects if _is_like_ascii(each, of_mail=of_mail)), None)


def _is_like_ascii(character: str, *, of_mail: bool) -> bool:
    return folded(character).isascii() or (of_mail and unicodedata.normalize("NFKC", character).isascii())
