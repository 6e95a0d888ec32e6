"""What the page on JSON says of commands whose objects are made by hand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.manual.command_parts import each_command, options_of
from tests.manual.documents import TEXTS, prose
from tests.manual.json_parts import OBJECTS, created
from tests.manual.json_schema import PLACE
from tests.run.given import called

WITHOUT = re.compile(r"(`[^.]+`) have no `--json`")

SAMPLE = re.compile(r"^## ([\w ]+)$(?:(?!^## ).)*?^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAMPLES: dict[str, dict[str, Any]] = {
    heading: json.loads(text) for heading, text in SAMPLE.findall(TEXTS["json"])
}


def fields(name: str) -> list[str]:
    """Give the fields of an object that are not within another one."""
    return [each.path for each in OBJECTS[name]() if not re.search(r"[.\[]", each.path)]


def test_samples_of_a_summary_are_whole() -> None:
    """A success and an error show all fields, in their order, as the schema has them."""
    schema = Draft202012Validator(json.loads(PLACE.read_text("utf-8")))

    for heading in ("Summary", "Errors"):
        assert [*SAMPLES[heading]] == fields("summary")
        assert [error.message for error in schema.iter_errors(SAMPLES[heading])] == []


@pytest.mark.parametrize(
    ("heading", "name", "some"),
    [("Rows", "rows", 15), ("Messages", "message", 14), ("List of runs", "runs", 5)],
)
def test_other_samples_have_all_fields_that_are_always_there(heading: str, name: str, some: int) -> None:
    """Those that may be missing stand behind them, in the table."""
    assert [*SAMPLES[heading]] == fields(name)[:some]


def test_commands_without_json_are_named() -> None:
    """All others print one object."""
    without = [
        name
        for name, command, context in each_command()
        if "--json" not in [word for option in options_of(command, context) for word in option.opts]
    ]
    found = WITHOUT.search(prose("json"))

    assert found
    assert sorted(re.findall(r"`([^`]+)`", found[1])) == sorted(without)


def test_init_prints_the_fields_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the page lists, no more and no fewer."""
    monkeypatch.chdir(tmp_path)

    ended = called(
        *(
            "init",
            "--base-url",
            "http://127.0.0.1:9",
            "--username",
            "hr",
            "--secret-stdin",
            "--yes",
            "--json",
        ),
        text="secret\n",
    )

    assert list(ended.summary) == [field.path for field in created()]
