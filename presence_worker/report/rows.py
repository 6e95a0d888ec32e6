"""A row's line in the reports: which fields, in which order."""

from collections.abc import Sequence
from typing import Any

from ..journal import Fate, RunRecord

FIELDS = (
    "row",
    "line",
    "associate_id",
    "status",
    "result",
    "reason",
    "detail",
    "http_status",
    "attempts",
    "wire_puts",
    "duration_ms",
    "duplicate_of",
    "before_status",
    "finished_at",
)
DAYS = ("from", "until", "scheduled_by")
CALLED = {"from": "starts", "until": "ends"}  # in the journal: `from` is a word of Python and of SQL


def more_fields(run: RunRecord) -> tuple[str, ...]:
    """Give what a run's lines have behind the usual fields.

    That is the name where the job names people by it, its days where rows have any, and the message where
    the operator wants it in reports.
    """
    names = ("identity",) if run.input.get("identity") else ()
    days = DAYS if run.input.get("dated") or run.input.get("scheduled") else ()
    messages = ("message",) if run.settings.get("report", {}).get("include_messages") else ()
    return (*names, *days, *messages)


def line_of(fate: Fate, more: Sequence[str] = ()) -> dict[str, Any]:
    """Give the fields of a row, and *more* of them behind."""
    line = {
        "row": fate.row,
        "line": fate.line,
        "associate_id": fate.associate_id,
        "status": fate.status,
        "result": fate.result,
        "reason": fate.reason,
        "detail": fate.detail,
        "http_status": fate.http_status,
        "attempts": fate.attempts,
        "wire_puts": fate.wire_puts,
        "duration_ms": fate.duration_ms,
        "duplicate_of": fate.duplicate_of,
        "before_status": fate.before_status,
        "finished_at": fate.finished_at,
    }
    for field in more:
        line[field] = getattr(fate, CALLED.get(field, field))
    return line
