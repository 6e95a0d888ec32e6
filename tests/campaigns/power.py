"""Power that goes when a process is killed: most of the time it takes along what was not synced."""

import random
from pathlib import Path

from .disk import Disk, put_back
from .disk_log import calls_in, drop_cut_call, watching
from .night import Night

LOG = "calls"


class PowerLoss:
    """Owns the layer that watches the calls of a night's processes."""

    def __init__(self, library: Path) -> None:
        self._library = library

    def env(self, folder: Path) -> dict[str, str]:
        """Give the environment of a night's processes."""
        return watching(self._library, under=folder / "disk", log=folder / LOG)

    def strike(self, night: Night, luck: random.Random) -> bool:
        """Let the power go, or, one time in four, only the process: what it wrote may go the next time."""
        log = night.disk.parent / LOG
        if luck.random() < 0.25:
            drop_cut_call(log)
            return False
        disk = night.safe
        disk.take_in(calls_in(log))
        put_back(night.disk, disk.lose_power(luck))
        log.unlink(missing_ok=True)
        night.safe = Disk(night.disk)
        return True
