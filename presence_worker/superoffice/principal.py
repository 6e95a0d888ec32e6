"""Who the service takes us for, by its own word."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from ..model import MAX_ASSOCIATE_ID, Change, Outcome, Presence
from ..text import clean
from .body_formats import is_error
from .read_answers import OK, judge_read_refusal, unreadable_answer

PRINCIPAL = "/api/v1/User/currentPrincipal"
NOBODY = Change(row=0, associate_id=0, wanted=Presence(status="", message=""))


class Principal(NamedTuple):
    """Somebody who has signed in."""

    name: str | None  # the login; None: not told
    associate_id: int | None  # likewise
    has_service: bool  # also where that is not told


def judge_principal(status: int, headers: Mapping[str, str], body: bytes) -> Principal | Outcome:
    """Give whom an answer shows; where it shows nobody, the outcome of a read that failed."""
    if status != OK:
        return judge_read_refusal(NOBODY, status, headers, body)
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    found = _read(value) if isinstance(value, dict) and not is_error(value) else None
    return found if found and (found.name or found.associate_id) else unreadable_answer(body)


def _read(value: dict[str, Any]) -> Principal:
    name, associate_id = value.get("UserName"), value.get("AssociateId")
    is_id = type(associate_id) is int and 1 <= associate_id <= MAX_ASSOCIATE_ID
    return Principal(
        name=clean(name, 60) if isinstance(name, str) and name else None,
        associate_id=associate_id if is_id else None,
        has_service=value.get("EjUserId") != 0 or value.get("EjUserId") is False,
    )
