"""What the page on JSON says of commands whose objects are made by hand."""

import re
from pathlib import Path

import pytest

from tests.manual.command_parts import each_command, options_of
from tests.manual.documents import prose
from tests.manual.json_parts import created
from tests.run.given import called

WITHOUT = re.compile(r"(`[^.]+`) have no `--json`")


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
