"""A user's own directories, as far as there are any: the account of a service may have no home."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

NAME = "presence-worker"


def state_home() -> Path | None:
    """Give the user's state directory for this program; None for a user without a home of their own.

    Root in the home of another user (`sudo` may keep HOME) would leave files that this user cannot write.
    """
    path = _known(platformdirs.user_state_path)
    return None if path and _is_guest(path) else path


def config_homes() -> list[Path]:
    """Give the directories where a configuration may be: the user's, then the system's."""
    places = (platformdirs.user_config_path, platformdirs.site_config_path)
    return [path for place in places if (path := _known(place))]


def _known(place: Callable[..., Path]) -> Path | None:
    try:
        path = place(NAME, appauthor=False)
    except RuntimeError:  # newer versions; older ones give "~" back
        return None
    return path if path.is_absolute() else None


def _is_guest(path: Path) -> bool:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    existing = next(above for above in (path, *path.parents) if above.exists())
    return existing.stat().st_uid != 0
