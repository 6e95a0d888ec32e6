"""The same command once more, so that it works from another directory, and from another shell."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..command_options import FLAGS, REPEATED, USED, spell
from ..errors import OptionFault, UsageFault
from ..next_step import NextStep
from ..operator_files import find_config
from ..private_settings import SET
from ..settings.overrides import read_overrides
from .options import BASE_URL, printable
from .repeated_options import BASE_URL_VARIABLE, STATE_VARIABLES, needs_naming

PLACES = ("--config", "--state-dir")
SANDBOX = "--sandbox"
TAKING = tuple(option for option in map(spell, REPEATED) if option not in FLAGS)
END = "--"  # of the options


def same_again(arguments: Sequence[str]) -> NextStep:
    """Return a command as it may be printed and called again, paths in full."""
    return NextStep(tuple(_whole(arguments)))


def resume_instead(arguments: Sequence[str]) -> NextStep:
    """Return the command that continues what a command line had begun when we stumbled."""
    words, kept = _whole(arguments), ["resume"]
    for place, word in enumerate(words):
        name, separator, _ = word.partition("=")
        if name == SANDBOX or (name in TAKING and separator):
            kept.append(word)
        elif name in TAKING:
            kept += words[place : place + 2]
    return NextStep(tuple(kept))


def _whole(arguments: Sequence[str]) -> list[str]:
    words: list[str] = []
    for word in printable(arguments):
        name, separator, value = word.partition("=")
        if name in PLACES and separator:
            words.append(f"{name}={Path(value).absolute()}")
        elif name == SET and separator:
            words += [f"{name}={setting}" for setting in _whole_setting(value)]
        elif words[-1:] == [SET]:
            words += _whole_setting(word) or [words.pop()][:0]
        else:
            words.append(str(Path(word).absolute()) if _is_path(word, words) else word)
    if arguments and arguments[0] in USED:
        end = words.index(END) if END in words else len(words)
        words[end:end] = _from_surroundings({word.partition("=")[0] for word in words})
    return words


def _whole_setting(text: str) -> list[str]:
    """Return the text of a setting, a path in full; nothing for a wrong one: it may have a secret in it."""
    try:
        (setting,) = read_overrides([text])
    except OptionFault:
        return []
    return [setting.text]


def _is_path(word: str, before: list[str]) -> bool:
    return before[-1:] in ([place] for place in PLACES) or (before != [] and os.path.isfile(word))  # noqa: PTH113 - no error for an overlong word


def _from_surroundings(given: set[str]) -> list[str]:
    """Return the options for what was found through variables, or in the working directory."""
    variables = {name.upper(): value for name, value in os.environ.items()}
    words: list[str] = []
    if "--config" not in given and (config := _config()) and needs_naming(config):
        words += ["--config", str(config.absolute())]
    if "--state-dir" not in given and (state := variables.get(STATE_VARIABLES[0])):
        words += ["--state-dir", str(Path(state).expanduser().absolute())]
    if not given & {BASE_URL, SANDBOX} and (address := variables.get(BASE_URL_VARIABLE)):
        words += printable([BASE_URL, address])
    return words


def _config() -> Path | None:
    try:
        return find_config(None)
    except UsageFault:  # the variable names one that is not there
        return None
