"""The options all commands share, and what they mean as settings."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import click
from click.core import ParameterSource

from ..command_options import INPUT, JOB, REPEATED, SETTINGS, USED, spell
from ..errors import OptionFault
from ..private_settings import SET, find_withheld, may_print
from .lazy import load_lazily

BASE_URL, TARGET = "--base-url", "--target"
TYPED = ParameterSource.COMMANDLINE
TWO_TARGETS = "option --target: it is given twice. Name one target"
LONGEST_LABEL = 100  # characters
Function = Callable[..., int]  # of a command
Value = Path | str | int | Sequence[str] | None  # of a parameter, as click gives it
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def _a_file(_: click.Context, parameter: click.Parameter, place: str | None) -> str | None:
    """Refuse an address without quoting it: it may have a key in it."""
    if place and ADDRESS.match(place):
        name = f"option {parameter.opts[0]}" if isinstance(parameter, click.Option) else "JOB"
        raise OptionFault(f"{name}: an address, where a file is expected; fetch it first, then name the file")
    return place


def _a_path(context: click.Context, parameter: click.Parameter, place: str | None) -> Path | None:
    file = _a_file(context, parameter, place)
    return None if file is None else Path(file)


def _one_target(_: click.Context, __: click.Parameter, names: Sequence[str]) -> str | None:
    """Refuse two targets: a command that takes the last one would work on one that is not meant."""
    if len(names) > 1:
        raise OptionFault(TWO_TARGETS)
    return names[0] if names else None


class How(TypedDict, total=False):
    """How an option is read, in click's words."""

    type: "click.ParamType[Any]"
    default: str | int | None
    show_default: bool
    metavar: str
    multiple: bool
    count: bool
    is_flag: bool
    callback: Callable[..., object]


PLACE: How = {"type": click.Path(), "callback": _a_path}
FLAG: How = {"is_flag": True}
OPTIONS: Mapping[str, tuple[str, How]] = {  # parameter: its help, and how it is read
    "config": ("Configuration file. Default: see `presence-worker manual settings`.", PLACE),
    "target": (
        "Which target, where the configuration has several.",
        {"metavar": "NAME", "multiple": True, "callback": _one_target},
    ),
    "state_dir": ("Directory that keeps the runs.", PLACE),
    "base_url": ("Root of SuperOffice, such as https://crm.example.com/SuperOffice.", {}),
    "sandbox": ("Use a simulated SuperOffice inside this program.", FLAG),
    "set": (
        "Any setting but a secret, such as delivery.burst=5. Can be repeated.",
        {"metavar": "SECTION.KEY=VALUE", "multiple": True},
    ),
    "rate": ("Requests per second, all together. Default: 10.", {"metavar": "N"}),
    "concurrency": ("Requests at the same time, at most. Default: 8.", {"metavar": "N"}),
    "format": ("Format of the file: auto (default), csv, json, jsonl or xlsx.", {"metavar": "FORMAT"}),
    "delimiter": ("Delimiter of a CSV file; write 'tab' for a tab.", {"metavar": "CHAR"}),
    "encoding": ("Encoding of the file, such as utf-8 or cp1252.", {"metavar": "NAME"}),
    "max_changes": (
        "Hold the run if it has more changes: N, N% or none. Default: 500 or 50%.",
        {"metavar": "LIMIT"},
    ),
    "max_invalid": (
        "Refuse the file if more rows are invalid: N, N% or none. Default: 10%.",
        {"metavar": "LIMIT"},
    ),
    "max_failures": (
        "Stop if more of the rows that were sent fail: N, N% or none. Default: 20%.",
        {"metavar": "LIMIT"},
    ),
    "strict": (
        "Hold the run if the file is very different from the last one.",
        {"is_flag": True, "default": None},
    ),
    "read_before": (
        "Read current statuses first: auto (default), each, query or off.",
        {"metavar": "HOW"},
    ),
    "no_progress": ("Show no progress line.", FLAG),
    "as_json": ("Print one JSON object.", FLAG),
    "quiet": ("Print only what went wrong.", FLAG),
    "verbose": ("Log requests too. Twice: log decisions too.", {"count": True}),
}
SHORT = {"quiet": ("-q",), "verbose": ("-v",)}


