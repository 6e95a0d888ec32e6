"""Directories that nobody else looks into, nor has made for us."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from ..errors import UsageFault

PRIVATE = 0o700


def make_private(directory: Path) -> None:
    """Make *directory*, and what is missing above it, open to its owner alone; raise OSError."""
    missing = [path for path in directory.parents if not path.exists()]
    for path in (*reversed(missing), directory):
        path.mkdir(mode=PRIVATE, exist_ok=True)  # mkdir's own `parents` would leave the modes to the umask


def is_ours(directory: Path) -> bool:
    """Whether we own *directory*, and so may set its mode."""
    return not hasattr(os, "geteuid") or directory.stat().st_uid == os.geteuid()


def is_trusted(owner: int) -> bool:
    """Whether a file's owner is us or root; where files have no such owner, everybody is."""
    return not hasattr(os, "geteuid") or owner in (os.geteuid(), 0)


def check_owner(directory: Path) -> None:
    """Raise UsageFault for a state directory that belongs to another user than us and root.

    That user could read our runs, and could no longer work with what we leave there: root is no exception.
    """
    try:
        owner = directory.stat().st_uid
    except FileNotFoundError:
        return
    except OSError as error:
        raise unusable(directory, error) from None
    if not is_trusted(owner):
        name = _name_of(directory, owner)
        raise UsageFault(
            f"state directory {directory}: belongs to {name}; run this as that user, "
            "or name another directory with --state-dir"
        )


def unusable(directory: Path, error: OSError) -> UsageFault:
    """Give the error for a state directory that the system refuses."""
    return UsageFault(f"state directory {directory}: {error.strerror}; name another one with --state-dir")


def _name_of(directory: Path, owner: int) -> str:
    if sys.platform != "win32":
        with suppress(KeyError):
            return directory.owner()
    return f"user {owner}"
