"""What a run's summary says of days to come, as people read it."""

from collections.abc import Iterator
from typing import Any

from ..report.to_come import WHY_DROPPED

SHOWN = 10  # rows of a kind; summary.json has more


def coming_lines(summary: dict[str, Any]) -> Iterator[str]:
    """Yield who waits for their first day, and who no longer does, with why."""
    for words, kind, place in (
        ("Waiting for their first day", "upcoming", "`schedule` names"),
        ("Planned absences that will not begin", "dropped", "summary.json names"),
    ):
        rows, left_out = summary.get(kind, []), summary.get(f"{kind}_left_out", 0)
        if rows:
            yield ""
            yield f"{words}: {len(rows) + left_out}"
        for row in rows[:SHOWN]:
            yield f"  {row['from'] or '':<10}  {who(row):<24} {row['status']}{_until(row)}{_why(row)}"
        if len(rows) + left_out > SHOWN:
            yield f"  and {len(rows) + left_out - SHOWN} more, which {place}"


def who(person: dict[str, Any]) -> str:
    """Name somebody by their associate's id, and by the name that the file has for them."""
    number, name = str(person["associate_id"]), person["identity"]
    if person["associate_id"] is None:
        return str(name)
    return f"{number} {name}" if name else number


def _why(row: dict[str, Any]) -> str:
    why = WHY_DROPPED.get(row.get("why", ""))  # runs of older versions did not say
    return f" ({why})" if why else ""


def _until(row: dict[str, Any]) -> str:
    return f" until {row['until']}" if row["until"] else ""
