"""Room on the disk that is kept for the end of a run, which has to be written down when the disk is full."""

import os
from contextlib import suppress
from pathlib import Path

from ..errors import Stopped

NAME = "reserve"
SIZE = 128 * 1024  # bytes: the last outcomes and how the run ended, several times over


def take_reserve(folder: Path) -> None:
    """Keep the room; raise Stopped where there is none. The bytes are random: zeros may take no room."""
    try:
        with (folder / NAME).open("wb") as file:
            file.write(os.urandom(SIZE))
    except OSError as error:
        give_back_reserve(folder)
        full = f"the disk of {folder} is full or cannot be written: {error.strerror}"
        raise Stopped(f"{full}; make room, then run this again") from error


def give_back_reserve(folder: Path) -> None:
    """Let go of the room, if it is kept."""
    with suppress(OSError):
        (folder / NAME).unlink(missing_ok=True)
