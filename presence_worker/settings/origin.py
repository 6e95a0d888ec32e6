"""Where a value of a setting stands, so that the reader of an error can go there."""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from .operator_files import read_text
from .quantities import Raw
from .sections import SECTIONS

PREFIX = "PRESENCE_WORKER_"
OPTION = "option --"
NOTHING = re.compile("(?!)")  # no line looks like it
Nested = Mapping[str, Mapping[str, Raw]]  # section: {key: value}


@dataclass(frozen=True, slots=True)
class Sources:
    """What settings were read from, besides the variables of the process."""

    file: Path | None
    text: str  # of the file
    flags: Nested


def list_problems(error: ValidationError, sources: Sources) -> list[str]:
    """Return a line for each fault of settings: where it stands, which one it is, and what it should be."""
    found = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        path = [str(part) for part in problem["loc"]]
        words = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            words = f"no such setting{_nearest(path)}"
        found.append(f"{_find(path, sources)}: {'.'.join(path)}: {words}")
    return found


def origin_of(name: str, file: Path | None, flags: Nested) -> str:
    """Return where the value of a setting, such as "target.base_url", stands."""
    return _find(name.split("."), Sources(file, read_text(file) if file else "", flags))


def _nearest(path: list[str]) -> str:
    known: Iterable[str] = SECTIONS
    if len(path) > 1 and path[0] in SECTIONS:
        known = SECTIONS[path[0]].names()
    close = difflib.get_close_matches(path[-1], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _find(path: list[str], sources: Sources) -> str:
    """Return the option, the variable, or the file and line that holds a value."""
    section, key = path[0], path[1] if len(path) > 1 else ""
    if key in sources.flags.get(section, {}):
        return f"{OPTION}{key.replace('_', '-')}"
    prefix = f"{PREFIX}{section}__".upper()
    variables = sorted(name for name in map(str.upper, os.environ) if name.startswith(prefix))
    if prefix + key.upper() in variables:
        return prefix + key.upper()
    line = _find_line(section, key, sources.text)
    if key or not variables:
        return f"{sources.file}, line {line}" if line else str(sources.file or "settings")
    places = [f"{sources.file}, line {line}"] if line else []
    return " and ".join(places + variables)  # a whole section is at fault


def _find_line(section: str, key: str, text: str) -> int | None:
    """Return the 1-based line of a key, or of its section, in a TOML text."""
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
            return number
    return header
