"""The calls a process made on the files under one directory, as `disk_log.c` tells them."""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .layer import compiled

SOURCE = Path(__file__).with_suffix(".c")
HEAD = struct.Struct("<cQQQQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that succeeded."""

    kind: str
    path: str
    second: str
    data: bytes
    at: int  # offset, or size


def built(folder: Path) -> Path:
    """Compile the layer that tells of calls; skip where that cannot be."""
    return compiled(SOURCE, folder)


def watching(library: Path, *, under: Path, log: Path) -> dict[str, str]:
    """Give the environment of a process whose calls on files *under* a directory are told to a log."""
    return {"LD_PRELOAD": str(library), "DISK_UNDER": str(under), "DISK_LOG": str(log)}


def calls_in(log: Path) -> Iterator[Call]:
    """Yield the calls of a log; one that the kill cut short was never seen to succeed."""
    return (call for call, _ in _calls_with_ends(log))


def drop_cut_call(log: Path) -> None:
    """Remove the call that a kill cut short: the next process writes its calls behind it."""
    if log.exists():
        ends = [end for _, end in _calls_with_ends(log)]
        os.truncate(log, ends[-1] if ends else 0)


def _calls_with_ends(log: Path) -> Iterator[tuple[Call, int]]:
    text, place = log.read_bytes() if log.exists() else b"", 0
    while place + HEAD.size <= len(text):
        kind, *sizes, at = HEAD.unpack_from(text, place)
        path, second, data = _parts(text, place + HEAD.size, sizes)
        place += HEAD.size + sum(sizes)
        if place <= len(text):
            call = Call(kind=kind.decode(), path=path.decode(), second=second.decode(), data=data, at=at)
            yield call, place


def _parts(text: bytes, place: int, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        yield text[place : place + size]
        place += size
