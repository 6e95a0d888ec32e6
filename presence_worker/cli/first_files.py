"""The first files of an installation: the configuration, and a file for each secret."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import UsageFault
from ..next_step import NextStep
from ..settings import SECRETS

HEAD = """\
# Settings of presence-worker. This file has only what you need to begin.
# All settings:         presence-worker manual settings
# Check this file with: presence-worker doctor
"""
WORDS = {  # above a setting of the file
    "target": "# The SuperOffice in which presence-worker sets the status of users.",
    "auth": "# How presence-worker signs in. More: presence-worker manual sign-in",
}
TAIL = """\
# What HR's file looks like: presence-worker manual hr-files
# [input]
# timezone = "Europe/Oslo"  # in which a day begins and ends

# How many changes are too many for one run:
# [safety]
# max_changes = [500, "50%"]
"""
OPEN, SECRET = 0o644, 0o600  # modes
Values = Mapping[str, str]  # setting, such as "auth.username": its value


def secret_file(configuration: Path, name: str) -> Path:
    """Return the file for a secret, such as "auth.password": it lies beside the configuration."""
    return configuration.with_name(f"{configuration.stem}.{name.partition('.')[2]}")


def is_secret(name: str) -> bool:
    """Return whether a setting, such as "auth.password", is kept in a file of its own."""
    return name.partition(".")[2] in SECRETS


def check_absent(configuration: Path, names: Iterator[str]) -> None:
    """Raise UsageFault where one of the files that would be written is there already."""
    files = [configuration, *(secret_file(configuration, name) for name in names if is_secret(name))]
    there = [str(file) for file in files if os.path.lexists(file)]
    if there:
        raise _already_there(there, configuration)


def write_files(configuration: Path, values: Values) -> dict[str, Path]:
    """Write all files, or none; return them by what they hold. Raise UsageFault where that fails."""
    files = {name: secret_file(configuration, name) for name in values if is_secret(name)}
    written: list[Path] = []
    try:
        for name, file in files.items():
            _write_new(file, f"{values[name]}\n", SECRET)
            written.append(file)
        _write_new(configuration, configuration_text(values, files), OPEN)
    except OSError as error:
        for file in written:
            file.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise _already_there([str(error.filename2 or error.filename)], configuration) from None
        raise UsageFault(
            f"{configuration} cannot be written: {error.strerror}; name another --output"
        ) from None
    return {"configuration": configuration} | {name.partition(".")[2]: file for name, file in files.items()}


def configuration_text(values: Values, files: Mapping[str, Path]) -> str:
    """Return the configuration; of a secret it has the place of its file."""
    lines = [HEAD]
    for section, words in WORDS.items():
        mine = [name for name in values if name.startswith(f"{section}.")]
        lines += [words, f"[{section}]", *(_line(name, values[name], files) for name in mine), ""]
    return "\n".join([*lines, TAIL])


def _line(name: str, value: str, files: Mapping[str, Path]) -> str:
    key = name.partition(".")[2]
    return f"{key}_file = {_quote(str(files[name]))}" if name in files else f"{key} = {_quote(value)}"


def _quote(text: str) -> str:
    """Return a text as TOML has it: as it is where that is possible, such as a path of Windows."""
    plain = text.isprintable() and "'" not in text and "\\" in text
    return f"'{text}'" if plain else json.dumps(text, ensure_ascii=False)


def _write_new(path: Path, text: str, mode: int) -> None:
    """Write a file that is not there yet, whole or not at all; raise FileExistsError where it is there."""
    descriptor, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(mode)
        _move(Path(made), path)
    finally:
        with suppress(OSError):
            Path(made).unlink()


def _move(made: Path, path: Path) -> None:
    if os.name == "nt":
        made.rename(path)  # raises where there is a file
    else:
        path.hardlink_to(made)  # as above; to rename would replace it


def _already_there(files: list[str], configuration: Path) -> UsageFault:
    is_configured = os.path.lexists(configuration)
    words = ("doctor", "--config", str(configuration)) if is_configured else ("init", "--help")
    verb = "is there already" if len(files) == 1 else "are there already"
    return UsageFault(
        f"{' and '.join(files)} {verb}; nothing was written. Name another file with --output",
        next=NextStep(words),
    )
