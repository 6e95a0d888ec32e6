"""How the rows of a file were read: columns that are not used, rows that do not count, leaves without end."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..journal import JobInput
from ..sanitize import clean
from ..wording import amount

MOST_NAMED = 10  # columns, or values, in a sentence
MANY = "have no last day: these people stay"
NAME = 60  # characters


def reading_of(job: JobInput) -> dict[str, Any]:
    """Give what the summary says of it; the values of rows left out may be reasons of absence."""
    return {
        "unused_columns": [*job.unused],
        "rows_without_end": job.without_end,
        "filtered": [each._asdict() for each in job.filtered],  # column, value, rows; most rows first
        "filtered_others": job.filtered_others,  # rows whose value is not listed
    }


def reading_notes(job: JobInput) -> Iterator[str]:
    """Say what of it a reader should know, without any value of a cell."""
    if job.unused:
        yield f"columns not used: {_named(job.unused)} (kept for failed.csv)"
    rows = job.without_end
    if rows and job.dated:  # else no row has days: each counts until the next file
        who = "1 row has no last day: this person stays" if rows == 1 else f"{rows} rows {MANY}"
        yield f"{who} away until another row changes that"


def left_out(reading: dict[str, Any]) -> str:
    """Say which rows input.only left out, by column and value; "" where it left out none."""
    entries, others = reading["filtered"], reading["filtered_others"]
    rows = sum(entry["rows"] for entry in entries) + others
    if not rows:
        return ""
    shown = entries[:MOST_NAMED]
    more = rows - sum(entry["rows"] for entry in shown)
    columns = dict.fromkeys(entry["column"] for entry in shown)
    told = [f"{clean(column, NAME)}: {_values(column, shown)}" for column in columns]
    told += [f"{amount(more, 'row')} with other values"] if more else []
    return f"Left out by input.only: {amount(rows, 'row')} ({'; '.join(told)})"


def _values(column: str, entries: Sequence[dict[str, Any]]) -> str:
    theirs = [entry for entry in entries if entry["column"] == column]
    return ", ".join(f"{clean(entry['value'], NAME) or '(empty)'} {entry['rows']}" for entry in theirs)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(clean(name, NAME) or "(no name)" for name in names[:MOST_NAMED]) + more
