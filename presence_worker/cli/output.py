"""What people and programs read: the result on standard output, errors on standard error."""

import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol, TextIO

import orjson

from ..errors import Stopped
from ..json_form import to_json
from ..manual_pages import ManualPage, manual_command
from ..next_step import NextStep, command_line, typeable
from ..sanitize import escape_for, escape_json, is_utf8, mask_steering

AT_ONCE = 1000  # items of a long list that are printed together
ENCODING = "PYTHONIOENCODING"  # says how the streams are encoded
NEXT, HELP = "Next:", "Help:"  # begin the lines that have a command to type
WIDTH = 80  # columns; a path or a command is never broken, so that it can be copied


class CommandFailure(NamedTuple):
    """A command that came to nothing: what a summary has of it."""

    state: str
    exit_code: int
    message: str
    next: NextStep
    help: ManualPage


Finish = Callable[[int, tuple[str, NextStep] | None], Awaitable[None]]  # see `notify.dispatch.begin`


def print_failure(failure: CommandFailure) -> None:
    """Print why nothing came of the command, and what to run next."""
    remark_at_length(f"presence-worker: {failure.message}")
    remark(f"{HELP} {manual_command(failure.help)}")
    remark(f"{NEXT} {command_line(failure.next)}")


def print_json(value: object) -> None:
    """Print exactly one JSON object; in ASCII where the stream takes no UTF-8, or a file's name is none."""
    _print(_as_json(value), sys.stdout)


def print_long_json(value: object, name: str, items: Iterable[object]) -> None:
    """Print one object whose last member, *name*, is a list that need not fit into memory."""
    waiting, between = iter(items), ""
    _print(f'{_as_json(value)[:-1]},"{name}":[', sys.stdout, end="")
    while group := list(islice(waiting, AT_ONCE)):
        _print(f"{between}{_as_json(group)[1:-1]}", sys.stdout, end="")
        between = ","
    _print("]}", sys.stdout)


def _as_json(value: object) -> str:
    form = to_json(value)
    try:
        return escape_json(orjson.dumps(form).decode() if is_utf8(sys.stdout) else json.dumps(form))
    except TypeError:  # half a character
        return escape_json(json.dumps(form))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of a result."""
    for line in lines:
        say(line)


def say(line: str) -> None:
    """Print a line of the result, with nothing in it that steers a terminal."""
    _print(mask_steering(line), sys.stdout)


def remark(line: str) -> None:
    """Print a line beside the result, on standard error, with nothing in it that steers a terminal."""
    _print(mask_steering(line), sys.stderr)


def remark_at_length(text: str) -> None:
    """Print a text beside the result; at a terminal, no word is broken at the end of a line."""
    for line in text.splitlines() if is_terminal(sys.stderr) else [text]:
        remark("\n".join(wrap(line, indent=2)) if is_terminal(sys.stderr) else line)


def warn(words: str) -> None:
    """Print a warning on standard error, also with --quiet."""
    remark_at_length(f"presence-worker: warning: {words}")


def print_file(path: Path) -> None:
    """Print a file, byte for byte; a reader who has gone does not matter here, either.

    Raise Stopped where it cannot be printed whole: half a file must not be taken for all of it.
    """
    with path.open("rb") as file:
        if sys.stdout is None:
            return
        try:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.flush()
        except (BrokenPipeError, ValueError):
            pass
        except OSError as error:
            raise Stopped(f"standard output: {error.strerror}; the whole file is {path}") from None


def speak_utf8(stream: TextIO | None) -> None:
    """Write UTF-8 to a file or pipe: Windows' own code page lacks letters that a command to type may need."""
    if isinstance(stream, io.TextIOWrapper) and not stream.isatty() and ENCODING not in os.environ:
        stream.reconfigure(encoding="utf-8")


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal; None is one that the caller has closed."""
    return stream is not None and not stream.closed and stream.isatty()


def _print(text: str, stream: TextIO | None, *, end: str = "\n") -> None:
    """Print to a stream that may be closed or full: a reader who has gone does not end the run."""
    if stream is None:  # `print` would take it for standard output
        return
    try:
        print(text, end=end, file=stream, flush=True)
    except UnicodeEncodeError:
        if text.startswith(NEXT) and os.name != "nt":
            text = typeable(text, stream.encoding)
        _print(escape_for(text, stream), stream, end=end)
    except (OSError, ValueError):
        pass


def wrap(text: str, *, indent: int = 0) -> list[str]:
    """Break a text into lines of a terminal, or of a mail from cron; those after the first are indented."""
    return textwrap.wrap(
        text,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


class HasUser(Protocol):
    """What names a user, by SuperOffice's number and by the file."""

    @property
    def associate_id(self) -> int | str | None:
        """The associate ID; None where it is not known."""

    @property
    def identity(self) -> str | None:
        """The login or e-mail address in the file; None where it has associate IDs."""


def label_of(user: HasUser) -> str:
    """Return a user's associate ID, and the name that the file has for the user."""
    number, name = str(user.associate_id), user.identity
    if user.associate_id is None:
        return str(name)
    return f"{number} {name}" if name else number
