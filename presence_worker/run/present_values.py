"""What the current status of an associate means for a row: pure decisions, tested without a server.

`compare_with_present` and its neighbours judge one row. `PresentValues` folds the answers of a whole run into
what is written to the journal, and decides when reading makes no sense.
"""

from typing import NamedTuple

import structlog

from ..errors import Stopped, Suspect
from ..journal import Finding, PendingRow, RunRecord
from ..model import PRESENT, Outcome, Presence, Reason, Result, Verdict
from ..run_states import Intent, Step
from ..sanitize import unquote
from ..superoffice.read_answers import may_mean_no_user
from ..superoffice.user_query import User, UserDirectory
from ..wording import amount

NO_PRESENCE = "StatusNone"  # not a presence, for an associate that the list does not have
MOVED = {  # by what the run is for
    Intent.UNDO: (Reason.MOVED_SINCE_RUN, "no longer has what the run had set"),
    Intent.PLAN: (Reason.MOVED_SINCE_PLAN, "no longer has what the plan was made on"),
    Intent.RUN: (Reason.MOVED_SINCE_PLAN, "no longer has what was read before the run was held"),
}
ALIKE = 20  # reads without a presence: the address is wrong then
OFF = "The rows were sent without reading, so no row is `unchanged` and `undo` is not possible"
UNREAD = "the current status of {users} cannot be read; their rows are sent anyway, and cannot be undone"
log = structlog.get_logger()


def user_without_presence(row: PendingRow, user: User) -> Verdict | None:
    """Return why a user whom the service knows cannot have a presence, or None."""
    if not user.is_active:
        return _reject(row, Reason.INACTIVE_ASSOCIATE, "user is not active")
    if not user.has_service:
        return _reject(row, Reason.NO_SERVICE_USER, "user has no Service licence or access")
    return None


def unknown_associate(row: PendingRow, said: str) -> Verdict:
    """Return the verdict on an associate that SuperOffice does not show; *said* are its words."""
    return _reject(row, Reason.UNKNOWN_ASSOCIATE, f"no SuperOffice user has this ID ({said})")


def judge_unread_return(row: int) -> Verdict:
    """Return the verdict on a return that may be overtaken: what the user has now is not known."""
    words = "the current status could not be read; the next run tries again"
    return Verdict(row, Result.REJECTED, Reason.BEFORE_UNKNOWN, words)


def is_presence(seen: Presence | None, user: User | None) -> bool:
    """Return whether what a read shows is the presence of a user."""
    return seen is not None and (user is not None or seen.status != NO_PRESENCE)


def compare_with_present(
    row: PendingRow, seen: Presence, moved_by: Intent | None, *, knows_comment: bool = True
) -> Verdict | None:
    """Return what settles a row whose associate holds *seen* now; None where it must be sent.

    A user who should return is left alone where something else was set since. With *moved_by*,
    what the service holds must still be what the run was made on, unless it is what is wanted. A comment that
    is not known never counts as the wanted one.
    """
    knows_all = knows_comment or seen.status == PRESENT
    holds_it = knows_all and seen.same_as(row.wanted)
    if row.expected and not holds_it and not _may_be(row.expected, seen, knows_all=knows_all):
        words = f"user {row.associate_id} no longer has what was set, so it stays as it is"
        return Verdict(row.row, Result.SKIPPED, Reason.MOVED_SINCE_RUN, words)
    moved = not _holds_what_was_there(row, seen, knows_all=knows_all)
    if moved_by is not None and moved and not holds_it:
        reason, words = MOVED[moved_by]
        return _reject(row, reason, f"user {row.associate_id} {words}")
    return Verdict(row.row, Result.UNCHANGED) if holds_it else None


def _may_be(expected: Presence, seen: Presence, *, knows_all: bool) -> bool:
    """Return whether the user may still have what was expected; an unread comment proves nothing."""
    return seen.same_as(expected) if knows_all else seen.status == expected.status


