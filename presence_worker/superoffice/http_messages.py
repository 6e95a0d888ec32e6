"""What is asked over HTTP and what is answered, whichever way it goes."""

import codecs
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred, a token some thousand
LONGEST_HEAD = 64 * 1024  # bytes of an answer before its body
MOST_HEADERS = 500  # of one answer
PACKED = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # zlib's wbits


@dataclass(slots=True)
class Request:
    """What is asked of a host, and whether the host may know."""

    method: str
    path: str  # below the host's root, with its query
    body: bytes | None = None
    headers: Mapping[str, str] | None = None  # beside those of all requests, or in place of them
    longest: int = LONGEST_ANSWER  # bytes of the answer that are read
    is_written: bool = False  # a byte of it may have left this machine


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes  # cut where it is longer than was asked for


def unpack(answer: Answer, longest: int) -> Answer:
    """Unpack a body that is packed although we did not ask for it, up to as many bytes; drop a BOM."""
    packing, body = answer.headers.get("Content-Encoding", "").strip().lower(), answer.body
    if packing in PACKED:
        body = _unpack(body, packing, longest)
    elif not body.startswith(codecs.BOM_UTF8):
        return answer
    return answer._replace(body=body.removeprefix(codecs.BOM_UTF8))


def _unpack(body: bytes, packing: str, longest: int) -> bytes:
    """Unpack a body, cut where it is too long; one that is not packed so, or not whole, stays as it is."""
    for wbits in PACKED[packing]:  # "deflate" is with a header by the standard, and without by some servers
        unpacking = zlib.decompressobj(wbits)
        try:
            plain = unpacking.decompress(body, longest + 1)
        except zlib.error:
            continue
        if (unpacking.eof and not unpacking.unused_data) or len(plain) > longest:
            return plain
    return body
