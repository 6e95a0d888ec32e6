"""The man page: the commands' own help, exit codes and pages, written for `man`."""

import re
from collections.abc import Iterable, Iterator

import click

from presence_worker import __version__
from presence_worker.cli.lazy import commands
from presence_worker.errors import EXIT_CODES
from presence_worker.manual.library import SUMMARIES
from presence_worker.next_step import PROGRAM
from tests.manual.command_parts import arguments, each_command, example_lines, options_of, shared_options
from tests.manual.documents import FOLDER

PLACE = FOLDER / "presence-worker.1"
HEAD = """.\\" Written by `python -m tests.manual`.
.TH PRESENCE-WORKER 1 "" "presence-worker {version}"
.nh
.ad l"""
ABOUT = """
SuperOffice gives customer requests to users who are present. presence-worker reads a file from HR that says
who is on leave and who is back. It checks every row, sends one request for each user, and reports what
happened to each row.
"""
VARIABLES = {
    "PRESENCE_WORKER_CONFIG": "The configuration file.",
    "PRESENCE_WORKER_<SECTION>__<KEY>": "A setting, such as PRESENCE_WORKER_DELIVERY__RATE.",
    "PAGER": "The program that shows long pages of the manual.",
    "NO_COLOR": "If it is set, pages of the manual have no bold text.",
}
FILES = {
    "presence-worker.toml": "The configuration, in the folder where you start the command.",
    "~/.config/presence-worker/config.toml": "Your own configuration.",
    "~/.local/state/presence-worker": "The runs with their reports (storage.state_dir).",
}


def man_page() -> str:
    """Give the whole page."""
    parts = [
        HEAD.format(version=__version__),
        f".SH NAME\npresence-worker \\- {small(commands.help or '')}",
        f".SH SYNOPSIS\n.B {PROGRAM}\n.I COMMAND\n[OPTIONS]",
        f".SH DESCRIPTION\n{text(ABOUT)}",
        ".SH COMMANDS",
        *(command_part(name, command, context) for name, command, context in each_command()),
        ".SH OPTIONS\nThe commands say which of these they have.",
        *terms((plain(names), words) for names, words in shared_options().values()),
        ".SH EXIT STATUS",
        *terms((str(int(code)), row.meaning) for code, row in EXIT_CODES.items()),
        ".SH ENVIRONMENT",
        *terms(VARIABLES.items()),
        ".SH FILES",
        *terms(FILES.items()),
        f".SH SEE ALSO\nThe manual is part of the program. {text(f'`{PROGRAM} manual PAGE` shows a page.')}",
        *terms((str(page), words) for page, words in SUMMARIES.items()),
    ]
    return "\n".join(parts) + "\n"


def command_part(name: str, command: click.Command, context: click.Context) -> str:
    words, _, examples = (command.help or "").partition("\b")
    shared = shared_options()
    found = options_of(command, context)
    own = [each for each in found if each.opts[-1] not in shared]
    others = [each.opts[-1] for each in found if each.opts[-1] in shared]
    lines = example_lines(examples)
    usage = " ".join([PROGRAM, name, *arguments(command, context), "[OPTIONS]"])
    parts = [
        f'.SS "{usage}"',
        "\n.PP\n".join(text(each) for each in words.strip().split("\n\n")),
        *terms((spelled(each, context), each.help or "") for each in own),
        f".PP\nAlso: {text(', '.join(others))}." if others else "",
        f".PP\n.nf\n{escaped(lines)}\n.fi" if lines else "",
    ]
    return "\n".join(part for part in parts if part)


def spelled(option: click.Option, context: click.Context) -> str:
    takes_none = option.is_flag or option.count
    return ", ".join(option.opts) + ("" if takes_none else f" {option.make_metavar(context)}")


def terms(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield each term with what it means."""
    return (f".TP\n.B {escaped(term)}\n{text(words)}" for term, words in pairs)


def small(words: str) -> str:
    """Give a sentence as the line of a name has it."""
    return text(words[:1].lower() + words[1:].rstrip("."))


def plain(words: str) -> str:
    return words.replace("`", "")


def text(words: str) -> str:
    """Give words for roff, code in them in bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped(" ".join(words.split())))


def escaped(words: str) -> str:
    """Give words in which nothing is a command of roff."""
    dashed = words.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti")
    return re.sub(r"^([.'])", r"\\&\1", dashed, flags=re.MULTILINE)