def _holds_what_was_there(row: PendingRow, seen: Presence, *, knows_all: bool) -> bool:
    """Return whether the user holds what the run was made on, as far as both are known."""
    before = row.before
    if before is None or not (row.knows_comment and knows_all):
        return before is None or seen.status == before.status
    return seen.same_as(before)


def _reject(row: PendingRow, reason: Reason, words: str) -> Verdict:
    return Verdict(row.row, Result.REJECTED, reason, words)


class Need(NamedTuple):
    """Why a run reads current statuses, and what it does without them."""

    how: str  # auto, each, query or off: delivery.read_before, as far as the run leaves a choice
    is_plan: bool
    moved_by: Intent | None  # what is read must be as it was when the run was made for this

    @property
    def asks_for_all(self) -> bool:
        """Return whether the query of all users says what there is, as far as it can."""
        return self.how in ("auto", "query")

    @property
    def is_strict(self) -> bool:
        """Return whether nothing may be sent without having been read."""
        return self.how == "each" or self.moved_by is not None or self.is_plan


def need_of(run: RunRecord, read_before: str) -> Need:
    """Return why *run* reads; *read_before* is the setting."""
    is_compared = run.step == Step.COMPARE
    intent = Intent(run.intent)
    must_read = intent is not Intent.RUN or is_compared
    return Need(
        how="auto" if read_before == "off" and must_read else read_before,
        is_plan=intent is Intent.PLAN,
        moved_by=intent if is_compared or intent is Intent.UNDO else None,
    )


class QueryAnswer(NamedTuple):
    """What the list of all users says of a row's associate, without a read."""

    finding: Finding | None = None  # None: nothing that could be kept
    verdict: Verdict | None = None  # None: the row must be sent


class Found(NamedTuple):
    """What was found out since the journal was written last."""

    presences: list[Finding]
    verdicts: list[Verdict]
    notes: list[str]


