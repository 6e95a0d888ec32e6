"""One PUT, one GET: the only place that talks to the service."""

from dataclasses import replace
from time import perf_counter

import aiohttp
from yarl import URL

from ..model import Change, Outcome, Presence, internal_error
from ..text import redact
from .answers import judge
from .network import AnswerLostError, lost
from .presences import encoded, read_presence

LONGEST_ANSWER = 64 * 1024  # bytes; a presence has some hundred


class Client:
    """Owns a session with one service; made by `open_client`."""

    def __init__(self, session: aiohttp.ClientSession, root: URL, secrets: list[str]) -> None:
        self._session = session
        self._users = f"{root}/api/v1/User/"
        self._secrets = secrets
        self.gets = 0

    async def put(self, change: Change) -> Outcome:
        """Make the PUT once, and say what is known of it; whatever goes wrong is part of the outcome."""
        sent, began = False, perf_counter()
        try:
            body = encoded(change.wanted)
            sent = True  # from here on, whatever is not known to have failed before it may have been sent
            async with self._session.put(
                self._url(change.associate_id), data=body, allow_redirects=False
            ) as response:
                answer = await _bounded(response)
                outcome = judge(change, response.status, response.headers, answer)
        except (aiohttp.ClientError, AnswerLostError, TimeoutError, OSError) as error:
            outcome = lost(error)
        except Exception as error:  # noqa: BLE001 - a bug must not take other rows along
            outcome = internal_error(error, sent=sent)
        return self._finished(outcome, (perf_counter() - began) * 1000)

    async def read(self, associate_id: int) -> Presence | None:
        """Read a presence; None where the service does not show one, whatever the reason."""
        self.gets += 1
        try:
            async with self._session.get(self._url(associate_id), allow_redirects=False) as response:
                body = await _bounded(response)
                return read_presence(body) if response.status == 200 else None  # noqa: PLR2004
        except (aiohttp.ClientError, AnswerLostError, TimeoutError, OSError):
            return None

    def _url(self, associate_id: int) -> URL:
        return URL(f"{self._users}{associate_id}/UserPresenceStatus", encoded=True)

    def _finished(self, outcome: Outcome, duration_ms: float) -> Outcome:
        """Add the time it took, and blot out credentials the service may have quoted."""
        return replace(
            outcome,
            duration_ms=duration_ms,
            detail=outcome.detail and redact(outcome.detail, self._secrets),
            stop=outcome.stop and redact(outcome.stop, self._secrets),
        )


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer up to a sane size; the connection of a longer one is closed, not drained."""
    body = await response.content.readany()
    while not response.content.at_eof() and len(body) <= LONGEST_ANSWER:
        body += await response.content.readany()
    if len(body) > LONGEST_ANSWER:
        response.close()
    return body
