"""Parts of the manual that are made of the code are as the code has them."""

import re

import pytest

from presence_worker.cli.lazy import COMMANDS
from presence_worker.errors import EXIT_CODES
from presence_worker.model import Reason, Result
from presence_worker.settings import Settings
from tests.manual.generated import FOLDER, PART, PARTS, pages, regenerated
from tests.manual.json_parts import OBJECTS, words_of

TEXTS = {path.stem: path.read_text("utf-8") for path in pages()}
AGAIN = "run `python -m tests.manual`, and commit what it writes"


@pytest.mark.parametrize("page", TEXTS)
def test_a_page_is_as_the_code_is(page: str) -> None:
    """Whoever changes a help text, a setting or a reason writes the manual's parts anew."""
    assert TEXTS[page] == regenerated(TEXTS[page]), AGAIN


def test_each_part_stands_on_a_page() -> None:
    """No part is made for nothing, and none stands on two pages of the manual."""
    shown = [found[2] for path in FOLDER.glob("*.md") for found in PART.finditer(path.read_text("utf-8"))]

    assert sorted(shown) == sorted(PARTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_each_field_of_json_is_explained(name: str) -> None:
    """A new field needs a few words on the page."""
    text = next(
        found[3] for found in PART.finditer(TEXTS["json"] + TEXTS["http-api"]) if found[2] == f"json {name}"
    )
    words = words_of(text)

    assert [field.path for field in OBJECTS[name]() if not words.get(field.path)] == []


def test_the_pages_list_everything() -> None:
    """Each command, setting, exit code, result and reason is on its page."""
    settings = [
        f"### {section}.{key}" for section, kind in Settings.model_fields.items() for key in keys(kind)
    ]

    assert missing("commands", [f"### {name}\n" for name in COMMANDS]) == []
    assert missing("settings", settings) == []
    assert missing("exit-codes", [f"| {int(code)} |" for code in EXIT_CODES]) == []
    assert missing("results-and-reasons", [f"| `{each}` |" for each in (*Result, *Reason)]) == []


def keys(field: object) -> list[str]:
    names: list[str] = field.annotation.names()  # type: ignore[attr-defined]  # a section
    return names


def missing(page: str, wanted: list[str]) -> list[str]:
    return [each for each in wanted if each not in TEXTS[page]]


def test_words_of_a_table_are_kept() -> None:
    """Making a table anew keeps the words that only the page has."""
    text = "<!-- generated: json doctor -->\n\n| `state` | x | My words. |\n\n<!-- end -->"

    new = regenerated(text)

    assert "| `state` | text | My words. |" in new
    assert re.search(r"\| `message` \| text \|  \|", new)
