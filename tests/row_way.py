"""A row's way: the files of the package in which code runs because of one row of a job, from file to report.

A job with a single row is really run against the sandbox, in a process of its own, under a profiler. A call
belongs to the row's way where the row is in what the function gets (its arguments), or in what it returns or
yields, or where the call is made, however deep, by a function that got the row. The row is: its associate id,
its comment (both occur nowhere else), and an outcome that says `updated`, as no other row is updated.

What runs without the row as well (settings, sign-in, locks, the head of a report) is not on the way, nor is
the loading of modules, nor what only a row in trouble needs. The sandbox stands for the service: neither it
nor what it calls counts. Templates do: who follows the row reads them.
"""

import json
import os
import subprocess
import sys
import threading
from functools import cache
from inspect import CO_NEWLOCALS, CO_VARARGS, CO_VARKEYWORDS
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType

import presence_worker
from presence_worker import __main__ as program
from presence_worker.model import NOT_PRESENT, Outcome, Result

HOME = Path(presence_worker.__file__).parent
PREFIX = f"{HOME}{os.sep}"
SANDBOX = f"{PREFIX}sandbox{os.sep}"
NUMBER = 987  # exists in the sandbox, and is no other figure of a run
COMMENT = "zqxj"
JOB = f"associateId,status,message\n{NUMBER},{NOT_PRESENT},{COMMENT}\n"
DEPTH = 4  # so deep a row is looked for in what holds something
MARK = "<!-- a row's way -->"
OURS = ("PRESENCE_WORKER_", "XDG_")  # variables that a run heeds
LONGEST = 300  # seconds that a run may take, on any machine


def holds_row(value: object, depth: int = DEPTH) -> bool:
    """Return whether the row is in a value, or in what that holds."""
    if isinstance(value, str):
        return COMMENT in value
    if isinstance(value, bytes | bytearray):
        return COMMENT.encode() in value
    if isinstance(value, Outcome):
        return value.result is Result.UPDATED
    if isinstance(value, int):
        return value == NUMBER
    return depth > 0 and any(holds_row(part, depth - 1) for part in _parts(value))


def _parts(value: object) -> list[object]:
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, dict):
        return list(value.values())
    return [getattr(value, name, None) for name in getattr(value, "__dataclass_fields__", ())]


@cache
def parameters(code: CodeType) -> tuple[str, ...]:
    """Name the parameters of a function."""
    stars = bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]


@cache
def is_ours(code: CodeType) -> bool:
    """Return whether code is a function of the package, the sandbox left out; loading is none."""
    path = code.co_filename
    return path.startswith(PREFIX) and not path.startswith(SANDBOX) and bool(code.co_flags & CO_NEWLOCALS)


class Follower:
    """Owns the files that the row has reached, in the order in which it came."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self._got_row: set[FrameType] = set()

    def __call__(self, frame: FrameType, event: str, result: object) -> None:
        """Take in that a function is called, or returns or yields."""
        if event not in ("call", "return") or not is_ours(frame.f_code):
            return
        if event == "call":
            self._call(frame)
        else:
            self._got_row.discard(frame)
            if frame.f_code.co_filename not in self.files and holds_row(result):
                self._reach(frame)

    def _call(self, frame: FrameType) -> None:
        values = frame.f_locals
        if any(holds_row(values.get(name)) for name in parameters(frame.f_code)):
            self._got_row.add(frame)
            self._reach(frame)
        elif frame.f_code.co_filename not in self.files and self._is_below(frame):
            self._reach(frame)

    def _is_below(self, frame: FrameType) -> bool:
        """Return whether a call is made by a function that got the row."""
        caller = frame.f_back
        while caller:
            if caller in self._got_row:
                return not _serves(frame)
            caller = caller.f_back
        return False

    def _reach(self, frame: FrameType) -> None:
        if not _serves(frame):
            self.files.setdefault(frame.f_code.co_filename)


def _serves(frame: FrameType) -> bool:
    """Return whether a call is made by the sandbox."""
    caller = frame.f_back
    while caller:
        if caller.f_code.co_filename.startswith(SANDBOX):
            return True
        caller = caller.f_back
    return False


def row_way() -> list[str]:
    """Run the job in a process of its own; return the files of the row's way, below the package."""
    with TemporaryDirectory() as folder:
        there = Path(folder)
        (there / "job.csv").write_text(JOB, "utf-8")
        others = {name: os.environ[name] for name in os.environ if not name.startswith(OURS)}
        subprocess.run(
            [sys.executable, "-m", "tests.row_way", there / "job.csv", there / "way.json"],
            cwd=HOME.parent,
            env={**others, "HOME": folder},
            capture_output=True,
            check=True,
            timeout=LONGEST,
        )
        files: list[str] = json.loads((there / "way.json").read_text("utf-8"))
        return files


def lines_of(file: str) -> int:
    """Count the lines of a file below the package."""
    return len((HOME / file).read_text("utf-8").splitlines())


def way_on_page(text: str) -> list[str]:
    """Return the files that a page lists as the row's way: the first words in a fenced block."""
    _, block, _ = text.split(MARK)
    lines = [line.split() for line in block.splitlines() if line.strip() and not line.startswith("```")]
    return [words[0].removeprefix(f"{HOME.name}/") for words in lines]


def main(job: str, way: str) -> None:
    """Run a job, and write down the files of its row's way."""
    follower = Follower()
    sys.argv[1:] = ["run", job, "--sandbox", "--rate", "1000"]
    threading.setprofile(follower)
    sys.setprofile(follower)
    try:
        program.main()
    except SystemExit as ending:
        if ending.code:
            raise
    finally:
        sys.setprofile(None)
    files = [Path(file).relative_to(HOME).as_posix() for file in follower.files]
    Path(way).write_text(json.dumps(files), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
