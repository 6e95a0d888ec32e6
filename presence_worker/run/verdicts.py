"""What settles a row without its being sent, once the present value is known: pure decisions."""

from ..journal import Wish
from ..model import PRESENT, Intent, Presence, Reason, Result, Verdict
from ..superoffice.user_query import User

NO_PRESENCE = "StatusNone"  # of somebody whom the query does not know, this is nobody's presence
MOVED = {  # by what the run is for
    Intent.UNDO: (Reason.MOVED_SINCE_RUN, "no longer has what the run had set"),
    Intent.PLAN: (Reason.MOVED_SINCE_PLAN, "no longer has what the plan was made on"),
    Intent.RUN: (Reason.MOVED_SINCE_PLAN, "no longer has what was read before the run was held"),
}


def barred(wish: Wish, user: User) -> Verdict | None:
    """Give why a user whom the service knows cannot have a presence, or None."""
    if not user.is_active:
        return _rejected(wish, Reason.INACTIVE_ASSOCIATE, "this user is not active in SuperOffice")
    if not user.has_service:
        return _rejected(wish, Reason.NO_SERVICE_USER, "this user has no part in SuperOffice Service")
    return None


def unknown(wish: Wish, said: str) -> Verdict:
    """Give the verdict on an associate of whom the service shows nothing at all; *said* are its words."""
    return _rejected(wish, Reason.UNKNOWN_ASSOCIATE, f"SuperOffice shows no presence of this id ({said})")


def unread_return(row: int) -> Verdict:
    """Give the verdict on somebody who was to return, but may meanwhile have been set to something else."""
    words = "what is there now could not be read; the next run tries it again"
    return Verdict(row, Result.REJECTED, Reason.BEFORE_UNKNOWN, words)


def is_presence(seen: Presence | None, user: User | None) -> bool:
    """Whether what a read shows is somebody's presence."""
    return seen is not None and (user is not None or seen.status != NO_PRESENCE)


def judged(
    wish: Wish, seen: Presence, moved_by: Intent | None, *, knows_comment: bool = True
) -> Verdict | None:
    """Give what settles a row whose associate holds *seen* now; None where it is to be sent.

    Who was to return stays as they are where somebody has set something else meanwhile. With *moved_by*,
    what the service holds must still be what the run was made on, unless it is what is wanted. A comment that
    is not known is never taken for the one that is wanted.
    """
    knows_all = knows_comment or seen.status == PRESENT
    holds_it = knows_all and seen.same_as(wish.wanted)
    if wish.expected and not holds_it and not _expected(wish.expected, seen, knows_all=knows_all):
        words = f"associate {wish.associate_id} no longer has what was set; left as it is"
        return Verdict(wish.row, Result.SKIPPED, Reason.MOVED_SINCE_RUN, words)
    moved = not _still(wish, seen, knows_all=knows_all)
    if moved_by is not None and moved and not holds_it:
        reason, words = MOVED[moved_by]
        return _rejected(wish, reason, f"associate {wish.associate_id} {words}")
    return Verdict(wish.row, Result.UNCHANGED) if holds_it else None


def _expected(expected: Presence, seen: Presence, *, knows_all: bool) -> bool:
    """Whether somebody may still have what was expected; a comment that was not read proves nothing."""
    return seen.same_as(expected) if knows_all else seen.status == expected.status


def _still(wish: Wish, seen: Presence, *, knows_all: bool) -> bool:
    """Whether somebody holds what the run was made on, as far as both are known."""
    before = wish.before
    if before is None or not (wish.knows_comment and knows_all):
        return before is None or seen.status == before.status
    return seen.same_as(before)


def _rejected(wish: Wish, reason: Reason, words: str) -> Verdict:
    return Verdict(wish.row, Result.REJECTED, reason, words)