def _a_label(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    label = (text or "").strip()
    if len(label) > LONGEST_LABEL:
        raise OptionFault(f"option --label: {len(label)} characters; at most {LONGEST_LABEL} are allowed")
    if not label.isprintable():
        raise OptionFault("option --label: it has a control character; use one line of plain text")
    return without_user(label) or None


job_argument = click.argument("job", callback=_a_file)
job_or_source = click.argument("job", callback=_a_file, required=False)
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
    target: str | None = None  # by its name, where the configuration has several
    withheld: tuple[str, ...] = ()  # settings that no command repeats: they can be reasons of absence


def options_of(name: str) -> Callable[[Function], Function]:
    """Return what adds its options to the command called *name*; it gets them as one parameter *options*."""

    def add(function: Function) -> Function:
        @click.pass_context
        def with_options(context: click.Context, /, **parameters: Value) -> int:
            _inherit(context)
            others = {name: value for name, value in parameters.items() if name not in OPTIONS}
            return function(options=_options(context), **others)

        command: Function = with_options
        command.__doc__ = function.__doc__
        for parameter in reversed([each for each in OPTIONS if each in JOB]):
            command = _option(parameter, is_hidden=parameter not in USED[name])(command)
        return command

    return add


def _inherit(context: click.Context) -> None:
    """Let a command such as `schedule cancel` take the options that stand before its own name."""
    above = context.parent
    for name in OPTIONS if above else ():
        if not above or above.get_parameter_source(name) is not TYPED:
            continue
        is_twice = context.get_parameter_source(name) is TYPED
        if is_twice and spell(name) == TARGET:
            raise OptionFault(TWO_TARGETS)
        if not is_twice:
            context.params[name] = above.params[name]
            context.set_parameter_source(name, TYPED)


def _option(parameter: str, *, is_hidden: bool) -> Callable[[Function], Function]:
    words, how = OPTIONS[parameter]
    names = (*SHORT.get(parameter, ()), spell(parameter), parameter)
    return click.option(*names, help=words, hidden=is_hidden, **how)


def _options(context: click.Context) -> Options:
    given = context.params
    flags = _settings(context)
    if given["set"]:
        overrides = load_lazily(".settings.overrides:read_overrides")(given["set"])
        given["set"] = [each.text for each in overrides]
        flags = load_lazily(".settings.overrides:as_tables")(overrides, flags)
    return Options(
        config=given["config"],
        target=given["target"],
        sandbox=given["sandbox"],
        as_json=given["as_json"],
        quiet=given["quiet"],
        verbose=given["verbose"],
        no_progress=given.get("no_progress", False),
        flags=flags,
        repeated=_words_of(context, REPEATED),
        of_the_input=_words_of(context, INPUT),
        withheld=find_withheld(given["set"]),
    )


def _settings(context: click.Context) -> Mapping[str, Mapping[str, str | bool]]:
    flags: dict[str, dict[str, str | bool]] = {}
    for name, (section, key) in SETTINGS.items():
        if context.params.get(name) is not None:
            flags.setdefault(section, {})[key] = context.params[name]
    return flags


def without_user(text: str) -> str:
    """Return a text with each address in it without user name and password."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", text)


def without_credentials(text: str) -> str:
    """Return a text as it may be printed: each address in it without name, password, query and fragment."""
    return re.sub(r"(://[^\s?#'\"]*)[?#][^\s'\")]*", r"\1", without_user(text))


def printable(arguments: Sequence[str]) -> list[str]:
    """Return the words of a command line as they may be printed, without what must not be.

    A bad address need not look like one.
    """
    words: list[str] = []
    option = ""  # that takes the next word
    for word in arguments:
        name, separator, value = word.partition("=")
        if option:
            words += _printable_option(option, "", word)
            option = ""
        elif name in CLEANED and separator:
            words += _printable_option(name, separator, value)
        elif word in CLEANED:
            option = word
        else:
            words.append(without_credentials(word))
    return [*words, option] if option else words


def _printable_option(name: str, separator: str, value: str) -> list[str]:
    clean = CLEANED[name](value)
    if clean is None:
        return []
    return [f"{name}={clean}"] if separator else [name, clean]


def _bare(address: str) -> str:
    return re.sub(r"^([A-Za-z]+:/+|/*)[^/?#]*@", r"\1", re.sub(r"[?#].*", "", address, flags=re.DOTALL))


CLEANED: Mapping[str, Callable[[str], str | None]] = {  # option: its value as it may be printed; None: none
    BASE_URL: _bare,
    "--label": without_user,
    SET: lambda setting: without_credentials(setting) if may_print(setting) else None,
}


def _words_of_one(name: str, value: Value) -> list[str]:
    if value is True:
        return [spell(name)]
    return [spell(name), str(value.absolute() if isinstance(value, Path) else value)]


def _words_of(context: click.Context, names: Sequence[str]) -> tuple[str, ...]:
    """Return the options of these *names* that were given, as they may be repeated."""
    words: list[str] = []
    for name in names:
        if context.get_parameter_source(name) is TYPED:
            value = context.params[name]
            for each in value if isinstance(value, list) else [value]:
                words += _words_of_one(name, each)
    return tuple(printable(words))
