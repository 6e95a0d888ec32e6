"""Parts of the manual that are made of the commands' own help."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from presence_worker.cli.lazy import COMMANDS, LazyGroup, commands
from presence_worker.next_step import PROGRAM

SHARED = 3  # so many commands make an option one that is explained once


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Give a table of Markdown."""
    lines = [head, tuple("---" for _ in head), *(tuple(map(escaped, row)) for row in rows)]
    return (
        "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        .replace("| --- ", "|---")
        .replace("|--- |", "|---|")
    )


def escaped(cell: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(cell.split()))


def each_command() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield the commands in the order of help, each before those below it: name, command, context."""
    assert isinstance(commands, LazyGroup)
    top = click.Context(commands, info_name=PROGRAM, **commands.context_settings)
    for name in COMMANDS:
        command = commands.get_command(top, name)
        assert command
        context = click.Context(command, info_name=name, parent=top)
        yield name, command, context
        for below, inner in sorted(getattr(command, "commands", {}).items()):
            yield f"{name} {below}", inner, click.Context(inner, info_name=below, parent=context)


def options_of(command: click.Command, context: click.Context) -> list[click.Option]:
    """Give the options of a command that its help shows, but for --help."""
    return [
        each
        for each in command.get_params(context)
        if isinstance(each, click.Option) and not each.hidden and "--help" not in each.opts
    ]


def spelled(option: click.Option, context: click.Context) -> str:
    """Give an option as one types it, with what it takes."""
    names = ", ".join(f"`{name}`" for name in option.opts)
    takes_none = option.is_flag or option.count
    return names if takes_none else f"{names[:-1]} {option.make_metavar(context)}`"


def option_row(option: click.Option, context: click.Context) -> tuple[str, ...]:
    return spelled(option, context), option.help or ""


def shared_options() -> dict[str, tuple[str, ...]]:
    """Give the options that several commands have, by their names."""
    found = [
        (each, context) for _, command, context in each_command() for each in options_of(command, context)
    ]
    rows = {option.opts[-1]: option_row(option, context) for option, context in reversed(found)}
    counts = Counter((option.opts[-1], option.help) for option, _ in found)
    often = {name for (name, _), number in counts.items() if number >= SHARED}
    in_order = dict.fromkeys(option.opts[-1] for option, _ in found)
    return {name: rows[name] for name in in_order if name in often}


def common_options(_: str) -> str:
    return table(("option", "does"), list(shared_options().values()))


def command_table(_: str) -> str:
    """Give the table of commands, in the words of help."""
    rows = []
    for name, command, context in each_command():
        if name in COMMANDS:
            usage = " ".join([PROGRAM, name, *arguments(command, context)])
            rows.append((f"`{usage}`", COMMANDS[name]))
    return table(("command", "does"), rows)


def arguments(command: click.Command, context: click.Context) -> list[str]:
    return [each.make_metavar(context) for each in command.params if isinstance(each, click.Argument)]


def command_sections(_: str) -> str:
    """Give a section for each command: usage, what it does, its options, examples."""
    shared = shared_options()
    return "\n\n".join(section(name, command, context, shared) for name, command, context in each_command())


def section(
    name: str, command: click.Command, context: click.Context, shared: dict[str, tuple[str, ...]]
) -> str:
    words, _, examples = (command.help or "").partition("\b")
    options = options_of(command, context)
    own = [option_row(each, context) for each in options if each.opts[-1] not in shared]
    others = [f"`{each.opts[-1]}`" for each in options if each.opts[-1] in shared]
    usage = " ".join([PROGRAM, name, *arguments(command, context), "[OPTIONS]"])
    parts = [
        f"### {name}",
        f"```text\n{usage}\n```",
        *(" ".join(paragraph.split()) for paragraph in words.strip().split("\n\n")),
        table(("option", "does"), own) if own else "",
        f"Also: {', '.join(others)}." if others else "",
        f"```text\n{example_lines(examples)}\n```" if example_lines(examples) else "",
    ]
    return "\n\n".join(part for part in parts if part)


def example_lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip().startswith(PROGRAM))


def sandbox_options(_: str) -> str:
    """Give the options of `sandbox` that no other command has."""
    found = {name: (command, context) for name, command, context in each_command()}
    command, context = found["sandbox"]
    rows = [option_row(each, context) for each in options_of(command, context)]
    return table(("sandbox option", "does"), rows)
