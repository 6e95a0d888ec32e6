"""One request and its answer: at the root in force, with the credentials in force."""

from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred


class Answer(NamedTuple):
    """What the service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes  # cut where it is longer than was asked for


class Wire:
    """Owns the session with one service; made by `open_client`."""

    def __init__(self, session: aiohttp.ClientSession, root: URL) -> None:
        self._session = session
        self._root = str(root)

    async def ask(
        self, method: str, path: str, body: bytes | None = None, *, longest: int = LONGEST_ANSWER
    ) -> Answer:
        """Send one request to *path* below the root, and read its answer up to *longest* bytes.

        Redirects are not followed. Raises what the network raises; see `network.LOST`.
        """
        url = URL(self._root + path, encoded=True)
        async with self._session.request(method, url, data=body, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await _bounded(response, longest))


async def _bounded(response: aiohttp.ClientResponse, longest: int) -> bytes:
    """Read an answer up to a sane size; the connection of a longer one is closed, not drained."""
    body = await response.content.readany()
    while not response.content.at_eof() and len(body) <= longest:
        body += await response.content.readany()
    if len(body) > longest:
        response.close()
    return body
