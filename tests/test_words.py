"""What users and developers read is in plain words and short sentences."""

import pytest

from tests.words import (
    AVERAGE,
    EASE,
    LONGEST,
    PROSE,
    READ,
    ROOT,
    files,
    long_sentences,
    long_texts,
    measure,
    sentences,
    stiff_words,
)

LEFT = ROOT / "tests" / "words_left.txt"  # files that have stiff words or long sentences still
STILL_STIFF = frozenset(LEFT.read_text("utf-8").split()) if LEFT.exists() else frozenset[str]()
PATHS = {path.relative_to(ROOT).as_posix(): path for path in files(READ)}
PAGES = {path.relative_to(ROOT).as_posix(): path for path in files(PROSE)}


@pytest.mark.parametrize("name", [name for name in PATHS if name not in STILL_STIFF])
def test_has_no_stiff_words(name: str) -> None:
    """A file has none of the words that people who learned English at school stumble over."""
    assert [str(find) for find in stiff_words(PATHS[name])] == []


@pytest.mark.parametrize("name", [name for name in PAGES if name not in STILL_STIFF])
def test_a_page_has_no_long_sentences(name: str) -> None:
    """No sentence of a page has more words than one reads in one breath."""
    assert [str(find) for find in long_sentences(PAGES[name])] == []


@pytest.mark.parametrize("name", [name for name in PATHS if name.endswith(".py") and name not in STILL_STIFF])
def test_code_has_no_long_sentences(name: str) -> None:
    """Nor has a text in the code, be it a message, a help text or a docstring."""
    assert [str(find) for find in long_texts(PATHS[name])] == []


@pytest.mark.parametrize("name", [name for name in PAGES if name not in STILL_STIFF])
def test_is_easy_to_read(name: str) -> None:
    """A page is easy enough by Flesch's formula, and its sentences are short on the whole."""
    found = measure([PAGES[name].read_text("utf-8")])

    assert found.ease >= EASE
    assert found.average <= AVERAGE


def test_what_is_left_is_there() -> None:
    """The list of files that are still stiff names files that there are, and only shrinks."""
    assert sorted(STILL_STIFF - {*PATHS}) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [("One fact. Two of these facts are here.", 1), ("See `a. b` and the [page](a.md). It ends.", 1)],
)
def test_sentences_are_found(text: str, number: int) -> None:
    """Code is one word, a link is its text, and what has few words is a label."""
    assert len(sentences(text)) == number


def test_a_long_sentence_is_found() -> None:
    """A check that cannot fail proves nothing."""
    assert len(sentences("word " * (LONGEST + 1))) == 1
