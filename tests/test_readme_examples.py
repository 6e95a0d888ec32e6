"""README's worked examples of HR systems: each is a file of the matrix, its configuration proven there."""

import re
import tomllib
from typing import NamedTuple

import pytest

from tests.matrix.index import FILES, cases
from tests.test_readme import TEXT

EXAMPLE = re.compile(
    r"^\*\*(?P<name>[^*]+)\*\* \(\[`[^`]+`\]\(tests/files/(?P<file>[^)]+)\)\)(?P<words>.*?)"
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
    """What README shows of a file."""

    name: str
    file: str
    lines: list[str]
    config: str


def examples() -> list[Example]:
    """Give the worked examples, in order."""
    return [
        Example(found["name"], found["file"], _lines(found["words"]), found["config"])
        for found in EXAMPLE.finditer(TEXT)
    ]


def _lines(words: str) -> list[str]:
    return [line for block in SHOWN.findall(words) for line in block.splitlines()]


def test_the_big_systems_have_one() -> None:
    """People find their own system among the examples."""
    names = " ".join(example.name for example in examples())

    assert [system for system in SYSTEMS if system not in names] == []
    assert len(examples()) >= len(SYSTEMS) + 3


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.file)
def test_its_lines_are_the_files(example: Example) -> None:
    """What README shows of a file stands in it, in this order; of a workbook it shows nothing."""
    if example.file.endswith(".xlsx"):
        assert not example.lines
        return
    text = (FILES / example.file).read_text("utf-8-sig")
    there = iter([line.strip() for line in text.splitlines()])

    assert example.lines
    assert [line for line in example.lines if line not in there] == []


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.file)
def test_its_configuration_is_proven(example: Example) -> None:
    """The configuration beside a file is one with which the matrix reads it."""
    proven = [tomllib.loads(case.text) for case in cases() if case.file == example.file and not case.refused]

    assert tomllib.loads(example.config) in proven
