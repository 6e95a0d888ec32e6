"""What the next command has to repeat: it may be called from elsewhere, or from another shell."""

import os
from pathlib import Path

from ..operator_files import CONFIG_VARIABLE, find_config
from ..settings import Settings
from ..settings.origin import PREFIX
from .options import BASE_URL, TARGET, Options, printable

CONFIG_VARIABLES = (CONFIG_VARIABLE, "XDG_CONFIG_HOME")  # they decide where a file is looked for
STATE_VARIABLES = (f"{PREFIX}STORAGE__STATE_DIR", "XDG_STATE_HOME")
BASE_URL_VARIABLE = f"{PREFIX}TARGET__BASE_URL"


def options_to_repeat(options: Options, settings: Settings) -> tuple[str, ...]:
    """Return the options the next command needs; it may be called from elsewhere, or from another shell."""
    words = options_to_find(options)
    state = settings.storage.state_dir
    if "--state-dir" not in words and (_is_set(*STATE_VARIABLES) or not state.is_absolute()):
        words = (*words, "--state-dir", str(state.absolute()))
    address = settings.target.base_url
    if address and _is_set(BASE_URL_VARIABLE) and not (options.sandbox or BASE_URL in words):
        words = (*words, *printable([BASE_URL, address]))
    return words


def options_to_find(options: Options) -> tuple[str, ...]:
    """Return the options of a command, with those that lead to its configuration and its target."""
    words, config = options.repeated, find_config(options.config)
    if options.target:
        place = words.index(TARGET) if TARGET in words else len(words)
        words = (TARGET, options.target, *words[:place], *words[place + 2 :])
    if config and "--config" not in words and needs_naming(config):
        words = ("--config", str(config.absolute()), *words)
    return words


def needs_naming(config: Path) -> bool:
    """Return whether a configuration file that no option names is found only here, or only in this shell."""
    return _is_set(*CONFIG_VARIABLES) or not config.is_absolute()


def _is_set(*variables: str) -> bool:
    return any(name.upper() in variables for name in os.environ)
