"""A small disk of our own, which can be filled and emptied while others work on it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

MOUNT = 'mount -t tmpfs -o size="$1" none "$2" && echo mounted && read -r _'
BLOCK = 4096  # bytes


class SmallDisk:
    """Owns a file system that only processes started with *command* see; we look at it from outside."""

    def __init__(self, process: "subprocess.Popen[str]", place: Path) -> None:
        self.place = place  # for processes on it
        self.seen = Path(f"/proc/{process.pid}/root") / place.relative_to("/")  # for us
        self.command = ("nsenter", f"--mount=/proc/{process.pid}/ns/mnt", "--")
        self._ballast = self.seen / "ballast"

    def fill(self, leaving: int = 0) -> None:
        """Leave so many bytes of room, rounded down to blocks."""
        room = os.statvfs(self.seen)
        blocks = room.f_bavail * room.f_frsize // BLOCK - leaving // BLOCK
        with self._ballast.open("ab", buffering=0) as ballast, suppress(OSError):  # somebody else was faster
            for _ in range(blocks):
                ballast.write(bytes(BLOCK))

    def empty(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[SmallDisk]:
    """Mount a file system of *size*, such as "8m"; skip where that is not permitted."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("needs unshare and nsenter (util-linux) for a disk of its own")
    place.mkdir()
    words = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", size, str(place)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            if process.stdout.readline() != "mounted\n":
                pytest.skip("this user may not mount a file system")
            yield SmallDisk(process, place)
        finally:
            process.kill()
