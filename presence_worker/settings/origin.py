"""Where the value of a setting stands: in an option, a variable, or a line of a file."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..command_options import SETTINGS, spell
from ..operator_files import read_text
from .value_types import Raw

PREFIX = "PRESENCE_WORKER_"
OPTION = "option --"
STATUSES = ["input", "statuses"]  # their names can be reasons of absence: the line alone says which
WITH_TABLES = ("notify", "serve")  # sections that have lists of tables
NOTHING = re.compile("(?!)")  # no line looks like it
Nested = Mapping[str, Mapping[str, Raw]]  # section: {key: value}


class SettingsFile(NamedTuple):
    """A file with settings."""

    path: Path
    text: str
    is_target: bool  # it is laid over the common one


class Sources(NamedTuple):
    """What settings were read from, besides the variables of the process."""

    files: Sequence[SettingsFile]  # the target's own before the common one
    flags: Nested


def read_sources(file: Path | None, target: Path | None, flags: Nested) -> Sources:
    """Read the files of settings: the common one, and that of the *target*; raise UsageFault."""
    files = [SettingsFile(each, read_text(each), each is target) for each in (target, file) if each]
    return Sources(files, flags)


def origin_of(name: str, file: Path | None, target: Path | None, flags: Nested) -> str:
    """Return where the value of a setting, such as "target.base_url", stands."""
    return find_place(name.split("."), read_sources(file, target, flags))


def find_place(path: Sequence[str], sources: Sources) -> str:
    """Return the option, the variable, or the file and line that holds a value."""
    section, key = path[0], path[1] if len(path) > 1 else ""
    if key in sources.flags.get(section, {}):
        return f"option {spell(key)}" if (section, key) in SETTINGS.values() else f"{OPTION}set"
    prefix = f"{PREFIX}{section}__".upper()
    variables = sorted(name for name in map(str.upper, os.environ) if name.startswith(prefix))
    if prefix + key.upper() in variables:
        return prefix + key.upper()
    places = list(_places_in_files(path, sources.files))
    if not key and (places or variables):  # a whole section is at fault
        return " and ".join([*places, *variables])
    return places[0] if places else str(sources.files[0].path if sources.files else "settings")


def _places_in_files(path: Sequence[str], files: Sequence[SettingsFile]) -> Iterator[str]:
    """Yield the files and lines that have a value; those that have only its section come last."""
    found = [(file.path, *_find_in(path, file.text)) for file in files]
    for is_wanted in (True, False):
        yield from (
            f"{file}, line {line}" for file, line, is_exact in found if line and is_exact is is_wanted
        )


def _find_in(path: Sequence[str], text: str) -> tuple[int | None, bool]:
    """Return the line of a value, or of what it would be in, and whether it is the value's own."""
    key = path[1] if len(path) > 1 else ""
    tries = (_find_line(section, key, text) for section in (path[0], path[0].upper()))
    line, is_exact = next((found for found in tries if found[0]), (None, False))
    if line and list(path[:2]) == STATUSES and path[2:]:
        below = _find_below(line, path[2], text)
        return below or line, below is not None
    if path[0] in WITH_TABLES and path[2:] and path[2].isdecimal():
        line = _find_in_table(path, text) or line
    return line, is_exact


def _find_line(section: str, key: str, text: str) -> tuple[int | None, bool]:
    """Return the 1-based line of a key in a TOML text, or of its section, and whether it is the key's."""
    top_line = re.compile(rf"\s*[\"']?{re.escape(section)}[\"']?\s*(=|\.\s*[\"']?{re.escape(key)})")
    key_line = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
    header_line = re.compile(rf"\s*\[+\s*{re.escape(section)}\s*(\.\s*{re.escape(key)}\s*)?\]")
    any_header = re.compile(r"\s*\[")
    wanted, header = top_line, None  # how the line has to look where we are
    for number, line in enumerate(text.splitlines(), 1):
        if any_header.match(line):
            match = header_line.match(line)
            wanted, is_found = (key_line if match else NOTHING), bool(match and match[1])
            header = header or (number if match else None)
        else:
            is_found = bool(wanted.match(line))
        if is_found:
            return number, True
    return header, False


def _find_below(line: int, name: str, text: str) -> int | None:
    """Return the line of a name in the table that begins on a *line*; None where it has none."""
    wanted = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=")
    found = (at for at, each in enumerate(text.splitlines(), 1) if at > line and wanted.match(each))
    return next(found, None)


def _find_in_table(path: Sequence[str], text: str) -> int | None:
    """Return the line of `[[notify.mail]]`, or of a name in it, for such a path as notify, mail, 2, host."""
    section, kind, number, *names = path
    wanted = re.compile(rf"\s*\[\[\s*{section}\s*\.\s*{re.escape(kind)}\s*\]\]")
    name = re.compile(rf"\s*[\"']?{re.escape(names[0])}[\"']?\s*=") if names else NOTHING
    lines = [(at, line) for at, line in enumerate(text.splitlines(), 1) if not line.lstrip().startswith("#")]
    headers = [at for at, line in lines if wanted.match(line)]
    if len(headers) < int(number):
        return None  # the tables stand in a list
    begin = headers[int(number) - 1]
    end = next((at for at, line in lines if at > begin and line.lstrip().startswith("[")), len(text))
    return next((at for at, line in lines if begin < at < end and name.match(line)), begin)
