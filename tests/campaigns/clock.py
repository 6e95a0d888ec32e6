"""A wall clock that is wrong in another way for each process, and jumps while it works."""

import random
from pathlib import Path

from .layer import compiled

SOURCE = Path(__file__).with_suffix(".c")
MOST_OFF = 3 * 3600  # seconds: no run may seem to be too old to be resumed
LATEST_JUMP = 3  # seconds after a process began


class ClockJumps:
    """Owns the layer between a night's processes and the clock."""

    def __init__(self, folder: Path) -> None:
        self._library = compiled(SOURCE, folder)

    def env(self, folder: Path) -> dict[str, str]:
        """Return the environment of a night's processes; skip where the layer cannot be compiled."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_FILE": str(folder / "clock")}

    def set_clock(self, folder: Path, luck: random.Random) -> None:
        """Let the clock of the next process be off, and jump once."""
        before, after = (luck.randint(-MOST_OFF, MOST_OFF) for _ in range(2))
        (folder / "clock").write_text(f"{before} {luck.randint(0, LATEST_JUMP)} {after}\n", "utf-8")
