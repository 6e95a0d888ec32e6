"""summary.schema.json: as the code is, and true of what commands print."""

import json
from pathlib import Path
from typing import Any

import pytest

from presence_worker.cli.main import execute
from tests.manual.documents import ROOT
from tests.manual.json_schema import PLACE, summary_schema
from tests.run.given import restored

EXAMPLES = ROOT / "config" / "examples"
AGAIN = "run `python -m tests.manual`, and commit what it writes"
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def faults(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """Give what in a value is not as the schema says; it knows the words that ours has."""
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, KINDS[name]) for name in names):
        return [f"{path} is {value!r}"]
    found = []
    if isinstance(value, dict):
        found += [f"{path} has no {name}" for name in schema.get("required", ()) if name not in value]
        for name, inner in schema.get("properties", {}).items():
            found += faults(value[name], inner, f"{path}.{name}") if name in value else []
    if isinstance(value, list):
        found += [each for item in value for each in faults(item, schema["items"], f"{path}[]")]
    return found


def test_is_as_the_code_is() -> None:
    """Whoever adds a field writes the schema anew."""
    assert summary_schema() == PLACE.read_text("utf-8"), (
        "run `python -m tests.manual`, and commit what it writes"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("run", "small.csv"),
        ("run", "messy.csv"),
        ("plan", "small.csv"),
        ("check", "messy.csv"),
        ("check", "leave.csv", "--explain"),
    ],
    ids=" ".join,
)
def test_is_true_of_what_is_printed(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a command prints has every field that the schema requires, each of its type."""
    command, file, *options = words
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESENCE_WORKER_STORAGE__STATE_DIR", str(tmp_path / "state"))
    target = [] if command == "check" else ["--sandbox", "--rate", "1000", "--no-progress"]

    with restored():
        execute([command, str(EXAMPLES / file), *options, *target, "--json"])

    printed = json.loads(capsys.readouterr().out)
    schema = json.loads(PLACE.read_text("utf-8"))
    assert faults(printed, schema) == []
    assert {*printed} - {*schema["properties"]} - {"faults"} == set()


def test_a_wrong_summary_is_found() -> None:
    """A check that cannot fail proves nothing."""
    schema = json.loads(PLACE.read_text("utf-8"))

    assert "$ has no state" in faults({}, schema)
    assert faults({"state": 3}, schema)[-1] == "$.state is 3"
