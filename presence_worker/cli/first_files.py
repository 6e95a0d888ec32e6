"""The first files of an installation: the configuration, and a file for each secret."""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..errors import OptionFault, UsageFault
from ..next_step import NextStep
from ..settings import SECRETS
from ..settings.value_types import Raw

OUTPUT = "option --output"
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
OPEN, SECRET = 0o666, 0o600  # modes; the umask takes its part of the first
Values = Mapping[str, Raw]  # setting, such as "auth.username": its value


def secret_file(configuration: Path, name: str) -> Path:
    """Return the file for a secret, such as "auth.password": it lies beside the configuration."""
    return configuration.with_name(f"{configuration.stem}.{name.partition('.')[2]}")


def is_secret(name: str) -> bool:
    """Return whether a setting, such as "auth.password", is kept in a file of its own."""
    return name.partition(".")[2] in SECRETS


def check_place(configuration: Path) -> None:
    """Raise OptionFault where no configuration can be written, UsageFault where one exists already."""
    folder = configuration.parent
    if not str(configuration).isprintable():
        raise OptionFault(f"{OUTPUT}: the path has control characters, or is not UTF-8")
    if not folder.is_dir():
        raise OptionFault(f"{OUTPUT}: the folder {folder} does not exist. Create it, or name another file")
    if configuration.is_dir():
        raise OptionFault(f"{OUTPUT}: {configuration} is a folder. Name a file")
    check_absent(configuration, [configuration])


def check_absent(configuration: Path, files: Iterable[Path]) -> None:
    """Raise UsageFault where one of the files that would be written exists already."""
    there = [str(file) for file in files if os.path.lexists(file)]
    if there:
        raise _already_there(there, configuration)


def write_files(configuration: Path, values: Values) -> dict[str, Path]:
    """Write all files, or none; return them by what they hold. Raise UsageFault where that fails."""
    files = {name: secret_file(configuration, name) for name in values if is_secret(name)}
    texts = {file: f"{values[name]}\n" for name, file in files.items()}
    texts[configuration] = configuration_text(values, files)
    try:
        with tempfile.TemporaryDirectory(dir=configuration.parent, prefix=".presence-worker.") as folder:
            made = {
                _write(Path(folder, file.name), text, OPEN if file == configuration else SECRET): file
                for file, text in texts.items()
            }
            _place(made)
    except FileExistsError as error:
        raise _already_there([str(error.filename2 or error.filename)], configuration) from None
    except OSError as error:
        raise OptionFault(f"{OUTPUT}: {configuration} cannot be written: {error.strerror}") from None
    return {"configuration": configuration} | {name.partition(".")[2]: file for name, file in files.items()}


def configuration_text(values: Values, files: Mapping[str, Path]) -> str:
    """Return the configuration; of a secret it has the place of its file."""
    lines = [HEAD]
    for section, words in WORDS.items():
        mine = [name for name in values if name.startswith(f"{section}.")]
        lines += [words, f"[{section}]", *(_line(name, values[name], files) for name in mine), ""]
    return "\n".join([*lines, TAIL])


def _line(name: str, value: Raw, files: Mapping[str, Path]) -> str:
    key = name.partition(".")[2]
    return f"{key}_file = {_quote(str(files[name]))}" if name in files else f"{key} = {_quote(value)}"


def _quote(value: Raw) -> str:
    """Return a value as TOML has it; a text as it is where that is possible, such as a path of Windows."""
    text = str(value)
    if isinstance(value, str) and text.isprintable() and "'" not in text and "\\" in text:
        return f"'{text}'"
    return json.dumps(value, ensure_ascii=False)


def _write(path: Path, text: str, mode: int) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return path


def _place(made: Mapping[Path, Path]) -> None:
    """Move new files to their places, all or none, also when a signal comes in between."""
    try:
        for new, file in made.items():
            if os.name == "nt":
                new.rename(file)  # raises where there is a file
            else:
                file.hardlink_to(new)  # as above; to rename would replace it
    except BaseException:
        for new, file in made.items():
            if _is_placed(new, file):
                file.unlink()
        raise


def _is_placed(new: Path, file: Path) -> bool:
    if new.exists():
        return file.exists() and file.samefile(new)
    return os.name == "nt"


def _already_there(files: list[str], configuration: Path) -> UsageFault:
    is_configured = configuration.is_file()
    words = ("doctor", "--config", str(configuration)) if is_configured else ("init", "--help")
    verb = "is there already" if len(files) == 1 else "are there already"
    return UsageFault(
        f"{' and '.join(files)} {verb}; nothing was written. Name another file with --output",
        next=NextStep(words),
    )
