"""What the sandbox answers with, in the shapes that were seen of SuperOffice."""

from dataclasses import dataclass
from typing import Any

import orjson

Headers = tuple[tuple[str, str], ...]
ERROR_SOURCE = "presence-worker sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, or that there will be none."""

    status: int | None  # None: never answered
    body: bytes = b""
    headers: Headers = ()  # beside the type of the body
    applied: bool = False  # whether a presence was stored
    reset: bool = False  # an unanswered connection is reset at once, otherwise it is left hanging


def success(value: Any, *, applied: bool = False) -> Reply:
    """Answer 200 with a value as JSON."""
    return Reply(status=200, body=orjson.dumps(value), applied=applied)


def refusal(status: int, kind: str, words: str, headers: Headers = ()) -> Reply:
    """Answer with an error as SuperOffice itself words them."""
    error = {"Error": True, "ErrorType": kind, "ErrorMessage": words, "ErrorSource": ERROR_SOURCE}
    return Reply(status=status, body=orjson.dumps(error), headers=headers)


def not_understood(words: str, status: int = 400) -> Reply:
    """Answer with an error as the framework beneath SuperOffice (ASP.NET) words them."""
    error = {"Message": "The request is invalid.", "MessageDetail": words}
    return Reply(status=status, body=orjson.dumps(error))


def no_such_associate(associate_id: int) -> Reply:
    """Answer 404 about an associate."""
    return refusal(404, "SoNotFoundException", f"There is no associate with the id {associate_id}.")


NO_SUCH_RESOURCE = refusal(404, "SoNotFoundException", "The sandbox has no such resource.")
NOT_SIGNED_IN = refusal(
    401,
    "SoSessionException",
    "No valid credentials: send Authorization with Basic, SOTicket or Bearer.",
    (("WWW-Authenticate", 'Basic realm="SuperOffice"'),),
)
FAULTY = {  # by status
    429: refusal(429, "SoThrottledException", "Too many requests.", (("Retry-After", "1"),)),
    500: refusal(500, "SoServerException", "Something went wrong."),
    503: refusal(503, "SoUnavailableException", "The service is not available."),
}
