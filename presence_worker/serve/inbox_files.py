"""The files in a folder that jobs are taken from: which are complete, and which are never taken."""

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from ..sanitize import clean
from ..settings.serve import Complete

NEVER = re.compile(r"[.~].*|.*\.(part|tmp|filepart|crdownload)", re.IGNORECASE | re.DOTALL)
DONE, REFUSED = "done", "refused"  # folders for answered files
TEMPORARY = "hidden, or named like a file that is not complete"
LINK = "a link; copy the file instead"
PASSED_OVER = ""  # it may be complete under another name soon
SECOND_NAME = "another owner's file with several hard links; copy it instead"
NO_FILE = "not a file"
OUR_FOLDER = f'the folder "{DONE}" or "{REFUSED}" needs this name'
READING = os.O_RDONLY
for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
    READING |= getattr(os, flag, 0)
UPLOAD = 3600.0  # seconds that one may take
PIECE = 1 << 20  # bytes


class NotTaken(Exception):
    """A file is not taken now: it has changed while it was read, or it is not a file that may be taken."""


class FoundFile(NamedTuple):
    """A file as it was found; another content has another size, or another time of change."""

    name: str
    size: int  # bytes
    changed: int  # nanoseconds since 1970


class FolderListing(NamedTuple):
    """What is in a folder."""

    files: list[FoundFile]  # that may be taken, those that changed first are first
    left: Mapping[str, str]  # name: why it is never taken; "": it goes without saying


def list_folder(folder: Path, complete: Complete) -> FolderListing:
    """Return the files that are complete, but for `quiet`; raise OSError where the folder cannot be read."""
    with os.scandir(folder) as found:
        entries = {entry.name: entry for entry in found}
    files, left = [], {}
    for name, entry in entries.items():
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:  # it has just gone
            continue
        why = _why_never(entry, status)
        if why is not None:
            left[name] = why
        elif _is_candidate(name, status, entries, complete):
            files.append(FoundFile(name, status.st_size, status.st_mtime_ns))
    return FolderListing(sorted(files, key=lambda file: (file.changed, file.name)), left)


def _why_never(entry: "os.DirEntry[str]", status: os.stat_result) -> str | None:
    is_ours = entry.name.lower() in (DONE, REFUSED)
    if entry.is_symlink():
        return LINK
    if not stat.S_ISREG(status.st_mode):
        return None if is_ours and entry.is_dir(follow_symlinks=False) else NO_FILE
    if is_ours:
        return OUR_FOLDER
    if NEVER.fullmatch(entry.name):
        return TEMPORARY if time.time() - status.st_mtime > UPLOAD else PASSED_OVER
    return SECOND_NAME if _is_anothers(status) else None


def _is_anothers(status: os.stat_result) -> bool:
    return status.st_nlink > 1 and hasattr(os, "geteuid") and status.st_uid != os.geteuid()


def _is_candidate(name: str, status: os.stat_result, entries: Iterable[str], complete: Complete) -> bool:
    """Return whether a file that may be taken is complete. Markers and our own folder are not taken."""
    if not stat.S_ISREG(status.st_mode):
        return False
    marker = complete.marker
    return marker is None or (not name.endswith(marker) and f"{name}{marker}" in entries)


def copy_file(source: Path, target: Path) -> tuple[FoundFile, str]:
    """Copy a file as it is now, with its time of change; return what it was, and its digest.

    Raise NotTaken where it changes in between, or is not such a file any more, and OSError.
    """
    descriptor = os.open(source, READING)
    with os.fdopen(descriptor, "rb") as file, target.open("xb") as copy:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode) or _is_anothers(before):
            raise NotTaken
        digest, size = hashlib.sha256(), 0
        while size <= before.st_size and (piece := file.read(PIECE)):  # one may grow without end
            digest.update(piece)
            size += copy.write(piece)
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (size, after.st_mtime_ns):
        raise NotTaken
    with suppress(OSError, OverflowError):  # a time that this system cannot keep
        os.utime(target, ns=(after.st_mtime_ns, after.st_mtime_ns))
    return FoundFile(source.name, size, after.st_mtime_ns), digest.hexdigest()


def is_unchanged(folder: Path, file: FoundFile) -> bool:
    """Return whether a file is in a folder as it was found."""
    try:
        status = (folder / file.name).lstat()
    except OSError:
        return False
    is_same = (status.st_size, status.st_mtime_ns) == (file.size, file.changed)
    return is_same and stat.S_ISREG(status.st_mode)


def origin_of(folder: Path, file: FoundFile, sha256: str) -> dict[str, str]:
    """Return where a job comes from, as the queue keeps it; a name may have bytes that are not text."""
    return {
        "folder": str(folder),
        "name": quote_from_bytes(os.fsencode(file.name)),
        "size": str(file.size),
        "changed": str(file.changed),
        "digest": sha256,
    }


def file_of(origin: Mapping[str, str]) -> FoundFile:
    """Return the file that a job comes from, as it was found."""
    name = os.fsdecode(unquote_to_bytes(origin["name"]))
    return FoundFile(name, int(origin["size"]), int(origin["changed"]))


def key_of(origin: Mapping[str, str]) -> str:
    """Return the key under which a file is taken once."""
    return hashlib.sha256("\0".join(origin.values()).encode()).hexdigest()


def name_of(name: str) -> str:
    """Return the name of a file as text on one line: it may have other bytes, and signs that steer."""
    return clean(os.fsencode(name).decode("utf-8", "replace"))
