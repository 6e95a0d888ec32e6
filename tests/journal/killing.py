"""Starting a process that will be killed."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def victim(part: Callable[[Path], None], path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let a process play a part, and kill it at the end of the block, as `kill -9` does, without warning."""
    command = [sys.executable, "-m", "tests.journal.victim", part.__name__, str(path)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """Give the next line a process says."""
    assert process.stdout
    return process.stdout.readline().strip()
