"""What a target's file must not have, and where the paths in it lead."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..private_settings import SECRETS
from ..target_files import TARGETS
from .value_types import Raw

FILE = "_file"  # ends the name of a setting that names a file
PATHS = ("job.source", "metrics.textfile")  # other settings that do
IN_FILES = {"auth": SECRETS, "notify": ("password", "url", "secret")}  # what a target has in files alone
NO_TARGETS = "a target has no targets of its own. Remove it here"
ONE_STATE = "all targets share one state directory. Set it in the common file only"
IN_FILE = (
    "a target's file must not have a secret in it. Put the secret into a file of its own, and name that file "
    "with {name}_file"
)


def find_misplaced(table: Mapping[str, Raw]) -> Iterator[tuple[list[str], str]]:
    """Yield each setting of a target's file that must not be there, and why."""
    if TARGETS in table:
        yield [TARGETS], NO_TARGETS
    for section, values in table.items():
        if isinstance(values, dict):
            yield from _find_misplaced(section, values)


def _find_misplaced(section: str, values: Mapping[str, Raw]) -> Iterator[tuple[list[str], str]]:
    for key, value in values.items():
        if (section, key) == ("storage", "state_dir"):
            yield [section, key], ONE_STATE
        if key in IN_FILES.get(section, ()):
            yield [section, key], IN_FILE.format(name=key)
        for number, channel in enumerate(value if isinstance(value, list) else (), 1):
            found = _find_misplaced(section, channel) if isinstance(channel, dict) else ()
            yield from (([section, key, str(number), path[-1]], words) for path, words in found)


def place_files(table: Mapping[str, Raw], folder: Path) -> dict[str, Raw]:
    """Return a target's settings with each relative path in them below its *folder*."""
    return {section: _place(section, values, folder) for section, values in table.items()}


def _place(section: str, values: Raw, folder: Path) -> Raw:
    if not isinstance(values, dict):
        return values
    return {key: _place_one(section, key, value, folder) for key, value in values.items()}


def _place_one(section: str, key: str, value: Raw, folder: Path) -> Raw:
    if isinstance(value, list):  # of the channels of [notify]
        return [_place(section, each, folder) for each in value]
    if not isinstance(value, str) or not value or value.startswith("~"):
        return value
    is_path = key.endswith(FILE) or f"{section}.{key}" in PATHS
    return str(folder / value) if is_path else value
