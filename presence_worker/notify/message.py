"""A message: how a run ended, and nothing personal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from ..json_form import MAY_LACK, to_json
from ..next_step import NextStep, read_step


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent, in this order; the JSON format is this object."""

    id: str  # the same at every try: RUN.STATE.N, without a run TARGET.EXIT_CODE.TIME
    target: str  # its name in the configuration, else its address or tenant
    run_id: str | None
    label: str | None  # the caller's reference
    state: str
    exit_code: int | None  # None: no run (late)
    headline: str
    counts: Mapping[str, int]  # rows by result
    reasons: Mapping[str, int]  # rows by reason
    since: str | None  # when the first run of this trouble began, UTC, ISO 8601
    repeated: int  # how often it was not sent since the last message
    link: str | None  # the page of the run
    next: NextStep | None
    version: str  # of this program
    detail: str | None = field(default=None, metadata=MAY_LACK)  # with `details`: why a file was refused
    rows: Sequence[int] | None = field(default=None, metadata=MAY_LACK)  # with `details`: row numbers


def write_message(message: Message) -> str:
    """Return a message as JSON."""
    return orjson.dumps(to_json(message)).decode()


def read_message(text: str) -> Message:
    """Return the message that was written as *text*."""
    found = orjson.loads(text)
    return Message(**found | {"next": read_step(found["next"]) if found["next"] else None})
