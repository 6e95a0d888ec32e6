"""The command that a person runs next, as a value: what to call, not how a shell writes it."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

PROGRAM = "presence-worker"
_PARTING = re.compile(r"[&|<>^(){}\[\],;@'`!$#]")  # characters that mean something to a shell of Windows
_WHITE = "\n\t"  # characters that are shown, though not printable


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command of this program: its words in order, without the program's name, none of them quoted."""

    words: tuple[str, ...]
    line: str | None = None  # as an older version has stored it: quoted already, for the shell it saw


def command_line(step: NextStep, platform: str = sys.platform) -> str:
    """Return *step* as a command line that works when it is typed, quoted for the shells of *platform*."""
    if step.line is not None:
        return step.line
    command = [PROGRAM, *step.words]
    if platform == "win32":
        return " ".join(map(_for_windows, command)).encode("utf-8", "backslashreplace").decode()
    return typeable(shlex.join(command))


def _for_windows(word: str) -> str:
    """Return a word as both PowerShell and a command prompt take it; they part words at more than spaces."""
    quoted = subprocess.list2cmdline([word])
    if quoted != word or not _PARTING.search(word):
        return quoted
    backslashes = word[len(word.rstrip("\\")) :]  # before the closing quote each counts only if doubled
    return f'"{word}{backslashes}"'


def with_variables(step: NextStep, variables: Mapping[str, str]) -> str:
    """Return the command line of *step* behind the values of variables, as a POSIX shell takes them."""
    values = (f"{name}={shlex.quote(value)}" for name, value in variables.items())
    return " ".join([*values, command_line(step)])


def write_step(step: NextStep) -> str:
    """Return *step* as text to be stored, in ASCII: the name of a file may not be UTF-8."""
    return step.line or json.dumps(step.words)


def read_step(stored: str) -> NextStep:
    """Return the step that was stored as text; older versions stored a command line."""
    if stored.startswith("["):
        return NextStep(tuple(json.loads(stored)))
    return NextStep(tuple(stored.split(" ")[1:]), line=stored)


def typeable(command: str, encoding: str = "utf-8") -> str:
    """Return a command of a POSIX shell that means the same, in characters that can be shown and typed.

    Others stand inside '…', where `shlex` has put them, and where any shell lets printf write their bytes.
    """
    groups = groupby(command, key=lambda character: _is_shown(character, encoding))
    return "".join("".join(run) if is_shown else _as_octal("".join(run)) for is_shown, run in groups)


def _is_shown(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return character.isprintable() or character in _WHITE


def _as_octal(characters: str) -> str:
    try:
        octets = os.fsencode(characters)
    except UnicodeEncodeError:
        octets = characters.encode("utf-8", "replace")
    return "'\"$(printf '{}')\"'".format("".join(f"\\{octet:03o}" for octet in octets))
