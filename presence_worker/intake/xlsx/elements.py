"""The elements of an XML part, one after the other, in little memory."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from typing import IO, Any, NoReturn, TypeVar
from xml.etree.ElementTree import Element, XMLPullParser
from xml.parsers import expat

CHUNK = 1 << 16
MOST = 4 << 20  # bytes from one element to the next; a row of a sheet is far shorter

Found = TypeVar("Found")


def elements(part: IO[bytes], wanted: Mapping[str, str]) -> Iterator[Element]:
    """Yield what is *wanted* (parent: child) element by element; stop behind the last parent.

    An element is whole when it is given, and has left its parent. Names have no namespace here, but parent
    and child share one. Raise ParseError, ExpatError or ValueError for what is not XML or has a document
    type, for cells outside of rows, and for so much without an element that only an attack has it.
    """
    feed, last = _Feed(part), [*wanted][-1]
    parent: Element | None = None
    above = child = ""  # the tags of the parent, and of what is wanted in it
    for event, element in chain.from_iterable(feed.events()):
        tag = element.tag
        if tag == child:
            if event == "end" and parent is not None:
                parent.remove(element)
                feed.waiting = 0
                yield element
        elif tag == above:
            if event == "end":
                _refuse_lost(element)
                if local(tag) == last:
                    return
                parent, above, child = None, "", ""
        elif parent is None and event == "start" and local(tag) in wanted:
            parent, above = element, tag
            child = tag.removesuffix(local(tag)) + wanted[local(tag)]


def _refuse_lost(parent: Element) -> None:
    if len(parent) and local(parent.tag) == "sheetData":
        raise ValueError("cells outside of rows")


class _Feed:
    """Owns the parser of a part, and a second one for its prolog: the first passes over a document type."""

    def __init__(self, part: IO[bytes]) -> None:
        self.waiting = 0  # bytes since something was of use
        self._part = part
        self._parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        self._prolog = expat.ParserCreate()
        self._prolog.StartDoctypeDeclHandler = _refuse
        self._prolog.StartElementHandler = self._begin
        self._has_begun = False

    def events(self) -> Iterator[Iterator[Any]]:
        """Yield what begins and what ends, as ("start" or "end", element), piece by piece of the part."""
        while chunk := self._part.read(CHUNK):
            self.waiting += len(chunk)
            if self.waiting > MOST:
                raise ValueError("nothing of use")
            if not self._has_begun:
                self._prolog.Parse(chunk)
            self._parser.feed(chunk)
            yield self._parser.read_events()
        self._parser.close()

    def _begin(self, *_: object) -> None:
        self._has_begun = True
        self._prolog.StartElementHandler = None


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a document type")


def few(found: Iterable[Found], most: int) -> list[Found]:
    """Give what was *found*; raise ValueError for more than there can be."""
    kept = [*islice(found, most + 1)]
    if len(kept) > most:
        raise ValueError("more than there can be")
    return kept


@lru_cache(maxsize=1000)
def local(tag: str) -> str:
    """Give a name without its namespace."""
    return tag.rpartition("}")[2]
