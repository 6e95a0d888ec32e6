"""Other people's words, made harmless."""

import base64
import html
import json
import sys
import tomllib
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from presence_worker.sanitize import clean, escape_json, fold_name, quote_toml, redact, unquote
from presence_worker.wording import amount, is_or_are, series, share

CANARY = "Canary <b>&\"Ö'sick+/ leave"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain words", "plain words"),
        ("  two\n lines\t ", "two lines"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("user\u202egnp.exe", "user gnp.exe"),
        ("a\u200bb\ufeffc", "a b c"),
        ("a\x00b\x7fc\x9bd", "a b c d"),
        ("\ud800\ue000\u2028\u2029", ""),
        ("Påske 😀", "Påske 😀"),
        ("", ""),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    """One line, single spaces, and nothing that steers a terminal or hides."""
    assert clean(text) == cleaned


@pytest.mark.parametrize("text", ["x" * 300, "é" * 300])
def test_what_fits_is_whole(text: str) -> None:
    """A text as long as the limit is not cut."""
    assert clean(text) == text


@pytest.mark.parametrize("text", ["x" * 301, "é" * 301, "a\n" * 5000])
def test_what_is_too_long_is_cut(text: str) -> None:
    """A longer text ends in an ellipsis and is as long as the limit."""
    cut = clean(text)

    assert (len(cut), cut[-1]) == (300, "…")


@given(text=st.text(), limit=st.integers(1, 40))
@example(text="\u202e" * 50, limit=3)
def test_whatever_is_said_is_harmless(text: str, limit: int) -> None:
    """Any text becomes one printable line within the limit, and cleaning it again changes nothing."""
    cleaned = clean(text, limit)

    assert len(cleaned) <= limit
    assert {unicodedata.category(c) for c in cleaned} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()
    assert clean(cleaned, limit) == cleaned


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        CANARY.upper(),
        html.escape(CANARY),
        json.dumps(CANARY)[1:-1],
        json.dumps(CANARY, ensure_ascii=False)[1:-1],
        quote(CANARY),
        quote(CANARY, safe=""),
        quote_plus(CANARY),
        base64.b64encode(CANARY.encode()).decode().rstrip("="),
    ],
)
def test_secrets_are_blotted_out_in_any_spelling(form: str) -> None:
    """As it is, and as HTML, JSON, URLs and base64 write it: a secret does not show."""
    assert redact(f"before {form} after", [CANARY]) == "before [redacted] after"


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
def test_secrets_inside_base64_are_blotted_out(before: str) -> None:
    """Wherever in an encoded text the secret begins, none of its whole letters can be decoded."""
    encoded = base64.b64encode(f"{before}{CANARY}".encode()).decode()

    redacted = redact(f"Basic {encoded}", [CANARY])

    assert "[redacted]" in redacted
    assert encoded[8:-8] not in redacted


def test_a_secret_inside_a_longer_one() -> None:
    """The longest goes first, so that no rest of it is left."""
    assert redact("x Ferie i Roma x", ["Ferie", "Ferie i Roma"]) == "x [redacted] x"


def test_a_short_secret_is_blotted_out_where_it_stands_alone() -> None:
    """A message of three letters is no reason to tear other words apart."""
    assert redact("no, not now: no.", ["no"]) == "[redacted], not now: [redacted]."


def test_a_secret_that_was_cut() -> None:
    """Where the end of a text was cut amid a secret, its first half goes too."""
    assert redact(clean("it said: Sick leave until May", 18), ["Sick leave until May"]) == (
        "it said: [redacted]…"
    )


@pytest.mark.parametrize("secrets", [[], [""], ["other"]])
def test_nothing_to_redact(secrets: list[str]) -> None:
    """Without a secret in it, a text stays as it is, also where it was cut."""
    assert redact("some words…", secrets) == "some words…"


@given(
    before=st.text(st.characters(max_codepoint=0x17F, exclude_categories=["Cs"]), max_size=8),
    secret=st.text("abcXYZÆ<&'\" 123+/%", min_size=6, max_size=20).filter(lambda s: s == s.strip()),
)
def test_no_secret_survives(before: str, secret: str) -> None:
    """Whatever stands around it, a secret of some length is gone from the text."""
    assert secret not in redact(f"{before}{secret}{before}", [secret])


@pytest.mark.parametrize("name", ["Åsa@Example.com", "a\u030asa@EXAMPLE.com", " åSA@example.com "])
def test_names_are_compared_without_case_and_however_accents_are_written(name: str) -> None:
    """A letter and its accent may come as one character or as two: it is the same person."""
    assert fold_name(name) == "åsa@example.com"


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
@example(text='a"b\\c\n\x1b[31m\u202e\U000e0001\x7f\xa0å')
def test_a_quoted_text_is_the_same_in_toml(text: str) -> None:
    """Whatever it holds, it can be pasted, and on the terminal nothing of it acts or hides."""
    quoted = quote_toml(text)

    assert tomllib.loads(f"{quoted} = {quoted}") == {text: text}
    assert quoted.isprintable()


@pytest.mark.parametrize(
    ("number", "words", "part"),
    [
        (0, "0 rows are", "0 of 4 rows are"),
        (1, "1 row is", "1 of 4 rows is"),
        (4, "4 rows are", "4 of 4 rows are"),
    ],
)
def test_numbers_and_words_agree(number: int, words: str, part: str) -> None:
    """Nobody trusts a program that tells of 1 rows."""
    assert f"{amount(number, 'row')} {is_or_are(number)}" == words
    assert share(number, 4, "row") == part


def test_the_whole_of_one() -> None:
    """Is not 1 of 1."""
    assert (share(1, 1, "row"), share(0, 1, "row")) == ("The row is", "0 of 1 rows are")


@pytest.mark.parametrize(("words", "text"), [(["a"], "a"), (["a", "b"], "a or b"), ([*"abc"], "a, b or c")])
def test_words_are_listed(words: list[str], text: str) -> None:
    """As a sentence does."""
    assert series(words, "or") == text


def test_json_hides_and_steers_nothing() -> None:
    """Whatever character a text has, JSON says the same with it, and no terminal is steered by that."""
    every = "".join(map(chr, [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]))
    steering = ("Cc", "Cf", "Zl", "Zp")

    text = escape_json(json.dumps(every, ensure_ascii=False))

    assert json.loads(text) == every
    assert [character for character in set(text) if unicodedata.category(character) in steering] == []


@pytest.mark.parametrize(
    ("sentence", "unquoted"),
    [
        ("the ID 'Kari' is not a number; write 1", "the ID … is not a number; write 1"),
        ('the ID "O\'Brien" is no number', "the ID … is no number"),
        ("an answer about 'Kari O'Brien' of Bergen", "an answer about …"),
        ("an answer about 'Kari, cut o", "an answer about …"),
        ("this row's may be another's", "this row's may be another's"),
        ("no quotes", "no quotes"),
    ],
)
def test_unquote(sentence: str, unquoted: str) -> None:
    """A sentence stays, without what it quotes; where a quote has no clear end, nothing of it stays."""
    assert unquote(sentence) == unquoted


@given(st.text(max_size=40))
def test_nothing_quoted_is_left(cell: str) -> None:
    """Whatever a cell has, as our sentences quote it."""
    secret = f"Kari{cell}Nordmann"

    rest = unquote(f"the associateId {secret!r} is not a number; write 1")

    assert "Kari" not in rest
    assert "Nordmann" not in rest
