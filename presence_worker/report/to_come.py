"""What a run's file asks for on days to come, and what it no longer asks for."""

from typing import Any

from ..journal import Fate, Journal
from ..model import Reason

MOST = 1000  # rows told; report.csv has all
WHY_DROPPED = {"withdrawn": "cancelled by HR", "not_in_file": "no longer in the file"}


def to_come(journal: Journal) -> dict[str, Any]:
    """Give the rows that wait for their first day, soonest first, and those dropped; of other runs, nothing.

    Each has `row`, `associate_id`, `identity`, `status`, `from` and `until`; what an earlier file had asked
    for, and this one no longer names, has an `id` in place of `row`.
    """
    job = journal.run().input
    if not (job.dated or job.scheduled):
        return {}
    waiting = journal.waiting(MOST)
    return {
        "upcoming": list(map(_told, waiting)),
        "upcoming_left_out": journal.number_of(Reason.NOT_YET_DUE) - len(waiting),
        "dropped": [each.as_json() for each in job.dropped],
        "dropped_left_out": job.dropped_rows - len(job.dropped),
    }


def _told(fate: Fate) -> dict[str, Any]:
    return {
        "row": fate.row,
        "associate_id": fate.associate_id,
        "identity": fate.identity,
        "status": fate.status,
        "from": fate.starts,
        "until": fate.ends,
    }
