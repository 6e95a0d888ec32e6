"""A client of the sandbox that makes every call exactly once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from presence_worker.sandbox import Sandbox

Answer = tuple[int, Any]  # HTTP status, decoded body


class WasResetError(Exception):
    """The connection was reset (RST) instead of answered."""


class WasClosedError(Exception):
    """The connection was closed (FIN) instead of answered."""


async def _only_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except aiohttp.ClientOSError as error:
        raise WasResetError from error
    except aiohttp.ServerDisconnectedError as error:
        raise WasClosedError from error


class Caller:
    """Owns a session with one sandbox."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """Call a path below the root, with a body as JSON, or with raw bytes that are said to be JSON."""
        options["data" if isinstance(body, bytes) else "json"] = body
        if isinstance(body, bytes):
            options.setdefault("headers", {"Content-Type": "application/json"})
        async with self.session.request(method, path, **options) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> Answer:
        """Get a path below the root."""
        return await self.call("GET", path)

    async def put(self, associate_id: int, status: str = "StatusNotAvailable", message: str = "") -> Answer:
        """Set a presence."""
        return await self.call("PUT", presence_path(associate_id), {"Status": status, "Message": message})


def presence_path(associate_id: int | str) -> str:
    """Give where the presence of an associate is."""
    return f"/api/v1/User/{associate_id}/UserPresenceStatus"


@asynccontextmanager
async def calling(sandbox: Sandbox, authorization: str | None = "SOTicket 7T:abc==") -> AsyncIterator[Caller]:
    """Open a session with the sandbox."""
    headers = {"Authorization": authorization} if authorization is not None else {}
    async with aiohttp.ClientSession(sandbox.url, headers=headers, middlewares=(_only_once,)) as session:
        yield Caller(session)
