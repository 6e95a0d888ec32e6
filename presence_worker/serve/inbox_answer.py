"""What HR finds in a folder after the first run of a file: the file, moved, and the answer beside it."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ..journal import sync_directory, write_whole
from .inbox_files import FoundFile, is_unchanged

RESULT = ".result.txt"
LONGEST = 240  # bytes of a name: file systems have 255, and it is written under a longer one first
NOT_A_FOLDER = "not a folder"


class AnswerPlace(NamedTuple):
    """Where the answer about a file goes."""

    folder: Path  # that the file was taken from
    kind: str  # done or refused
    name: str  # the run's; without a run, the job's


def put_answer(place: AnswerPlace, file: FoundFile, marker: str | None, text: str) -> None:
    """Move a file with its answer to its place; raise OSError.

    This can be done again after a kill at any moment. What is there by now under the file's name, and was not
    taken, stays where it is.
    """
    like = place.folder.stat()
    above = _make_folder(place.folder / place.kind, like)
    into = _make_folder(above / place.name, like)
    if is_unchanged(place.folder, file):
        _move(place.folder, file, into, marker)
    answer = into / _result_name(file.name)
    write_whole(answer, lambda opened: bool(opened.write(text.encode("utf-8", "replace"))))
    _share(answer, like, 0o640 | like.st_mode & 0o004)
    for changed in (into, above, place.folder):
        sync_directory(changed)


def _make_folder(folder: Path, like: os.stat_result) -> Path:
    """Make a folder as open as the one that people put files in; a link in its place is a trap."""
    try:
        folder.mkdir()
    except FileExistsError:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise NotADirectoryError(0, NOT_A_FOLDER, str(folder)) from None
    else:
        _share(folder, like, stat.S_IMODE(like.st_mode) | 0o700)
    return folder


def _share(path: Path, like: os.stat_result, mode: int) -> None:
    """Let the folder's group in, where the system lets us."""
    with suppress(OSError):
        if hasattr(os, "chown"):
            os.chown(path, -1, like.st_gid)
    try:
        path.chmod(mode)
    except OSError:  # systemd's RestrictSUIDSGID: no bit that hands the group on
        with suppress(OSError):
            path.chmod(mode & 0o777)


def _move(folder: Path, file: FoundFile, into: Path, marker: str | None) -> None:
    """Move a file; the marker goes first: one that is left would call a later file of this name complete."""
    if marker:
        (folder / f"{file.name}{marker}").unlink(missing_ok=True)
    target = next(path for path in _names(into, file.name) if not os.path.lexists(path) or _is(path, file))
    (folder / file.name).replace(target)
    if not _is(target, file) and not os.path.lexists(folder / file.name):
        target.replace(folder / file.name)  # it was written over at this very moment, and is taken next


def _is(path: Path, file: FoundFile) -> bool:
    return is_unchanged(path.parent, file._replace(name=path.name))


def _names(into: Path, name: str) -> Iterator[Path]:
    yield into / name
    yield from (into / f"{number}-{name}" for number in count(2))


def _result_name(name: str) -> str:
    while len(os.fsencode(name + RESULT)) > LONGEST:
        name = name[:-1]
    return name + RESULT
