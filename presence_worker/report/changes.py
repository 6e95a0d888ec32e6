"""What a run that waits for `apply` would change, person by person."""

from itertools import islice
from typing import Any

from ..journal import Journal, Wish
from ..model import PRESENT, State, same_text

MOST = 1000  # changes told; report.csv has all
WAITING = (State.PLANNED, State.HELD)


def waiting_changes(journal: Journal) -> dict[str, Any]:
    """Give the changes of a run that waits for `apply`, and how many more there are; of other runs, nothing.

    Each has `row`, `associate_id`, `identity`, `before_status` (null: not read), `status`, `comment`, which
    only says what becomes of it, for it may be a reason of absence, and `returns`: whether somebody is
    present again since the last day of an earlier row is over.
    """
    if journal.run().state not in WAITING:
        return {}
    told = [_told(wish) for wish in islice(journal.wishes(MOST), MOST)]
    return {"changes": told, "changes_left_out": journal.to_send() - len(told)}


def _told(wish: Wish) -> dict[str, Any]:
    return {
        "row": wish.row,
        "associate_id": wish.associate_id,
        "identity": wish.identity,
        "before_status": wish.before and wish.before.status,
        "status": wish.wanted.status,
        "comment": _comment(wish),
        "returns": wish.expected is not None and wish.wanted.status == PRESENT,
    }


def _comment(wish: Wish) -> str | None:
    """Say what becomes of the comment: set, changed, removed or kept; None where there is none."""
    if wish.before and wish.before.status != PRESENT and not wish.knows_comment:
        return "(not read)"
    before = wish.before.message if wish.before and wish.knows_comment else ""
    if same_text(wish.wanted.message, before):
        return "kept" if before else None
    if not wish.wanted.message:
        return "removed"
    return "changed" if before else "set"
