"""What an answer to a read shows: a pure function of the answer.

Outcomes of reads look like those of PUTs, so that they may go the same way; their `wire_puts` are GETs.
"""

from typing import NamedTuple

import orjson
from pydantic import JsonValue

from ..model import MAX_ASSOCIATE_ID, Change, Outcome, Presence, Reason, Result, Trouble
from ..sanitize import clean
from .body_formats import Parts, is_error, number_in, read_json, read_parts, read_presence, text_in
from .error_words import error_words, looks_like_html
from .http_messages import Answer
from .put_answers import judge_final_refusal, judge_put
from .request_errors import PERHAPS
from .xml_texts import read_xml

OK, NO_CONTENT, FORBIDDEN, NO_SUCH_METHOD = 200, 204, 403, 405
NOT_FOUND = "SoNotFoundException"  # SuperOffice's type of an error for what does not exist
STUMBLED = 500  # of the answers in the 500s the one that may speak of what was asked, not of SuperOffice
PRINCIPAL = "/api/v1/User/currentPrincipal"  # who SuperOffice takes us for
NO_CHANGE = Change(row=0, associate_id=0, wanted=Presence(status="", message=""))
SEEN = Outcome(result=Result.NOT_SENT, http_status=OK)
NOTHING_SHOWN = SEEN._replace(
    result=Result.REJECTED,
    reason=Reason.UNKNOWN_ASSOCIATE,
    detail="SuperOffice shows no presence status for this associate ID",
)


class Principal(NamedTuple):
    """The user who has signed in."""

    name: str | None  # the login; None: not known
    associate_id: int | None  # None: not known
    has_service: bool  # also where that is not known


def judge_read(change: Change, answer: Answer) -> Outcome:
    """Return what a GET of an associate's presence shows.

    `not_sent` with what was *seen*. `rejected` where it shows that the presence does not exist (the reason is
    `unknown_associate`), or that we may not read it (`refused`). Else `failed`, with the trouble.
    """
    if answer.status == NO_CONTENT:
        return NOTHING_SHOWN._replace(http_status=answer.status)
    if answer.status != OK:
        return judge_read_refusal(change, answer)
    presence = read_presence(answer.body)
    if presence is not None and presence.status:
        return SEEN._replace(seen=presence)
    if is_error(parts := read_parts(answer.body)):
        return _judge_error_in_place(change, parts, answer.body)
    return NOTHING_SHOWN if _is_empty(answer.body) else unreadable_answer(answer.body)


def _judge_error_in_place(change: Change, parts: Parts, body: bytes) -> Outcome:
    """Return what an error with 200 shows: that the associate does not exist, where it says so."""
    if parts.get("ErrorType") == NOT_FOUND:
        return NOTHING_SHOWN._replace(detail=error_words(change, body) or NOTHING_SHOWN.detail)
    said = error_words(change, body)
    words = "SuperOffice answered 200 with an error"
    return unreadable_answer(body)._replace(detail=f"{words}: {said}" if said else words)


def judge_read_refusal(change: Change, answer: Answer) -> Outcome:
    """Return what an answer other than 200 says of a read: as of a PUT, but that nothing was applied.

    A web page that says no is a refusal like others: there may be many people of whom nothing is known.
    """
    # the words for a PUT after a 405 do not hold for a read
    judge = judge_final_refusal if answer.status == NO_SUCH_METHOD else judge_put
    outcome = judge(change, answer)
    if outcome.result is Result.REJECTED:
        final = Reason.REFUSED if answer.status == FORBIDDEN else Reason.UNKNOWN_ASSOCIATE
        return outcome._replace(reason=final, html=False)
    return failure_of_read(outcome._replace(trouble=Trouble.OWN) if answer.status == STUMBLED else outcome)


def failure_of_read(outcome: Outcome) -> Outcome:
    """Return the outcome of a PUT as that of a read, which applies nothing."""
    failed = Result.FAILED if outcome.result in (Result.UNKNOWN, Result.UPDATED) else outcome.result
    return outcome._replace(result=failed, detail=outcome.detail and outcome.detail.removesuffix(PERHAPS))


def may_mean_no_user(outcome: Outcome) -> bool:
    """Check whether only errors or garbage came for an associate: an unknown id may be answered so."""
    return outcome.http_status == STUMBLED or (outcome.http_status == OK and not outcome.html)


def unreadable_answer(body: bytes) -> Outcome:
    """Return the outcome of a read whose answer is none."""
    html = looks_like_html(body)
    return Outcome(
        result=Result.FAILED,
        reason=Reason.BAD_ANSWER,
        detail=f"SuperOffice answered with {'an HTML page' if html else 'something that cannot be read'}",
        http_status=OK,
        trouble=Trouble.OWN,
        html=html,
    )


def not_a_page(body: bytes) -> Outcome:
    """Return the outcome of a query without a page of users in its answer, or without a further one."""
    words = "SuperOffice did not answer with a list of users"
    detail = unreadable_answer(body).detail if looks_like_html(body) else words
    return unreadable_answer(body)._replace(result=Result.REJECTED, detail=detail, trouble=None, html=False)


def _is_empty(body: bytes) -> bool:
    """Check whether an answer says in so many words that there is nothing: empty, null, or no status."""
    try:
        value: JsonValue = orjson.loads(body.strip() or b"null")
    except orjson.JSONDecodeError:
        xml = read_xml(body)
        return xml is not None and not looks_like_html(body) and not xml.parts.get("Status")
    return value is None or (isinstance(value, dict) and not value.get("Status"))


def judge_principal(answer: Answer) -> Principal | Outcome:
    """Return the user in an answer; without one, the outcome of a read that failed."""
    if answer.status != OK:
        return judge_read_refusal(NO_CHANGE, answer)
    parts = read_json(answer.body) or {}
    found = None if is_error(parts) else _read_principal(parts)
    return found if found and (found.name or found.associate_id) else unreadable_answer(answer.body)


def _read_principal(parts: Parts) -> Principal:
    associate_id = number_in(parts, "AssociateId") or 0
    return Principal(
        name=clean(text_in(parts, "UserName"), 60) or None,
        associate_id=associate_id if 1 <= associate_id <= MAX_ASSOCIATE_ID else None,
        has_service=number_in(parts, "EjUserId") != 0,
    )
