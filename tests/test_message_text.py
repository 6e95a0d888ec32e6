"""A message's text: one way to write it, and what it may not have."""

import pytest

from presence_worker.message_text import find_misleading, normalize_message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ferie\n", "Ferie"), ("a\nb\tc\r\nd", "a\nb\tc\r\nd"), ("", ""), (" \t ", ""),
        ("pa\u030a fjellet", "p\u00e5 fjellet"), ("\u00a0på\u00a0fjellet ", "på\u00a0fjellet"),
        ("\ufeffA\u200bb\u2060c\u200b", "Abc"), ("\u200b \u200b", ""), ("A\u200b\u030a", "\u00c5"),
        ("👩\u200d💻", "👩\u200d💻"), ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u200fשלום\u200e", "\u200fשלום\u200e"),
    ],
)  # fmt: skip
def test_a_text_is_written_one_way(text: str, expected: str) -> None:
    """Accents are one character, what shows and means nothing goes, and so do spaces around it."""
    once = normalize_message(text)

    assert once == expected
    assert normalize_message(once) == once


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("a\x1b[31m", 2, "a control character (U+001B)"), ("\x85a", 1, "a control character (U+0085)"),
        ("\n\t\r\x00", 4, "a control character (U+0000)"), ("\ud800", 1, "half a character (U+D800)"),
        ("ab\u2028c", 3, "a line separator (U+2028)"), ("\u2029", 1, "a line separator (U+2029)"),
        ("\u202ecba", 1, "one that changes the reading direction (U+202E)"),
        ("a\u2066b\u2069", 2, "one that changes the reading direction (U+2066)"),
    ],
)  # fmt: skip
def test_what_misleads_is_told(text: str, place: int, kind: str) -> None:
    """The first character that hides or misleads is told with its place and its number, and never shown."""
    fault = find_misleading(text)

    assert fault == f"character {place} of the comment is {kind}; remove it"


@pytest.mark.parametrize(
    "text", ["Ferie", "a\nb\tc\r\n", "på fjellet\u00a0", "👩\u200d💻", "\u200fשלום", "\u200b", "\U000e0067"]
)
def test_what_does_not_mislead_may_stay(text: str) -> None:
    """Lines, tabs, and what words and emoji are made of are no fault."""
    assert find_misleading(text) is None
