"""The worked examples of HR systems: each is a file of the matrix, its configuration proven there."""

import json
import re
import tomllib
from datetime import date
from typing import Any, NamedTuple

import pytest

from presence_worker.intake.dates import Moment, date_reader
from presence_worker.settings import Input
from presence_worker.settings.configuration import load_settings
from tests.manual.documents import TEXTS, blocks, table
from tests.matrix.index import FILES, cases

EXAMPLE = re.compile(
    r"^### (?P<name>[^\n]+)\n\nFile: \[`[^`]+`\]\(\.\./\.\./tests/files/(?P<file>[^)]+)\)(?P<words>.*?)"
    r"^```toml\n(?P<config>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHOWN = re.compile(r"^```(?:json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_TEXT = re.compile(r"`([^`]+)`")  # in a cell
CODE = re.compile(r'`"(.+?)"`')
LOCALE = re.compile(r'`locale = "(.+?)"`')
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


@pytest.mark.parametrize("page", ["hr-files", "leave-and-dates"])
def test_each_section_is_a_configuration(page: str) -> None:
    """Whatever a page says to set can be set."""
    for block in blocks(page, "toml"):
        assert load_settings(None, tomllib.loads(block.text))


@pytest.mark.parametrize(("texts", "setting"), table("leave-and-dates", "in the file | set `date_format` to"))
def test_dates_are_read_as_the_table_says(texts: str, setting: str) -> None:
    """Each form of the last day of 2026, with the setting that reads it."""
    forms = {"date_format": CODE.search(setting), "locale": LOCALE.search(setting)}
    config = Input.model_validate({key: found[1] for key, found in forms.items() if found})

    read = [date_reader(config)(text) for text in SHOWN_TEXT.findall(texts)]

    assert all(isinstance(found, Moment) and found.day == date(2026, 12, 31) for found in read)
    assert read or "Excel sheet" in texts
