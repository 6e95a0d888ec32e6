"""Outcomes as the journal's table takes them: many in one statement."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from ..model import Outcome
from .outbox import Settled

OR_NULL = "nullif(?, '')"  # for what is NULL nearly always: Python takes long to hand a None over
OUTCOME = f"(?, ?, ?, {OR_NULL}, {OR_NULL}, ?, ?, ?, ?, ?)"


def columns(session: int, row: int, outcome: Outcome, at: str) -> tuple[Any, ...]:
    """Return the values of one outcome, in the order of the table's columns."""
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


def one_each(outcomes: Iterable[Settled]) -> list[Settled]:
    """Return outcomes with one for each row: of several, the last, with what it took all together."""
    found = list(outcomes)
    if len({row for row, _, _ in found}) == len(found):
        return found
    merged: dict[int, Settled] = {}
    for row, outcome, at in found:
        merged[row] = (row, _added(merged[row][1], outcome) if row in merged else outcome, at)
    return list(merged.values())


def _added(earlier: Outcome, outcome: Outcome) -> Outcome:
    return outcome._replace(
        attempts=earlier.attempts + outcome.attempts,
        wire_puts=earlier.wire_puts + outcome.wire_puts,
        duration_ms=earlier.duration_ms + outcome.duration_ms,
    )


@cache
def recording(rows: int) -> str:
    """Return the statement that writes so many outcomes; one that is there already changes nothing."""
    return f"""INSERT INTO outcome VALUES {", ".join([OUTCOME] * rows)}
        ON CONFLICT (row) DO UPDATE SET session = excluded.session, result = excluded.result,
        reason = excluded.reason, detail = excluded.detail, http_status = excluded.http_status,
        attempts = attempts + excluded.attempts, wire_puts = wire_puts + excluded.wire_puts,
        duration_ms = duration_ms + excluded.duration_ms, finished_at = excluded.finished_at
        WHERE (session, finished_at, result, reason, detail, http_status) IS NOT (excluded.session,
            excluded.finished_at, excluded.result, excluded.reason, excluded.detail, excluded.http_status)"""  # noqa: S608 - only marks
