"""Write what shells complete, from the commands themselves: `python -m tests.completion`."""

import json
from typing import Any, get_args

import click

from presence_worker.cli.lazy import COMMANDS, commands
from presence_worker.cli.light_commands import TABLE
from presence_worker.command_options import SETTINGS
from presence_worker.manual_pages import ManualPage
from presence_worker.settings.sections import SECTIONS

KINDS = {  # parameters by their names; others with a path are told by their type
    **dict.fromkeys(("job", "config", "output", "private_key_file", "html"), "file"),
    "state_dir": "folder",
    "run": "run",
    "target": "target",
}


def table() -> str:
    """Return the table as the file has it."""
    context = click.Context(commands)
    found = {name: entry(commands.get_command(context, name)) for name in COMMANDS}
    return json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def entry(command: click.Command | None) -> dict[str, Any]:
    """Return what the table has of a command."""
    assert command
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    below = command.commands if isinstance(command, click.Group) else {}
    return {
        "parameters": [_parameter(each) for each in shown],
        "commands": {name: entry(each) for name, each in below.items()},
    }


def _parameter(parameter: click.Parameter) -> dict[str, Any]:
    option = parameter if isinstance(parameter, click.Option) else None
    name = str(parameter.name)
    is_path = isinstance(parameter.type, click.Path)
    return {
        "names": [*parameter.opts, *([name] if option else [])],
        "kind": KINDS.get(name, "file" if is_path else ""),
        "choices": [*_choices(parameter, name)],
        "nargs": parameter.nargs,
        "is_flag": bool(option and option.is_flag),
        "count": bool(option and option.count),
        "multiple": parameter.multiple,
        "help": (option.help or "").partition(". ")[0] if option else None,
    }


def _choices(parameter: click.Parameter, name: str) -> list[str]:
    if isinstance(parameter.type, click.Choice):
        return [*map(str, parameter.type.choices)]
    if name == "page":
        return [*map(str, ManualPage)]
    section, key = SETTINGS.get(name, ("", ""))
    kind = SECTIONS[section].model_fields[key].annotation if section else None
    return [each for each in get_args(kind) if isinstance(each, str)]


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
