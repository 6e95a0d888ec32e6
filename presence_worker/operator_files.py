"""The operator's own files: where they are looked for, and how their text is read.

The account of a service may have no home directory. What editors put at the beginning of a text file
says its encoding: UTF-8's mark means nothing, and other encodings are refused by their names.
"""

import codecs
import io
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

from .errors import OptionFault, UsageFault

NAME = "presence-worker"
HERE = Path("presence-worker.toml")  # in the working directory
CONFIG_VARIABLE = "PRESENCE_WORKER_CONFIG"
WIDE = {  # those of UTF-32 first: they begin like those of UTF-16
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
SAVE = "save it as UTF-8 (in Notepad: Save as, Encoding UTF-8; in PowerShell: Set-Content -Encoding utf8)"


class WideError(ValueError):
    """A file is in an encoding of two or four bytes a character; the text says so, and what to do."""


def find_config(named: Path | None) -> Path | None:
    """Return the configuration file to read, or None; one that was named must exist."""
    if named and not named.is_file():
        raise OptionFault(f"configuration file {named}: no such file")
    named = named or (Path(value) if (value := os.environ.get(CONFIG_VARIABLE)) else None)
    if named:
        if not named.is_file():
            raise UsageFault(f"configuration file {named}: no such file")
        return named
    finders: tuple[Callable[..., Path], ...] = (platformdirs.user_config_path, platformdirs.site_config_path)
    homes = map(_user_directory, finders)
    usual = (HERE, Path("config", HERE), *(home / "config.toml" for home in homes if home))
    found = next((path for path in usual if os.path.isfile(path)), None)  # noqa: PTH113 - also where we may not look
    if found is HERE:
        _check_owner(HERE)
    return found


def _check_owner(file: Path) -> None:
    """Raise UsageFault for a file of another user: with a folder for all, they could choose our settings."""
    owner = file.stat().st_uid
    if hasattr(os, "geteuid") and owner not in (0, os.geteuid()):
        raise UsageFault(
            f"configuration file {file.absolute()}: belongs to another user (uid {owner}); "
            "if you trust it, name it with --config"
        )


def state_home() -> Path | None:
    """Return the user's state directory for this program; None for a user without a home of their own.

    Root in the home of another user (`sudo` may keep HOME) would leave files that this user cannot write.
    """
    path = _user_directory(platformdirs.user_state_path)
    return None if path and _is_guest(path) else path


def _user_directory(place: Callable[..., Path]) -> Path | None:
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


def remove_mark(content: bytes) -> bytes:
    """Return a file's content without UTF-8's byte-order mark; raise WideError for UTF-16 and UTF-32."""
    wide = next((name for mark, name in WIDE.items() if content.startswith(mark)), None)
    if wide:
        raise WideError(f"is in {wide}; {SAVE}")
    if b"\0" in content[:4]:
        raise WideError(f"has NUL characters, like UTF-16 without its byte-order mark; {SAVE}")
    return content.removeprefix(codecs.BOM_UTF8)


def read_text(file: Path) -> str:
    """Return the text of a file, its lines ended in one way; raise UsageFault where it cannot be read."""
    try:
        return io.StringIO(remove_mark(file.read_bytes()).decode(), newline=None).read()
    except WideError as error:
        raise UsageFault(f"{file}: {error}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageFault(f"{file}, line {line}: not valid UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise UsageFault(f"{file}: {error.strerror}") from None


def newest_match(pattern: str) -> str | None:
    """Return the file that a path or a pattern means, of several the one changed last; None for none.

    Of files changed at the same moment it is the one whose name is last in the alphabet. A pattern does not
    mean hidden files.
    """
    named = Path(pattern).expanduser().absolute()
    if named.is_file():
        return str(named)
    root = Path(named.anchor)
    with suppress(OSError, ValueError):  # a file that has just gone, a pattern that is none
        found = [file for file in root.glob(str(named.relative_to(root))) if not file.name.startswith(".")]
        files = [(file.stat().st_mtime_ns, str(file)) for file in found if file.is_file()]
        return max(files, default=(0, None))[1]
    return None
