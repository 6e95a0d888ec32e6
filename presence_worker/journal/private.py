"""Directories nobody else looks into."""

from pathlib import Path

PRIVATE = 0o700


def make_private(directory: Path) -> None:
    """Make *directory*, and what is missing above it, open to its owner alone; raise OSError."""
    missing = [path for path in directory.parents if not path.exists()]
    for path in (*reversed(missing), directory):
        path.mkdir(mode=PRIVATE, exist_ok=True)  # mkdir's own `parents` would leave the modes to the umask
