"""The options all commands share, and what they mean as settings."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click
from click.core import ParameterSource

from ..errors import OptionFault

FLAGS = {  # parameter: the setting it overrides
    "state_dir": ("storage", "state_dir"),
    "base_url": ("target", "base_url"),
    "rate": ("delivery", "rate"),
    "concurrency": ("delivery", "concurrency"),
    "read_before": ("delivery", "read_before"),
    "format": ("input", "format"),
    "delimiter": ("input", "delimiter"),
    "encoding": ("input", "encoding"),
    "max_changes": ("safety", "max_changes"),
    "max_invalid": ("safety", "max_invalid"),
    "max_failures": ("safety", "max_failures"),
    "strict": ("safety", "strict"),
}
OF_THE_INPUT = ("format", "delimiter", "encoding")
REPEATED = (
    "config",
    "state_dir",
    "base_url",
    "sandbox",
    "rate",
    "concurrency",
    "max_changes",  # like the next two it may have been asked for before it could be judged
    "max_invalid",
    "strict",
    "max_failures",
    "read_before",
)
PATHS = ("config", "state_dir")  # repeated as absolute ones: the next command may run elsewhere

Function = Callable[..., int]  # of a command
Value = Path | str | int | Sequence[str] | None  # of a parameter, as click gives it
COMMON = (*FLAGS, "config", "sandbox", "as_json", "quiet", "verbose", "no_progress")
BASE_URL = "--base-url"
LONGEST_LABEL = 100  # characters
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def _a_file(_: click.Context, parameter: click.Parameter, place: str) -> str:
    """Refuse an address without quoting it: it may have a key in it."""
    if ADDRESS.match(place):
        name = f"option {parameter.opts[0]}" if isinstance(parameter, click.Option) else "JOB"
        raise OptionFault(f"{name}: an address, where a file is expected; fetch it first, then name the file")
    return place


def _path(name: str, words: str) -> Callable[[Function], Function]:
    return click.option(name, type=click.Path(), callback=_a_path, help=words)


def _a_path(context: click.Context, parameter: click.Parameter, place: str | None) -> Path | None:
    return None if place is None else Path(_a_file(context, parameter, place))


_OPTIONS: list[Callable[[Function], Function]] = [
    _path("--config", "Configuration file."),
    _path("--state-dir", "Directory that keeps runs."),
    click.option("--base-url", help="Root of the SuperOffice service."),
    click.option("--sandbox", is_flag=True, help="Use a simulated service inside this program."),
    click.option("--rate", metavar="N", help="Requests per second, all together."),
    click.option("--concurrency", metavar="N", help="Requests in flight at most."),
    click.option("--format", metavar="FORMAT", help="Of the job: auto, csv, json, jsonl or xlsx."),
    click.option("--delimiter", metavar="CHAR", help="Of a CSV job; 'tab' for a tab."),
    click.option("--encoding", metavar="NAME", help="Of the job, such as utf-8 or cp1252."),
    click.option("--max-changes", metavar="LIMIT", help="Hold a job with more changes: N, N% or none."),
    click.option(
        "--max-invalid", metavar="LIMIT", help="Refuse a job with more invalid rows: N, N% or none."
    ),
    click.option("--max-failures", metavar="LIMIT", help="Stop after more rows not done: N, N% or none."),
    click.option("--strict", is_flag=True, default=None, help="Hold a job very different from the last one."),
    click.option("--read-before", metavar="HOW", help="Read present values first: auto, each, query or off."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object, the summary."),
    click.option("--no-progress", is_flag=True, help="No progress line on the terminal."),
    click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
    click.option("-v", "--verbose", count=True, help="Log requests too; twice: also decisions."),
]


def _a_label(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    label = (text or "").strip()
    if len(label) > LONGEST_LABEL:
        raise OptionFault(f"option --label: {len(label)} characters; at most {LONGEST_LABEL} are allowed")
    if not label.isprintable():
        raise OptionFault("option --label: it has a control character; use one line of plain text")
    return label or None


job_argument = click.argument("job", callback=_a_file)
label_option = click.option(
    "--label",
    metavar="TEXT",
    callback=_a_label,
    help="Your own reference, such as a ticket number: at most 100 characters. Reports and `runs` show it.",
)


class Options(NamedTuple):
    """What was asked for on the command line."""

    config: Path | None
    sandbox: bool
    as_json: bool
    quiet: bool
    verbose: int
    no_progress: bool
    flags: Mapping[str, Mapping[str, str | bool]]  # as settings
    repeated: tuple[str, ...]  # to repeat in whatever command comes next
    of_the_input: tuple[str, ...]  # to repeat where the same job is read again


def common_options(function: Function) -> Function:
    """Add the common options to a command, which gets them as one parameter *options*."""

    @click.pass_context
    def with_options(context: click.Context, /, **parameters: Value) -> int:
        others = {name: value for name, value in parameters.items() if name not in COMMON}
        return function(options=_options(context), **others)

    command: Function = with_options
    command.__doc__ = function.__doc__
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _options(context: click.Context) -> Options:
    given = context.params
    flags: dict[str, dict[str, str | bool]] = {}
    for name, (section, key) in FLAGS.items():
        if given[name] is not None:
            flags.setdefault(section, {})[key] = given[name]
    return Options(
        config=given["config"],
        sandbox=given["sandbox"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        verbose=given["verbose"],
        no_progress=given["no_progress"],
        flags=flags,
        repeated=_words_of(context, REPEATED),
        of_the_input=_words_of(context, OF_THE_INPUT),
    )


def without_credentials(text: str) -> str:
    """Return a text as it may be printed: each address in it without name, password, query and fragment."""
    return re.sub(r"(://[^\s?#'\"]*)[?#][^\s'\")]*", r"\1", re.sub(r"(?<=://)[^/?#\s]*@", "", text))


def printable(arguments: Sequence[str]) -> list[str]:
    """Return the words of a command line as they may be printed; a bad address need not look like one."""
    words: list[str] = []
    for word in arguments:
        name, separator, value = word.partition("=")
        if words and words[-1] == BASE_URL:
            words.append(_bare(word))
        elif name == BASE_URL:
            words.append(f"{name}{separator}{_bare(value)}")
        else:
            words.append(without_credentials(word))
    return words


def _bare(address: str) -> str:
    return re.sub(r"^([A-Za-z]+://)?[^/?#]*@", r"\1", re.sub(r"[?#].*", "", address, flags=re.DOTALL))


def _words_of(context: click.Context, names: Sequence[str]) -> tuple[str, ...]:
    """Return the options of these *names* that were given, as they may be repeated."""
    words: list[str] = []
    for name in names:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value = context.params[name]
            words.append(f"--{name.replace('_', '-')}")
            if value is not True:
                words.append(str(value.absolute() if name in PATHS else value))
    return tuple(printable(words))
