"""Files that appear whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600  # readable for their owner alone
ANEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)  # a link is somebody's trap


def write_whole(path: Path, write: Callable[[BinaryIO], bool]) -> bool:
    """Write a file beside its place, and move it there; give whether *write* says that it is wanted.

    One that is not wanted is not there afterwards. Raise OSError where it cannot be written.
    """
    beside = path.with_name(f".{path.name}.new")  # one that a killed program left is written over
    descriptor = os.open(beside, ANEW, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            wanted = write(file)
            file.flush()
            os.fsync(file.fileno())
        if wanted:
            beside.replace(path)
        else:
            path.unlink(missing_ok=True)
    finally:
        beside.unlink(missing_ok=True)
    return wanted