class PresentValues:
    """Owns what is known of the current statuses, and not yet in the journal.

    A value that cannot be read does not stop a run where others can be read. An associate that SuperOffice
    does not show does not exist. Where it shows none at all, the address is wrong, and no row is judged.
    """

    def __init__(self, need: Need, directory: UserDirectory | None) -> None:
        self.need = need
        self.stop: Stopped | None = None  # why nothing may be sent
        self.is_given_up = False
        self._directory = directory  # None: the query of all users was not made, or had no answer
        self._found = Found([], [], [])
        self._missing: list[tuple[PendingRow, str]] = []  # kept back until a presence was seen
        self._unread = 0  # rows
        self._has_seen = False

    def take(self) -> Found:
        """Return what was found out since the last call."""
        found, self._found = self._found, Found([], [], [])
        return found

    def note(self, words: str) -> None:
        """Add a note for the report, the log and the terminal."""
        self._found.notes.append(words)

    def is_answered_by_query(self, row: PendingRow) -> bool:
        """Return whether the query of all users says enough of a row's associate; settle the row then."""
        answer = self.judge_by_query(row)
        if answer is None:
            return False
        if not any(answer):
            self._unread += 1
        self._keep(answer)
        return True

    def judge_by_query(self, row: PendingRow) -> QueryAnswer | None:
        """Return what the query of all users says of a row's associate; None where a read is needed."""
        user = self._user(row)
        if user is None:
            return None
        if verdict := user_without_presence(row, user):
            return QueryAnswer(verdict=verdict)
        if user.status != PRESENT and not self._does_without_comment(row, user):
            return None
        return self._judge(row, Presence(status=user.status, message="")) if user.status else QueryAnswer()

    def _does_without_comment(self, row: PendingRow, user: User) -> bool:
        """Return whether the user's comment need not be read.

        Where what is there must still be what it was, the comment decides, unless it was never known.
        """
        if self.need.how != "query" or row.expected:
            return False
        was = None if row.knows_comment or row.before is None else row.before.status
        return self.need.moved_by is None or user.status == was

    def add_read(self, row: PendingRow, outcome: Outcome, *, is_stopping: bool) -> None:
        """Take in what a read showed; while the run *is_stopping*, only a presence counts."""
        user = self._user(row)
        if outcome.seen is not None and is_presence(outcome.seen, user):
            self._has_seen = True
            self._reject_missing()  # a user is shown, so the address is right
            self._keep(self._judge(row, outcome.seen, knows_comment=True))
        elif self.is_given_up or is_stopping:
            return
        elif user is None and self._shows_no_user(row, outcome):
            self._add_missing(row, outcome.detail or "no presence")
        else:
            self._add_unread(row, outcome, user)

    def forget(self, rows: set[int]) -> None:
        """Forget what was read of rows and is not in the journal: it may have been another's."""
        found = self._found
        self._found = Found(
            [each for each in found.presences if each.row not in rows],
            [each for each in found.verdicts if each.row not in rows],
            found.notes,
        )
        self._missing = [(row, said) for row, said in self._missing if row.row not in rows]

    def end(self) -> None:
        """Conclude what only the last answer shows."""
        if self._missing and self.need.asks_for_all:
            suspect = None if self._directory else Suspect.TARGET
            self._give_up("SuperOffice has none of these users", suspect)
        self._reject_missing()
        if self._unread:
            self.note(UNREAD.format(users=amount(self._unread, "user")))

    def reject_unread_return(self, row: int) -> None:
        """Leave a user alone who should return but could not be read: the next run tries again."""
        self._found.verdicts.append(judge_unread_return(row))

    def _user(self, row: PendingRow) -> User | None:
        """Return what the query said; where every associate must be read, it does not count."""
        is_asked = self._directory is not None and self.need.asks_for_all
        return self._directory.users.get(row.associate_id) if self._directory and is_asked else None

    def _judge(self, row: PendingRow, seen: Presence, *, knows_comment: bool = False) -> QueryAnswer:
        finding = Finding(row.row, seen.status, seen.message if knows_comment else None)
        verdict = compare_with_present(row, seen, self.need.moved_by, knows_comment=knows_comment)
        return QueryAnswer(finding, verdict)

    def _keep(self, answer: QueryAnswer) -> None:
        if answer.finding:
            self._found.presences.append(answer.finding)
        if answer.verdict:
            self._found.verdicts.append(answer.verdict)

    def _shows_no_user(self, row: PendingRow, outcome: Outcome) -> bool:
        missing = self._directory is not None and row.associate_id not in self._directory.users
        is_known_missing = outcome.seen is not None or outcome.reason is Reason.UNKNOWN_ASSOCIATE
        return is_known_missing or (missing and may_mean_no_user(outcome))

    def _add_missing(self, row: PendingRow, said: str) -> None:
        self._missing.append((row, said))
        if self._has_seen or self._directory:
            self._reject_missing()
        elif len(self._missing) >= ALIKE:
            self._give_up(f"SuperOffice shows none of the first {ALIKE} associates", Suspect.TARGET)

    def _reject_missing(self) -> None:
        self._found.verdicts.extend(unknown_associate(row, said) for row, said in self._missing)
        self._missing.clear()

    def _add_unread(self, row: PendingRow, outcome: Outcome, user: User | None) -> None:
        """Go on without a current status, where that is possible: others can be read."""
        status = user.status if user else None
        is_enough = self.need.moved_by is None or (status and not row.knows_comment)
        if self.need.how == "each" or not is_enough or not (self._directory or self._has_seen):
            words = f"the current status of user {row.associate_id} cannot be read ({outcome.detail})"
            self._give_up(words)
            return
        said = unquote(outcome.detail or "")
        log.warning("read.failed", row=row.row, associate_id=row.associate_id, detail=said)
        self._unread += 1
        if status:
            self._keep(self._judge(row, Presence(status=status, message="")))

    def _give_up(self, words: str, suspect: Suspect | None = None) -> None:
        """End the reading: without it, only a run that may do without is sent."""
        self.is_given_up = True
        self._missing.clear()
        if self.need.is_strict:
            doubt = "; is target.base_url right?" if suspect else ""
            self.stop = Stopped(f"{words}; nothing was sent{doubt}", suspect=suspect)
        else:
            self.note(f"{words}. {OFF}")
