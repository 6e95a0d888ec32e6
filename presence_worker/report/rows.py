"""A row's line in the reports: which fields, in which order."""

from typing import Any

from ..journal import Fate

FIELDS = (
    "row",
    "line",
    "associate_id",
    "identity",
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


def line_of(fate: Fate, *, with_message: bool) -> dict[str, Any]:
    """Give the fields of a row; its message only where the operator wants it in reports."""
    line = {
        "row": fate.row,
        "line": fate.line,
        "associate_id": fate.associate_id,
        "identity": fate.identity,
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
    if with_message:
        line["message"] = fate.message
    return line
