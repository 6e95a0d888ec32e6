"""A disk that forgets what was not synced: what survives a power loss, by the calls a process made.

Nothing is kept but what POSIX promises. A file's content is safe once the file was synced. Its name, and
that it was moved or unlinked, is safe once the *directory* was synced. Of the rest anything may survive:
nothing, all of it, any of the writes, any of their sectors; of names, a beginning of what was done in a
directory.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .disk_log import Call

SECTOR = 512  # bytes that survive together
FLEETING = ("-shm", ".lock", " (deleted)")  # memory and locks of living processes, and what has no name


Piece = tuple[int, bytes | None]  # a write at an offset, or (with None) a cut or stretch to a size


@dataclass(slots=True, eq=False)
class Node:
    """A file or directory: what is safe of it, and what is not yet."""

    content: bytes | None  # None: a directory
    unsynced: list[Piece] = field(default_factory=list)
    moves: list[tuple[Call, "Node"]] = field(default_factory=list)  # names made in it, moved and unlinked


class Disk:
    """Owns what a directory holds: as it looks to everybody now, and as it will look without power."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[str, Node] = {str(root): Node(None)}
        for path in sorted(root.rglob("*")):
            if not path.name.endswith(FLEETING):
                self._seen[str(path)] = Node(None if path.is_dir() else path.read_bytes())
        self._safe = dict(self._seen)

    def take_in(self, calls: Iterator[Call]) -> None:
        """Learn what was done."""
        for call in calls:
            if not call.path.endswith(FLEETING):
                DEEDS[call.kind](self, call)

    def lose_power(self, luck: random.Random) -> dict[str, bytes | None]:
        """Give what is there afterwards, by path; None for directories."""
        fate = luck.choice(FATES)
        names = dict(self._safe)
        for directory in dict.fromkeys([*self._safe.values(), *self._seen.values()]):
            done = 0 if fate is nothing else luck.randint(0, len(directory.moves))
            for call, node in directory.moves[:done]:
                _rename(names, call, node)
        found = {path: _applied(node.content, fate(node.unsynced, luck)) for path, node in names.items()}
        return {path: content for path, content in found.items() if self._is_reached(path, found)}

    def as_seen(self) -> dict[str, bytes | None]:
        """Give what is there for everybody now, by path."""
        return {path: _applied(node.content, node.unsynced) for path, node in self._seen.items()}

    def _is_reached(self, path: str, found: dict[str, bytes | None]) -> bool:
        """Whether the directories above it are there as well."""
        above = [str(parent) for parent in Path(path).parents if parent.is_relative_to(self._root)]
        return all(parent in found for parent in above)

    def _name(self, call: Call) -> None:
        above = str(Path(call.path).parent)
        self._imply("d", above)
        if call.kind in "mu":
            self._imply("c", call.path)
        node = Node(None if call.kind == "d" else b"") if call.kind in "cd" else self._seen[call.path]
        for directory, move in self._halves(call, above):
            self._seen[directory].moves.append((move, node))
        _rename(self._seen, call, node)

    def _halves(self, call: Call, above: str) -> list[tuple[str, Call]]:
        """Give what a call does to each directory: a move is safe in the one that was synced."""
        below = str(Path(call.second).parent)
        if call.kind != "m" or below == above:
            return [(above, call)]
        self._imply("d", below)
        new = Call(kind="c", path=call.second, second="", data=b"", at=0)
        return [(below, new), (above, Call(kind="u", path=call.path, second="", data=b"", at=0))]

    def _imply(self, kind: str, path: str) -> None:
        """Take it that something was made: who is killed right behind a call does not tell of it."""
        if path not in self._seen:
            self._name(Call(kind=kind, path=path, second="", data=b"", at=0))

    def _change(self, call: Call) -> None:
        if call.kind == "t":
            self._imply("c", call.path)
        if call.path in self._seen:  # else it was unlinked
            self._seen[call.path].unsynced.append((call.at, call.data if call.kind == "w" else None))

    def _sync(self, call: Call) -> None:
        node = self._seen.get(call.path)
        if node is None:
            return
        node.content = _applied(node.content, node.unsynced)
        node.unsynced.clear()
        for move, named in node.moves:
            _rename(self._safe, move, named)
        node.moves.clear()


DEEDS: dict[str, Callable[[Disk, Call], None]] = {
    **dict.fromkeys("cdmu", Disk._name),  # noqa: SLF001 - the table of its own methods
    **dict.fromkeys("wt", Disk._change),  # noqa: SLF001
    "s": Disk._sync,  # noqa: SLF001
}


def _rename(names: dict[str, Node], call: Call, node: Node) -> None:
    names.pop(call.path, None)
    if call.kind != "u":
        names[call.second or call.path] = node


def _applied(content: bytes | None, pieces: list[Piece]) -> bytes | None:
    if content is None:
        return None
    made = bytearray(content)
    for at, data in pieces:
        if data is None:
            made = made[:at]
        made.extend(bytes(max(0, at - len(made))))
        made[at : at + len(data or b"")] = data or b""
    return bytes(made)


# -- what survives of what was not synced --------------------------------------------------------------------


def nothing(_: list[Piece], __: random.Random) -> list[Piece]:
    """All of it was still in memory."""
    return []


def a_beginning(pieces: list[Piece], luck: random.Random) -> list[Piece]:
    """The disk was at it, in order."""
    return pieces[: luck.randint(0, len(pieces))]


def any_pieces(pieces: list[Piece], luck: random.Random) -> list[Piece]:
    """The disk was at it, in an order of its own."""
    return [piece for piece in pieces if luck.random() < 0.5]


def any_sectors(pieces: list[Piece], luck: random.Random) -> list[Piece]:
    """The disk was at it, in an order of its own, and writes are torn."""
    return any_pieces([sector for piece in pieces for sector in _sectors(*piece)], luck)


def _sectors(at: int, data: bytes | None) -> Iterator[Piece]:
    if data is None:
        yield at, None
    else:
        first = SECTOR - at % SECTOR
        yield at, data[:first]
        yield from ((at + n, data[n : n + SECTOR]) for n in range(first, len(data), SECTOR))


FATES = (nothing, a_beginning, any_pieces, any_sectors)


def put_back(root: Path, found: dict[str, bytes | None]) -> None:
    """Make the directory what the power loss left of it."""
    shutil.rmtree(root)
    for path, content in sorted(found.items()):
        if content is None:
            Path(path).mkdir(mode=0o700)
        else:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
