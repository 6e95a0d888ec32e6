"""The calls we make of SuperOffice: one PUT, one GET, one page of all users, and who we are."""

import asyncio
import re
from collections.abc import Callable
from time import perf_counter

import anyio

from ..model import STATUSES, Change, Outcome, Presence, Reason, Result, internal_error
from ..sanitize import redact
from ..shutdown import CancelledUnsentError
from .body_formats import Encode, is_echo, read_presence
from .endpoint import Endpoint
from .http_messages import Answer, Request
from .online_hints import OnlineHint
from .put_answers import UPDATED, judge_put
from .read_answers import (
    OK,
    PRINCIPAL,
    SEEN,
    Principal,
    failure_of_read,
    judge_principal,
    judge_read,
    judge_read_refusal,
    not_a_page,
)
from .request_errors import REQUEST_ERRORS, SurplusError, judge_error
from .user_query import LONGEST_PAGE, UserDirectory
from .xml_texts import UnwritableError

ACCEPT_JSON = {"Accept": "application/json"}
UNDOCUMENTED = "undocumented"  # stands for a status that SuperOffice does not document
Guard = Callable[[Callable[[], bool]], None]  # takes what is asked last before a request: whether it may go
LONGEST_WAIT = 1.0  # seconds in which an answer too many may still come
_ASKED = re.compile(r"/User/(\d+)/UserPresenceStatus")
UNWRITABLE = Outcome(
    result=Result.REJECTED,
    reason=Reason.CONTROL_CHARACTERS,
    detail="the message has a character that delivery.content_type cannot hold; remove it",
    attempts=0,
    wire_puts=0,
)


class Client:
    """Owns the count of what was read, and what must be blotted out of SuperOffice's words."""

    def __init__(
        self,
        endpoint: Endpoint,
        secrets: list[str],  # grows: what we are given when we sign in is among them
        encode: Encode,
        *,
        hint: OnlineHint,
        doubted: list[str],  # grows: paths of requests whose last answer may be another's
    ) -> None:
        self._endpoint = endpoint
        self._secrets = secrets
        self._encode = encode
        self._doubted = doubted
        self.guard: Guard = lambda _: None
        self._slowest = 0.0  # seconds until an answer came
        self.hint = hint
        self.gets = 0

    async def put(self, change: Change) -> Outcome:
        """Send the PUT once; whatever goes wrong is part of the outcome, which says what is known of it."""
        began, request = perf_counter(), Request("PUT", _presence_path(change.associate_id))
        try:
            request.body = self._encode(change.wanted)
            answer = await self._ask(request)
            outcome = self._judge(change, answer)
        except UnwritableError:
            outcome = UNWRITABLE
        except REQUEST_ERRORS as error:
            outcome = judge_error(error, is_written=request.is_written)
        except asyncio.CancelledError as error:
            if request.is_written:
                raise
            raise CancelledUnsentError(*error.args) from error
        except Exception as error:  # noqa: BLE001 - a bug must not take other rows along
            outcome = internal_error(error, sent=request.is_written)
        return self._complete(outcome, (perf_counter() - began) * 1000)

    def _judge(self, change: Change, answer: Answer) -> Outcome:
        """Return what an answer to a PUT says; the one documented for success is by far the most frequent."""
        if answer.status == OK and is_echo(answer.body, change.wanted):
            return UPDATED
        return self.hint(judge_put(change, answer))

    async def get(self, change: Change) -> Outcome:
        """Read the associate's presence once; the outcome says what was *seen*, or why nothing was."""
        answer = await self._read(Request("GET", _presence_path(change.associate_id)))
        if isinstance(answer, Outcome):
            return answer
        return self._complete(self.hint(judge_read(change, answer)))

    async def fetch_users(self, directory: UserDirectory, change: Change) -> Outcome:
        """Read the next page of all users into *directory*; `rejected`: SuperOffice does not let us."""
        page = Request("GET", directory.path, headers=ACCEPT_JSON, longest=LONGEST_PAGE)
        answer = await self._read(page)
        if isinstance(answer, Outcome):
            return answer
        if answer.status != OK:
            return self._complete(judge_read_refusal(change, answer))
        return SEEN if directory.add(answer.body) else not_a_page(answer.body)

    async def fetch_principal(self) -> Principal | Outcome:
        """Read who SuperOffice takes us for; where it does not say, return the outcome of that read."""
        answer = await self._read(Request("GET", PRINCIPAL, headers=ACCEPT_JSON))
        found = judge_principal(answer) if isinstance(answer, Answer) else answer
        if isinstance(found, Outcome):
            return self._complete(self.hint.name_settings(found))
        return found._replace(name=found.name and redact(found.name, self._secrets))

    async def read_back(self, associate_id: int) -> Presence | None:
        """Read a presence; None where SuperOffice does not show one, whatever the reason."""
        answer = await self._read(Request("GET", _presence_path(associate_id)))
        return read_presence(answer.body) if isinstance(answer, Answer) and answer.status == OK else None

    async def _read(self, request: Request) -> Answer | Outcome:
        """Send a GET; return its answer, or the outcome where there is none."""
        self.gets += 1
        try:
            return await self._ask(request)
        except REQUEST_ERRORS as error:
            outcome = judge_error(error, is_written=request.is_written)
            self.gets -= not outcome.wire_puts  # nothing of it was on the wire
            return failure_of_read(outcome)

    async def _ask(self, request: Request) -> Answer:
        """Send a request; raise SurplusError where its answer may be another's."""
        if self._doubted:
            self._forget_doubt(request.path)  # of the answer before
        began = perf_counter()
        answer = await self._endpoint.request(request)
        self._slowest = max(self._slowest, perf_counter() - began)
        if self._doubted and self._forget_doubt(request.path):
            raise SurplusError
        return answer

    def _forget_doubt(self, path: str) -> bool:
        """Forget that the last answer to a path was in doubt; return whether it was."""
        was_doubted = path in self._doubted
        self._doubted[:] = [other for other in self._doubted if other != path]
        return was_doubted

    def take_doubted(self) -> set[int]:
        """Return the associates whose last answer has turned out to be in doubt, each once."""
        if not self._doubted:  # asked once a row
            return set()
        found = [_ASKED.search(path) for path in self._doubted]
        self._doubted.clear()
        return {int(asked[1]) for asked in found if asked}

    async def take_last_doubted(self) -> set[int]:
        """Return the same once the answers that are still on their way, if there are any, have come."""
        await anyio.sleep(min(self._slowest, LONGEST_WAIT))
        return self.take_doubted()

    def _complete(self, outcome: Outcome, duration_ms: float = 0.0) -> Outcome:
        """Add the time it took, and blot out credentials SuperOffice may have quoted."""
        if outcome is UPDATED:  # by far the most, and it has no foreign words
            return Outcome(result=Result.UPDATED, http_status=OK, duration_ms=duration_ms)
        return outcome._replace(
            duration_ms=duration_ms,
            detail=outcome.detail and redact(outcome.detail, self._secrets),
            stop=outcome.stop and redact(outcome.stop, self._secrets),
            seen=outcome.seen and _showable(outcome.seen),
        )


def _showable(seen: Presence) -> Presence:
    """Return what may be kept and shown: a status of another name may be anything, also private."""
    return seen if seen.status in STATUSES else seen._replace(status=UNDOCUMENTED)


def _presence_path(associate_id: int) -> str:
    return f"/api/v1/User/{associate_id}/UserPresenceStatus"
