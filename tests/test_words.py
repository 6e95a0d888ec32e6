"""What users and developers read is in plain words and short sentences."""

from pathlib import Path

import pytest

from tests import words
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

PATHS = {path.relative_to(ROOT).as_posix(): path for path in files(READ)}
PAGES = {path.relative_to(ROOT).as_posix(): path for path in files(PROSE)}


@pytest.mark.parametrize("name", PATHS)
def test_has_no_stiff_words(name: str) -> None:
    """A file has none of the words that people who learned English at school stumble over."""
    assert [str(find) for find in stiff_words(PATHS[name])] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_long_sentences(name: str) -> None:
    """No sentence of a page has more words than one reads in one breath."""
    assert [str(find) for find in long_sentences(PAGES[name])] == []


@pytest.mark.parametrize("name", [name for name in PATHS if name.endswith(".py")])
def test_code_has_no_long_sentences(name: str) -> None:
    """Nor has a text in the code, be it a message, a help text or a docstring."""
    assert [str(find) for find in long_texts(PATHS[name])] == []


@pytest.mark.parametrize("name", PAGES)
def test_is_easy_to_read(name: str) -> None:
    """A page is easy enough by Flesch's formula, and its sentences are short on the whole."""
    found = measure([PAGES[name].read_text("utf-8")])

    assert found.ease >= EASE
    assert found.average <= AVERAGE


@pytest.mark.parametrize(
    ("text", "number"),
    [("One fact. Two of these facts are here.", 1), ("See `a. b` and the [page](a.md). It ends.", 1)],
)
def test_sentences_are_found(text: str, number: int) -> None:
    """Code is one word, a link is its text, and what has few words is a label."""
    assert len(sentences(text)) == number


@pytest.fixture
def stiff(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A module with a stiff word, and with a sentence that is too long."""
    monkeypatch.setattr(words, "ROOT", tmp_path)
    path = tmp_path / "stiff.py"
    path.write_text(
        f'"""Nobody knows. {"word " * (LONGEST + 1)}"""\nmend_rows = f"{{1}} {"word " * LONGEST}"\n'
    )
    path.with_suffix(".md").write_text(
        f"# Title\n\n- Short one.\n- {'word ' * (LONGEST + 1)}\n\n```sh\n{'w ' * 99}\n```\n"
    )
    return path


def test_what_is_hard_to_read_is_found(stiff: Path) -> None:
    """A check that cannot fail proves nothing: also names are read, and texts with values in them."""
    assert [(find.line, find.what.split(" in: ")[0]) for find in stiff_words(stiff)] == [
        (1, "'Nobody'"),
        (2, "'mend'"),
    ]
    assert [(find.line, find.what.split(":")[0]) for find in long_texts(stiff)] == [
        (1, "26 words"),
        (2, "26 words"),
    ]
    assert [find.what.split(":")[0] for find in long_sentences(stiff.with_suffix(".md"))] == ["26 words"]


def test_a_measure_is_that_of_the_formula() -> None:
    """Flesch, 1948: 206.835 - 1.015 words a sentence - 84.6 syllables a word."""
    found = measure(["The cat sat on the mat. An administrator is reading it."])

    assert (found.sentences, found.words, found.syllables) == (2, 11, 16)
    assert found.ease == pytest.approx(206.835 - 1.015 * 5.5 - 84.6 * 16 / 11)
