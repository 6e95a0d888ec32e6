"""The parts of an XLSX file, each unpacked once before anything is made of its elements."""

import posixpath
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import IO, Any, NamedTuple, NoReturn, TypeVar
from xml.etree.ElementTree import Element, XMLPullParser
from xml.parsers import expat

from ...errors import InputRefused
from ..containers import CHUNK, Bounds, refuse_unreadable

PIECE = 1 << 16  # bytes of XML parsed at once
MOST = 4 << 20  # bytes from one element to the next; a row of a sheet is far shorter
KIND = "an XLSX workbook"
BOUNDS = Bounds(most=1 << 30)  # of all parts together
MOST_LINKS = 10_000  # sheets, or links to other parts
MERGED = b"mergeCell"
Events = Iterator[Any]  # of XML: ("start" or "end", element)
Found = TypeVar("Found")


class Link(NamedTuple):
    """What a part says of another one."""

    mark: str
    kind: str  # such as "worksheet"
    path: str


class Package:
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
        """Return whether a part speaks of merged cells."""
        return path in self._with_merges

    def links_of(self, path: str) -> list[Link]:
        """Return the links of a part to others; of "", those of the whole file."""
        folder, name = posixpath.split(path)
        with self.open(posixpath.join(folder, "_rels", f"{name}.rels")) as part:
            found = at_most(read_elements(part, {"Relationships": "Relationship"}), MOST_LINKS)
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
            allowed = self._read_once(path, part, allowed)

    def _read_once(self, path: str, part: zipfile.ZipInfo, allowed: int) -> int:
        """Return how many bytes the parts behind it may have; raise InputRefused for too many."""
        before = b""
        with self._archive.open(part) as inside:
            while chunk := inside.read(CHUNK):
                allowed -= len(chunk)
                if allowed < 0:
                    words = "that unpacks to far more than a table. Save it as CSV (UTF-8)"
                    raise InputRefused(f"{self._name}: {KIND} {words}")
                seen = (before + chunk).replace(b"\0", b"")  # UTF-16 has them
                if MERGED in seen:
                    self._with_merges.add(path)
                before = chunk[-2 * len(MERGED) :]
        return allowed


def _plain(path: str) -> str:
    return path.replace("\\", "/").lower()


def _link(said: Mapping[str, str], folder: str) -> Link:
    path = posixpath.join("/", folder, _plain(said["Target"]))
    return Link(said["Id"], said["Type"].rpartition("/")[2], posixpath.normpath(path).lstrip("/"))


# -- the elements of a part, one after the other, in little memory -------------------------------------------


class _Feed:
    """Owns the parser of a part, and a second one for its prolog: the first passes over a document type."""

    def __init__(self, part: IO[bytes]) -> None:
        self.waiting = 0  # bytes since something was of use
        self._part = part
        self._parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        self._prolog = expat.ParserCreate()
        self._prolog.StartDoctypeDeclHandler = _refuse_doctype
        self._prolog.StartElementHandler = self._end_prolog
        self._has_begun = False

    def events(self) -> Iterator[Events]:
        """Yield what begins and what ends, as ("start" or "end", element), piece by piece of the part."""
        while chunk := self._part.read(PIECE):
            self.waiting += len(chunk)
            if self.waiting > MOST:
                raise ValueError("nothing of use")
            if not self._has_begun:
                self._prolog.Parse(chunk)
            self._parser.feed(chunk)
            yield self._parser.read_events()
        self._parser.close()

    def _end_prolog(self, _name: str, _attributes: dict[str, str]) -> None:
        self._has_begun = True
        self._prolog.StartElementHandler = None


def _refuse_doctype(_name: str, _system: str | None, _public: str | None, _has_subset: int) -> NoReturn:
    raise ValueError("a document type")


def read_elements(part: IO[bytes], wanted: Mapping[str, str]) -> Iterator[Element]:
    """Yield what is *wanted* (parent: child) element by element; stop behind the last parent.

    An element is whole when it is given, and has left its parent. Names have no namespace here, but parent
    and child share one. Raise ParseError, ExpatError or ValueError for what is not XML or has a document
    type, and for cells outside of rows. Raise them, too, for so much without an element that it is an attack.
    """
    feed, last = _Feed(part), [*wanted][-1]
    events = chain.from_iterable(feed.events())
    for event, parent in events:
        name = local_name(parent.tag)
        if event == "start" and name in wanted:
            yield from _children(parent, parent.tag.removesuffix(name) + wanted[name], events, feed)
            if name == last:
                return


def _children(parent: Element, tag: str, events: Events, feed: _Feed) -> Iterator[Element]:
    """Yield the children of an element with this *tag*, up to its end."""
    for event, element in events:
        if event == "end" and element.tag == tag:
            parent.remove(element)
            feed.waiting = 0
            yield element
        elif event == "end" and element.tag == parent.tag:
            _refuse_lost(element)
            return


def _refuse_lost(parent: Element) -> None:
    if len(parent) and local_name(parent.tag) == "sheetData":
        raise ValueError("cells outside of rows")


def at_most(found: Iterable[Found], most: int) -> list[Found]:
    """Return what was *found*; raise ValueError for more than there can be."""
    kept = [*islice(found, most + 1)]
    if len(kept) > most:
        raise ValueError("more than there can be")
    return kept


@lru_cache(maxsize=1000)
def local_name(tag: str) -> str:
    """Return a name without its namespace."""
    return tag.rpartition("}")[2]
