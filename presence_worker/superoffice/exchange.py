"""One request and its answer, as the HTTP library is to carry them out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

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

    Redirects are not followed. Raises what the network raises; see `network.LOST`.
    """
    response = await session.request(method, url, data=data, headers=headers, allow_redirects=False)
    try:
        return Answer(response.status, response.headers, await _bounded(response, longest))
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
