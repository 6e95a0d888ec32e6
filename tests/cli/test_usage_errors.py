"""Usage errors: with --json exactly one object, whatever the command and whatever is wrong."""

import shlex
from pathlib import Path

import pytest

from presence_worker.cli.lazy import COMMANDS
from tests.run.given import Worker, away, write_csv

NEEDS = {
    "run": "job.csv",
    "check": "job.csv",
    "plan": "job.csv",
    "apply": "last",
    "undo": "last",
    "report": "last",
}
WRONG = {
    "unknown option": ("--nope",),
    "unknown option with a value": ("--nope=5",),
    "value missing": ("--json", "--config"),
    "surplus word": ("surplus", "more"),
    "bad number": ("--concurrency", "many"),
    "bad choice": ("--format", "pdf"),
    "bad limit": ("--max-changes", "some"),
    "configuration that is not there": ("--config", "nowhere.toml"),
    "unknown key": ("--config", "unknown.toml"),
    "not TOML": ("--config", "broken.toml"),
    "not text": ("--config", "binary.toml"),
    "a folder": ("--config", "folder.toml"),
}
ELSEWHERE = [
    ("--json",),
    ("nope", "--json"),
    ("--nope", "--json"),
    ("--json", "run", "job.csv"),
    ("run", "--json"),
    ("report", "last", "--as", "pdf", "--json"),
    ("report", "last", "--as", "csv", "--json"),
    ("runs", "--since", "yesterday", "--json"),
    ("runs", "--html", "runs.txt", "--json"),
    ("schedule", "nope", "--json"),
    ("schedule", "cancel", "--json"),
    ("doctor", "--write-check", "0", "--json"),
    ("sandbox", "--port", "many", "--json"),
]


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    """Configuration files with a fault each; the tests run in their folder."""
    write_csv(tmp_path / "job.csv", away([1]))
    (tmp_path / "unknown.toml").write_text("[target]\nbase_ulr = 'x'\n")
    (tmp_path / "broken.toml").write_text("[target\n")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\0[")
    (tmp_path / "folder.toml").mkdir()


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_gives_one_object(command: str, wrong: str, worker: Worker) -> None:
    """It has the state, the code, what is wrong, and a next command that exists."""
    words = [command, *([NEEDS[command]] if command in NEEDS else []), *WRONG[wrong]]

    ended = worker.call(*words, *([] if "--json" in words else ["--json"]))

    assert_refused(ended.code, ended.summary)
    assert not (worker.folder / "state").exists()


@pytest.mark.parametrize("words", ELSEWHERE, ids=" ".join)
def test_likewise_what_only_some_commands_take(words: tuple[str, ...], worker: Worker) -> None:
    """Also where there is no command at all."""
    ended = worker.call(*words)

    assert_refused(ended.code, ended.summary)


def assert_refused(code: int, summary: dict[str, object]) -> None:
    assert (code, summary["exit_code"], summary["state"]) == (2, 2, "refused")
    assert summary["message"]
    program, first, *_ = shlex.split(str(summary["next"]))
    assert program == "presence-worker"
    assert first in (*COMMANDS, "--help")
