"""The parts of an XLSX file, each unpacked once and counted before anything is made of it."""

import posixpath
import zipfile
from collections.abc import Mapping
from typing import IO, NamedTuple

from ...errors import InputRefused
from ..containers import CHUNK, Bounds, refuse_unreadable
from .elements import elements, few

KIND = "an XLSX workbook"
BOUNDS = Bounds(most=1 << 30)  # of all parts together
MOST_NAMED = 10_000  # sheets, or links to other parts
MERGED = b"mergeCell"


class Link(NamedTuple):
    """What a part says of another one."""

    mark: str
    kind: str  # such as "worksheet"
    path: str


class Parts:
    """Owns the archive; whatever is damaged raises one of `DAMAGE`, LookupError, ParseError or ExpatError."""

    def __init__(self, name: str, file: IO[bytes], bounds: Bounds = BOUNDS) -> None:
        self._name = name
        self._archive = zipfile.ZipFile(file)
        self._parts = {_plain(part.filename): part for part in self._archive.infolist()}
        self._with_merges: set[str] = set()
        self._look_over(bounds.of(file))

    def open(self, path: str) -> IO[bytes]:
        """Open a part; raise LookupError where there is none."""
        return self._archive.open(self._parts[path])

    def __contains__(self, path: str) -> bool:
        return path in self._parts

    def may_have_merges(self, path: str) -> bool:
        """Whether a part speaks of merged cells."""
        return path in self._with_merges

    def links_of(self, path: str) -> list[Link]:
        """Give the links of a part to others; of "", those of the whole file."""
        folder, name = posixpath.split(path)
        with self.open(posixpath.join(folder, "_rels", f"{name}.rels")) as part:
            found = few(elements(part, {"Relationships": "Relationship"}), MOST_NAMED)
        links = [_link(link.attrib, folder) for link in found if link.get("TargetMode") != "External"]
        if len({link.mark for link in links}) != len(links):
            raise ValueError("two links with one mark")
        return links

    def _look_over(self, allowed: int) -> None:
        parts = self._archive.infolist()
        if len(parts) != len(self._parts):
            raise ValueError("two parts with one name")
        refuse_unreadable(self._name, KIND, parts)
        for path, part in self._parts.items():
            with self._archive.open(part) as inside:
                before = b""
                while chunk := inside.read(CHUNK):
                    allowed -= len(chunk)
                    if allowed < 0:
                        words = "that unpacks to far more than a table; save it as CSV (UTF-8)"
                        raise InputRefused(f"{self._name}: {KIND} {words}")
                    seen = (before + chunk).replace(b"\0", b"")  # UTF-16 has them
                    if MERGED in seen:
                        self._with_merges.add(path)
                    before = chunk[-2 * len(MERGED) :]


def _plain(path: str) -> str:
    return path.replace("\\", "/").lower()


def _link(said: Mapping[str, str], folder: str) -> Link:
    path = posixpath.join("/", folder, _plain(said["Target"]))
    return Link(said["Id"], said["Type"].rpartition("/")[2], posixpath.normpath(path).lstrip("/"))
