"""A row's way: the files of the package through which one row of a job goes, from file to report.

A job of some hundred rows is really run against the sandbox, in a process of its own, under a profiler; one
row in its midst is updated, all others hold already. A file is on the row's way where one of its functions
gets the row (in its arguments), or returns or yields it: alone, or in a group of rows. The row is its
comment, which occurs nowhere else; a record with its associate id and status; and an outcome of `updated`.

What looks at the file as a whole (its encoding, its header, a text of many rows) is not on the way, nor what
runs without the row (settings, sign-in, locks, the head of a report), nor what only a row in trouble needs,
nor the loading of modules. The sandbox stands for the service: neither it nor what it calls counts. Templates
do: who follows the row reads them.
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
from presence_worker.model import NOT_PRESENT, PRESENT, Outcome, Result

HOME = Path(presence_worker.__file__).parent
PREFIX = f"{HOME}{os.sep}"
SANDBOX = f"{PREFIX}sandbox{os.sep}"
NUMBER = 987  # exists in the sandbox, and is no other figure of a run
COMMENT = "zqxj"
EACH = "vwkk"  # stands in every row, and so once in a text that is about one row
BESIDE = [f"{number},{PRESENT},,{EACH}" for number in range(1, 401)]
ROWS = [*BESIDE[:300], f"{NUMBER},{NOT_PRESENT},{COMMENT},{EACH}", *BESIDE[300:]]
JOB = "\n".join(["associateId,status,message,note", *ROWS, ""])
DEPTH = 4  # so deep a row is looked for in what holds something
MARK = "<!-- a row's way -->"
OURS = ("PRESENCE_WORKER_", "XDG_")  # variables that a run heeds
LONGEST = 300  # seconds that a run may take, on any machine


def holds_row(value: object, depth: int = DEPTH) -> bool:
    """Return whether a value is the row, or holds it."""
    if isinstance(value, bytes | bytearray):
        return _is_about_row(value.decode("utf-8", "replace"))
    if isinstance(value, str):
        return _is_about_row(value)
    if isinstance(value, Outcome):
        return value.result is Result.UPDATED
    parts = _parts(value)
    return depth > 0 and (_is_record(parts) or any(holds_row(part, depth - 1) for part in parts))


def _is_record(parts: list[object]) -> bool:
    whole = [part for part in parts if isinstance(part, int | str)]
    return NUMBER in whole and NOT_PRESENT in whole


def _is_about_row(text: str) -> bool:
    return COMMENT in text and text.count(EACH) <= 1


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

    def __call__(self, frame: FrameType, event: str, result: object) -> None:
        """Take in that a function is called, or returns or yields."""
        file = frame.f_code.co_filename
        if event not in ("call", "return") or file in self.files or not is_ours(frame.f_code):
            return
        names = parameters(frame.f_code) if event == "call" else ()
        if any(holds_row(value) for value in (result, *map(frame.f_locals.get, names))) and not _serves(
            frame
        ):
            self.files[file] = None


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
