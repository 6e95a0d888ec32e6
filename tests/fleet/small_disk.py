"""A disk of the database that gets full on cue."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .postgres import Postgres, servant

SIZE = 64  # MiB
BLOCK = bytes(1 << 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """Owns a place with little room, which is a tablespace of a server."""

    name: str  # of the tablespace
    folder: Path

    def fill(self) -> None:
        """Take all the room that is left."""
        with (self.folder / "filling").open("ab", buffering=0) as file:
            try:
                while file.write(BLOCK) == len(BLOCK):
                    pass
            except OSError:
                return

    def clear(self) -> None:
        """Give the room back."""
        (self.folder / "filling").unlink()


@contextmanager
def small_tablespace(server: Postgres) -> Iterator[SmallDisk]:
    """Make a tablespace with little room; skip where we may not mount one."""
    disk = SmallDisk(name="small", folder=server.folder / "small")
    disk.folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(disk.folder))
    if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        (disk.folder / "data").mkdir(mode=0o700)
        if user := servant():
            os.chown(disk.folder / "data", user.pw_uid, user.pw_gid)
        server.ask(f"CREATE TABLESPACE {disk.name} LOCATION '{disk.folder / 'data'}'")
        yield disk
    finally:
        server.stop()
        subprocess.run(["umount", str(disk.folder)], check=True)
