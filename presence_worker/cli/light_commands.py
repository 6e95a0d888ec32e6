"""The commands as a shell completes them: from a table, because loading all modules takes too long."""

import json
import os
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..operator_files import find_config, read_text, state_home
from ..target_files import find_targets
from .lazy import COMMANDS, LazyGroup
from .shells import answer

TABLE = Path(__file__).with_name("completion.json")  # written by `python -m tests.completion`
STATE_VARIABLE = "PRESENCE_WORKER_STORAGE__STATE_DIR"
RUNS = """SELECT name, json_extract(record, '$[3]') FROM run WHERE record IS NOT NULL
ORDER BY number DESC, name DESC LIMIT 200"""
RUNNING = "running"
Entry = Mapping[str, Any]  # in the table, or a parameter by its name


class LightGroup(LazyGroup):
    """All commands, with the names of their parameters and nothing that they do."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Build a command from the table."""
        entry = _table().get(cmd_name)
        return _command(cmd_name, entry) if entry else None


def _table() -> dict[str, Entry]:
    table: dict[str, Entry] = json.loads(TABLE.read_text("utf-8"))
    return table


def _command(name: str, entry: Entry) -> click.Command:
    parameters = [_parameter(each) for each in entry["parameters"]]
    below = {each: _command(each, found) for each, found in entry.get("commands", {}).items()}
    if below:
        return click.Group(
            name, below, params=parameters, help=COMMANDS.get(name), invoke_without_command=True
        )
    return click.Command(name, params=parameters, help=COMMANDS.get(name))


def _parameter(entry: Entry) -> click.Parameter:
    kind = KINDS.get(entry["kind"])
    choices = click.Choice(entry["choices"]) if entry["choices"] else None
    if entry["names"][0].startswith("-"):
        return click.Option(
            entry["names"],
            type=choices,
            is_flag=entry["is_flag"],
            count=entry["count"],
            multiple=entry["multiple"],
            help=entry["help"],
            shell_complete=kind,
        )
    return click.Argument(
        entry["names"], type=choices, nargs=entry["nargs"], required=False, shell_complete=kind
    )


def _complete_file(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _complete_folder(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="dir")]


def _complete_run(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    found = [("last", "the newest run"), *_runs(context.params)]
    return [CompletionItem(name, help=state) for name, state in found if name.startswith(incomplete)]


def _runs(params: Entry) -> Iterator[tuple[str, str]]:
    """Yield the runs of the state directory with their states, newest first; none where it cannot be read."""
    folder = _state_dir(params)
    if folder is None:
        return
    for name, state in _read(folder / "runs.sqlite", RUNS):
        yield name, _read_state(folder / "runs" / name) if state == RUNNING else state


def _complete_target(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    targets = find_targets(_config(context.params))
    names = targets.by_name if targets else ()
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _read_state(run: Path) -> str:
    """Return the state of a run from its journal: the index learns of its end with the next command."""
    try:
        [(state,)] = _read(run / "journal.sqlite", "SELECT state FROM run")
    except sqlite3.Error:
        return RUNNING
    return str(state)


def _read(database: Path, query: str) -> list[tuple[str, ...]]:
    address = f"{database.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as opened:
        return opened.execute(query).fetchall()


def _state_dir(params: Entry) -> Path | None:
    if named := params.get("state_dir") or os.environ.get(STATE_VARIABLE):
        return Path(named).expanduser()
    file = _config(params)
    storage = tomllib.loads(read_text(file)).get("storage", {}) if file else {}
    named = storage.get("state_dir")
    return Path(named).expanduser() if named else state_home()


def _config(params: Entry) -> Path | None:
    config = params.get("config")
    return find_config(Path(config) if config else None)


def answer_shell() -> None:
    """Print what a shell may offer."""
    answer(LightGroup("presence-worker"))


KINDS = {"file": _complete_file, "folder": _complete_folder, "run": _complete_run, "target": _complete_target}
