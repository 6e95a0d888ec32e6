"""What people and programs read: the result on standard output, errors on standard error."""

import sys
from collections.abc import Iterable
from typing import Any, TextIO

import orjson

Summary = dict[str, Any]


def print_failure(failure: Summary, *, as_json: bool) -> None:
    """Say why nothing came of the command, and what to run next."""
    if as_json:
        print_json(failure)
    say(f"presence-worker: {failure['message']}", sys.stderr)
    say(f"Next: {failure['next']}", sys.stderr)


def print_json(value: Any) -> None:
    """Print exactly one JSON object."""
    say(orjson.dumps(value).decode("utf-8", "replace"))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of a result."""
    for line in lines:
        say(line)


def say(line: str, file: TextIO | None = None) -> None:
    """Print a line; a reader who has gone, or a full disk behind a redirection, does not end the run."""
    try:
        print(line, file=file or sys.stdout, flush=True)
    except (OSError, ValueError):
        pass
    except UnicodeEncodeError:
        say(line.encode("ascii", "replace").decode(), file)
