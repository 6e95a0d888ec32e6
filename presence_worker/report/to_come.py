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
    if not (job.get("dated") or job.get("scheduled")):
        return {}
    waiting = journal.waiting(MOST)
    return {
        "upcoming": list(map(_told, waiting)),
        "upcoming_left_out": journal.number_of(Reason.NOT_YET_DUE) - len(waiting),
        "dropped": job.get("dropped", []),
        "dropped_left_out": job.get("dropped_rows", 0) - len(job.get("dropped", [])),
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
