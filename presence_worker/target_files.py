"""The files of a configuration's targets: it names a folder, which has one file for each target."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import UsageFault
from .operator_files import read_text

TARGETS = "targets"  # at the top of the common file: the folder, relative to that file
ENDING = ".toml"
NAME = re.compile(r"[a-z0-9-]{1,40}")
OTHERS = (".", "~", "#")  # begin the names of hidden files, and of those that editors and programs leave
NAMED_WRONG = "a target's name has only a-z, 0-9 and -, 40 characters at most. Rename the file"


class TargetFile(NamedTuple):
    """A target of several."""

    name: str
    path: Path


class TargetFiles(NamedTuple):
    """The targets of a configuration."""

    by_name: Mapping[str, TargetFile]
    misnamed: Sequence[Path]  # files whose names no target can have

    @property
    def is_several(self) -> bool:
        """Return whether a command has to say which target it means."""
        return len(self.by_name) + len(self.misnamed) > 1


def find_targets(config: Path | None) -> TargetFiles | None:
    """Return the targets of a configuration file; None where it has none. Raise UsageFault for no folder."""
    text = read_text(config) if config else ""
    try:
        named = tomllib.loads(text).get(TARGETS) if TARGETS in text else None
    except tomllib.TOMLDecodeError:  # reading the settings says so
        return None
    if config is None or named is None:
        return None
    place = f"{config}{_line_in(text)}: {TARGETS}"
    if not isinstance(named, str) or not named:
        raise UsageFault(f"{place}: must be the name of a folder in quotes")
    folder = config.absolute().parent / named
    try:
        files = sorted(path for path in folder.iterdir() if _is_meant(path))
    except OSError as error:
        raise UsageFault(f"{place}: {folder}: {error.strerror}. Each target needs a file in it") from None
    if not files:
        raise UsageFault(f"{place}: {folder}: no file NAME{ENDING} is in it. Each target needs one")
    named_well = {path.stem: TargetFile(path.stem, path) for path in files if _is_name(path)}
    return TargetFiles(named_well, [path for path in files if not _is_name(path)])


def _line_in(text: str) -> str:
    lines = (
        number for number, line in enumerate(text.splitlines(), 1) if re.match(rf"\s*[\"']?{TARGETS}\b", line)
    )
    return f", line {line}" if (line := next(lines, None)) else ""


def _is_meant(path: Path) -> bool:
    """Return whether a file is meant to be a target; a link that leads nowhere is, too."""
    return path.suffix.lower() == ENDING and not path.name.startswith(OTHERS) and not path.is_dir()


def _is_name(path: Path) -> bool:
    return path.suffix == ENDING and NAME.fullmatch(path.stem) is not None
