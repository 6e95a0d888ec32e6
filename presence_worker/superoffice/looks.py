"""What an answer to a read shows: a pure function of the status, the headers and the body.

Outcomes of reads look like those of PUTs, so that they may go the same way; their `wire_puts` are GETs.
"""

from collections.abc import Mapping
from dataclasses import replace

import orjson

from ..model import Change, Outcome, Reason, Result, Trouble
from .answers import judge
from .error_words import looks_like_html
from .presences import read_presence

OK, FORBIDDEN = 200, 403
AWAY = (
    502,
    503,
    504,
)  # of the answers in the 500s, those that speak of the service and not of what was asked
SEEN = Outcome(result=Result.NOT_SENT, http_status=OK)
NOTHING_SHOWN = replace(
    SEEN,
    result=Result.REJECTED,
    reason=Reason.UNKNOWN_ASSOCIATE,
    detail="the service shows no presence of this associate",
)


def judge_look(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Give what a GET of an associate's presence shows.

    `not_sent` with what was *seen*; `rejected` where it shows that there is none (the reason is
    `unknown_associate`) or that we may not look (`refused`); else `failed`, with the trouble.
    """
    if status != OK:
        return judge_refusal(change, status, headers, body)
    presence = read_presence(body)
    if presence is not None:
        return replace(SEEN, seen=presence)
    return NOTHING_SHOWN if _is_empty(body) else garbled(body)


def judge_refusal(change: Change, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Give what an answer other than 200 says of a read: as of a PUT, but that nothing was applied."""
    outcome = judge(change, status, headers, body)
    if outcome.result is Result.REJECTED:
        final = Reason.REFUSED if status == FORBIDDEN else Reason.UNKNOWN_ASSOCIATE
        return replace(outcome, reason=final)
    own = outcome.trouble is Trouble.DOWN and status not in AWAY
    return unread(replace(outcome, trouble=Trouble.OWN) if own else outcome)


def unread(outcome: Outcome) -> Outcome:
    """Give the outcome of a PUT as that of a read, which applies nothing."""
    failed = Result.FAILED if outcome.result in (Result.UNKNOWN, Result.UPDATED) else outcome.result
    return replace(outcome, result=failed)


def garbled(body: bytes) -> Outcome:
    """Give the outcome of a read whose answer is none."""
    html = looks_like_html(body)
    return Outcome(
        result=Result.FAILED,
        reason=Reason.BAD_ANSWER,
        detail=f"the service answered with {'an HTML page' if html else 'something that cannot be read'}",
        http_status=OK,
        trouble=Trouble.OWN,
        html=html,
    )


def no_page(body: bytes) -> Outcome:
    """Give the outcome of a query whose answer is no page of users; only a web page may pass."""
    outcome = garbled(body)
    if outcome.html:
        return outcome
    words = "the answer is no page of an archive"
    return replace(outcome, result=Result.REJECTED, detail=words, trouble=None)


def _is_empty(body: bytes) -> bool:
    """Whether an answer says in so many words that there is nothing: empty, null, or without a status."""
    try:
        value = orjson.loads(body.strip() or b"null")
    except orjson.JSONDecodeError:
        return False
    return value is None or (isinstance(value, dict) and not value.get("Status"))
