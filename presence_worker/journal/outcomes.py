"""Outcomes as the journal's table takes them: many in one statement."""

from functools import cache
from typing import Any

from ..model import Outcome

OR_NULL = "nullif(?, '')"  # for what is NULL nearly always: Python takes long to hand a None over
OUTCOME = f"(?, ?, ?, {OR_NULL}, {OR_NULL}, ?, ?, ?, ?, ?)"


def columns(session: int, row: int, outcome: Outcome, at: str) -> tuple[Any, ...]:
    """Give the values of one outcome, in the order of the table's columns."""
    return (
        row,
        session,
        str(outcome.result),  # and likewise an enum
        outcome.reason or "",
        outcome.detail or "",
        outcome.http_status,
        outcome.attempts,
        outcome.wire_puts,
        round(outcome.duration_ms, 3),
        at,
    )


@cache
def recording(rows: int) -> str:
    """Give the statement that writes so many outcomes."""
    return f"""INSERT INTO outcome VALUES {", ".join([OUTCOME] * rows)}
        ON CONFLICT (row) DO UPDATE SET session = excluded.session, result = excluded.result,
        reason = excluded.reason, detail = excluded.detail, http_status = excluded.http_status,
        attempts = attempts + excluded.attempts, wire_puts = wire_puts + excluded.wire_puts,
        duration_ms = duration_ms + excluded.duration_ms, finished_at = excluded.finished_at"""  # noqa: S608 - only marks
