"""A row's line in the reports: which fields, in which order."""

from collections.abc import Sequence

from ..journal import RunRecord

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
    names = ("identity",) if run.input.identity else ()
    days = DAYS if run.input.dated or run.input.scheduled else ()
    messages = ("message",) if run.settings.include_messages else ()
    return (*names, *days, *messages)


def names_of(run: RunRecord) -> tuple[str, ...]:
    """Give the names of all that a run's lines have, in order."""
    return (*FIELDS, *more_fields(run))


def fields_of(names: Sequence[str]) -> list[str]:
    """Give the fields of a `RowResult` that have what lines have by these *names*."""
    return [CALLED.get(name, name) for name in names]
