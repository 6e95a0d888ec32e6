"""The command that a person runs next, as a value: what to call, not how a shell writes it."""

import shlex
import subprocess
import sys
from dataclasses import dataclass

from .text import typeable

PROGRAM = "presence-worker"


@dataclass(frozen=True, slots=True)
class NextStep:
    """A command of this program: its words in order, without the program's name, none of them quoted."""

    words: tuple[str, ...]


def command_line(step: NextStep, platform: str = sys.platform) -> str:
    """Return *step* as a command line that works when it is typed, quoted for the shells of *platform*."""
    command = [PROGRAM, *step.words]
    return subprocess.list2cmdline(command) if platform == "win32" else typeable(shlex.join(command))
