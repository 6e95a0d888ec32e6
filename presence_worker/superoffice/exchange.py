"""One request and its answer, as the HTTP library is to carry them out."""

import codecs
import zlib
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

PACKED = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # zlib's wbits
LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred, a token some thousand


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes  # cut where it is longer than was asked for


Exchange = Callable[..., Awaitable[Answer]]  # like `exchange`, over a session or lines of its own


async def exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    *,
    data: bytes | dict[str, str] | None = None,  # a dictionary is sent as a form
    headers: dict[str, str] | None = None,  # beside those of the session
    longest: int = LONGEST_ANSWER,
) -> Answer:
    """Send one request, and read its answer up to *longest* bytes.

    What is packed although we did not ask for it is unpacked, up to as many bytes. Redirects are not
    followed. Raises what the network raises; see `request_errors.REQUEST_ERRORS`.
    """
    response = await session.request(method, url, data=data, headers=headers, allow_redirects=False)
    try:
        body = await _bounded(response, longest)
        packing = response.headers.get("Content-Encoding", "").strip().lower()
        if packing in PACKED:
            body = _unpacked(body, packing, longest)
        return Answer(response.status, response.headers, body.removeprefix(codecs.BOM_UTF8))
    finally:
        response.release()  # at once, which `async with` would wait for


async def _bounded(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """Read an answer up to a sane size; the connection of a longer one is closed, not drained."""
    body = await response.content.readany()
    while not response.content.at_eof() and len(body) <= longest:
        body += await response.content.readany()
    if len(body) > longest:
        response.close()
    return body


def _unpacked(body: bytes, packing: str, longest: int) -> bytes:
    """Unpack an answer, cut where it is too long; one that is not packed so, or not whole, stays as it is."""
    for wbits in PACKED[packing]:  # "deflate" is with a header by the standard, and without by some servers
        unpacking = zlib.decompressobj(wbits)
        try:
            plain = unpacking.decompress(body, longest + 1)
        except zlib.error:
            continue
        if (unpacking.eof and not unpacking.unused_data) or len(plain) > longest:
            return plain
    return body
