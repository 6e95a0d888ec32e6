"""Secrets and messages are blotted out of other people's words, however those write them."""

import base64
from urllib.parse import quote, quote_plus

import pytest

from presence_worker.sanitize import clean, redact

SECRET = "p ä/s+s&w'o\"r<d>%"


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET).lower(),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        f"_{SECRET}_",
        f"token{SECRET}token",
    ],
)
def test_is_blotted_out_in_every_spelling(written: str) -> None:
    """As it is, in URLs and in base64, also amid other letters."""
    text = f"no {written} allowed"

    redacted = redact(text, [SECRET])

    assert "[redacted]" in redacted
    assert written not in redacted


@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
def test_is_found_in_base64_of_something_longer(before: str) -> None:
    """Basic credentials hold the password behind a name, at whatever offset that ends."""
    text = base64.b64encode(f"{before}correct-horse!".encode()).decode()

    redacted = redact(text, ["correct-horse"])

    assert base64.b64encode(b"correct-horse")[6:12].decode() not in redacted
    assert "[redacted]" in redacted


def test_what_holds_another_secret_goes_whole() -> None:
    """The longest is blotted out first, or its rest would stay behind."""
    redacted = redact("it was passphrase", ["pass", "passphrase"])

    assert redacted == "it was [redacted]"


@pytest.mark.parametrize("length", [3, 4, 20, 49, 50, 150, 290])
def test_the_first_half_of_a_secret_goes_too_where_the_text_was_cut(length: int) -> None:
    """A token of a thousand characters never stands whole in a text of three hundred."""
    secret = "8A:Cust12345.0123456789abcdefghijklmnopqrstuvwxyz" * 10
    cut = clean(f"{'x' * (299 - length)}{secret}")

    redacted = redact(cut, [secret])

    assert redacted == f"{'x' * (299 - length)}[redacted]…"


def test_a_cut_text_without_it_stays_as_it_is() -> None:
    """A beginning elsewhere in the text is none at its end."""
    assert redact("an apple a day keeps…", ["apple pie"]) == "an apple a day keeps…"


@pytest.mark.parametrize("secrets", [[], [""], ["absent"], ["a"]])
def test_other_words_stay(secrets: list[str]) -> None:
    """What is not there cannot be blotted out."""
    assert redact("nothing at all", secrets) == "nothing at all"
