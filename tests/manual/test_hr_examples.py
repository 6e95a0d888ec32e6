"""The worked examples of HR systems: each is a file of the matrix, its configuration proven there."""

import json
import re
import tomllib
from typing import Any, NamedTuple

import pytest

from tests.manual.documents import TEXTS
from tests.matrix.index import FILES, cases

EXAMPLE = re.compile(
    r"^\*\*(?P<name>[^*]+)\*\* \(\[`[^`]+`\]\(\.\./\.\./tests/files/(?P<file>[^)]+)\)\)(?P<words>.*?)"
    r"^```toml\n(?P<config>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHOWN = re.compile(r"^```(?:json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SYSTEMS = {
    "Workday",
    "SAP SuccessFactors",
    "Personio",
    "BambooHR",
    "HiBob",
    "SCIM",
    "Microsoft Graph",
    "Power Automate",
}


class Example(NamedTuple):
    """What the page shows of a file."""

    name: str
    file: str
    shown: list[str]
    config: str


def examples() -> list[Example]:
    """Give the worked examples, in order."""
    return [
        Example(found["name"], found["file"], SHOWN.findall(found["words"]), found["config"])
        for found in EXAMPLE.finditer(TEXTS["hr-files"])
    ]


def is_part(shown: Any, whole: Any) -> bool:
    """Whether JSON has what is *shown* of it: some names of each object, the first values of each array."""
    if isinstance(shown, dict) and isinstance(whole, dict):
        return all(name in whole and is_part(value, whole[name]) for name, value in shown.items())
    if isinstance(shown, list) and isinstance(whole, list):
        return len(shown) <= len(whole) and all(map(is_part, shown, whole))
    return bool(shown == whole)


def test_the_big_systems_have_one() -> None:
    """People find their own system among the examples."""
    names = " ".join(example.name for example in examples())

    assert [system for system in SYSTEMS if system not in names] == []
    assert len(examples()) >= len(SYSTEMS) + 3


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.file)
def test_shows_what_is_in_the_file(example: Example) -> None:
    """What the page shows of a file is the file's; of a workbook it shows nothing."""
    if example.file.endswith(".xlsx"):
        assert not example.shown
        return
    text = (FILES / example.file).read_text("utf-8-sig")
    (shown,) = example.shown

    if example.file.endswith(".json"):
        assert is_part(json.loads(shown), json.loads(text))
    else:
        assert text.startswith(shown)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.file)
def test_its_configuration_is_proven(example: Example) -> None:
    """The configuration beside a file is one with which the matrix reads it."""
    proven = [tomllib.loads(case.text) for case in cases() if case.file == example.file and not case.refused]

    assert tomllib.loads(example.config) in proven
