"""What nobody foresaw: a bug of ours is told by its kind and place, and ends in exit 1."""

import os
import sys
from pathlib import Path

import pytest

from tests.run.given import called

FAULTY = """
import sys, types, click
from presence_worker import command_options
from presence_worker.cli import lazy
from presence_worker.cli.main import main

@click.command("boom", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("kind")
@click.argument("secret")
@click.option("--json", is_flag=True)
def command(kind, secret, json):
    raise {"bug": RuntimeError, "interrupt": KeyboardInterrupt}[kind](secret)

module = sys.modules["presence_worker.cli.boom"] = types.ModuleType("presence_worker.cli.boom")
module.command = command
lazy.COMMANDS["boom"] = "Stumble."
lazy.OTHERWISE["serve"] = "boom"
command_options.USED["boom"] = ()
main()
"""
PROGRAM = [sys.executable, "-c", FAULTY]


@pytest.mark.parametrize(
    ("kind", "code", "following"),
    [
        ("bug", 1, "presence-worker resume"),
        ("interrupt", 130, "presence-worker boom interrupt Kanarie --json"),
    ],
)
def test_it_is_told_without_its_values(kind: str, code: int, following: str) -> None:
    """No traceback, and nothing that was in a variable: it might be somebody's secret."""
    ended = called("boom", kind, "Kanarie", "--json", before=PROGRAM)

    summary = ended.summary
    assert (ended.code, summary["exit_code"], summary["state"]) == (code, code, "stopped")
    assert summary["next"] == following
    assert "Kanarie" not in summary["message"]
    assert "Traceback" not in ended.err
    assert ("RuntimeError at <string>:" in summary["message"]) == (kind == "bug")


def test_a_service_that_stumbled_is_started_again() -> None:
    """It resumes its runs by itself."""
    ended = called("serve", "bug", "Kanarie", "--json", before=PROGRAM)

    assert (ended.code, ended.summary["next"]) == (1, "presence-worker serve bug Kanarie --json")


def test_what_had_begun_is_resumed_where_it_is(tmp_path: Path) -> None:
    """The command names state directory, configuration and target of the one that stumbled."""
    config = tmp_path / "settings.toml"
    config.touch()
    surroundings = {**os.environ, "PRESENCE_WORKER_CONFIG": str(config)}

    ended = called(
        *("boom", "bug", "Kanarie", "--state-dir", "state", "--base-url=https://crm.example"),
        before=PROGRAM,
        env=surroundings,
        cwd=tmp_path,
    )

    following = f"resume --state-dir {tmp_path / 'state'} --base-url=https://crm.example --config {config}"
    assert ended.err.splitlines()[-1] == f"Next: presence-worker {following}"
