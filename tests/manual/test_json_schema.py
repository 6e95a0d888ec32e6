"""summary.schema.json: as the code is, and true of what commands print."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from presence_worker.cli.main import execute
from tests.manual.documents import ROOT
from tests.manual.json_schema import PLACE, summary_schema
from tests.run.given import restored

EXAMPLES = ROOT / "config" / "examples"
AGAIN = "run `python -m tests.manual`, and commit what it writes"


def test_is_as_the_code_is() -> None:
    """Whoever adds a field writes the schema anew."""
    assert summary_schema() == PLACE.read_text("utf-8"), AGAIN


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
    assert [error.message for error in Draft202012Validator(schema).iter_errors(printed)] == []
    assert {*printed} - {*schema["properties"]} == set()


def test_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A script's author need not know where the package is."""
    execute(["manual", "--schema"])

    assert capsys.readouterr().out == PLACE.read_text("utf-8")
