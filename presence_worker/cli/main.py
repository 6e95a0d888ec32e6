"""The outermost frame: whatever happens becomes one true exit code, and one JSON object where asked for."""

import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from ..errors import ExitCode, PresenceWorkerError
from .group import commands
from .output import print_failure

PROGRAM = "presence-worker"
STATES = {ExitCode.CRASHED: "stopped", ExitCode.INTERRUPTED: "stopped", ExitCode.TERMINATED: "stopped"}


def main() -> NoReturn:
    """Run the command line and leave."""
    code = execute(sys.argv[1:])
    _let_go_of_output()
    sys.exit(code)


def execute(arguments: Sequence[str]) -> int:
    """Carry out a command line; give the exit code."""
    again = shlex.join([PROGRAM, *arguments])
    try:
        return int(commands.main(list(arguments), PROGRAM, standalone_mode=False) or 0)
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        path = context.command_path if context else PROGRAM
        return _failed(arguments, ExitCode.USAGE, error.format_message(), f"{path} --help")
    except PresenceWorkerError as error:
        return _failed(arguments, error.exit_code, str(error), error.next or again)
    except (KeyboardInterrupt, click.Abort):
        return _failed(arguments, ExitCode.INTERRUPTED, "interrupted before anything was sent", again)
    except Exception as error:  # noqa: BLE001 - the last frame: a bug is told, never its values
        return _failed(arguments, ExitCode.CRASHED, _where(error), f"{PROGRAM} resume")


def _failed(arguments: Sequence[str], code: ExitCode, message: str, next_command: str) -> int:
    failure: dict[str, Any] = {
        "run_id": None,
        "state": STATES.get(code, "refused"),
        "exit_code": int(code),
        "message": message,
        "next": next_command,
    }
    print_failure(failure, as_json="--json" in arguments)
    return int(code)


def _where(error: Exception) -> str:
    """Tell the kind and the place of a bug; what the values were might be somebody's secret."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in frames[-4:][::-1])  # noqa: PTH119
    return f"a bug in presence-worker: {type(error).__name__} at {place}; please report it"


def _let_go_of_output() -> None:
    """Flush what was printed; a reader who has gone must not change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream:
                stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
