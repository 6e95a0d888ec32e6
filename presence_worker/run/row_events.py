"""One event in the log for each row that is not done, whatever settled it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice

import structlog

from ..errors import Stopped
from ..journal import LOGGED, Journal, Unlogged
from ..sanitize import clean

AT_ONCE = 500  # rows marked by one transaction
LONGEST_ID = 100  # characters of an ID that is not a number
EVENTS = {str(result): f"row.{result}" for result in LOGGED}
log = structlog.get_logger()


def log_rows(journal: Journal, *, never_sent: bool = False) -> None:
    """Log the rows that have no event yet of their result, or only those that were settled *never_sent*."""
    with suppress(Stopped):  # a journal that cannot be read is reported by what reads it for a result
        coming = journal.unlogged_never_sent() if never_sent else journal.unlogged()
        while rows := list(islice(coming, AT_ONCE)):
            with suppress(Stopped):  # of a full disk: `resume` logs them again
                journal.mark_logged(rows)
            log_each(rows)


def news_of(journal: Journal, rows: Sequence[int]) -> list[Unlogged]:
    """Give those of *rows* that have no event yet of the outcome on disk; they are marked, not logged."""
    try:
        found = journal.unlogged_of(rows)
        journal.mark_logged(found)
    except Stopped:  # they are logged at the end
        return []
    return found


def log_each(rows: Iterable[Unlogged]) -> None:
    """Log rows as `row.<result>`."""
    for row, associate_id, result, reason, detail, http_status, attempts in rows:
        log.warning(
            EVENTS[result],
            row=row,
            associate_id=clean(associate_id, LONGEST_ID) if isinstance(associate_id, str) else associate_id,
            reason=reason,
            http_status=http_status,
            attempts=attempts,
            detail=detail,
        )
