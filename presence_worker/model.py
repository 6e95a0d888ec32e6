"""The nouns: what a row asks for, and its result."""

from collections.abc import Awaitable, Callable
from datetime import date
from enum import Enum, StrEnum
from typing import NamedTuple

from .errors import Suspect

MAX_ASSOCIATE_ID = 2_147_483_647  # int32, by the service's reference
MAX_MESSAGE_LENGTH = 255  # characters; the column behind the comment is a String(255)
PRESENT = "StatusNormal"
NOT_PRESENT = "StatusNotAvailable"
STATUSES = {  # exact name: number, by the service's enumeration EjUserStatus
    "StatusNone": 0,
    PRESENT: 1,
    NOT_PRESENT: 2,
    "StatusDeleted": 3,
    "StatusReadOnly": 4,
    "StatusSpm": 5,
    "StatusSystem": 127,
}


class Result(StrEnum):
    """The result of a row: exactly one of these."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    SKIPPED = "skipped"
    INVALID = "invalid"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


class Reason(StrEnum):
    """Why a row has its result; the codes are stable."""

    BAD_ASSOCIATE_ID = "bad_associate_id"
    UNKNOWN_STATUS = "unknown_status"
    STATUS_NOT_ALLOWED = "status_not_allowed"
    BAD_MESSAGE = "bad_message"
    MESSAGE_TOO_LONG = "message_too_long"
    CONTROL_CHARACTERS = "control_characters"
    RAGGED_ROW = "ragged_row"
    CONFLICT = "conflict"
    PROTECTED = "protected"
    NO_IDENTITY = "no_identity"
    UNKNOWN_IDENTITY = "unknown_identity"
    AMBIGUOUS_IDENTITY = "ambiguous_identity"
    UNKNOWN_ASSOCIATE = "unknown_associate"
    INACTIVE_ASSOCIATE = "inactive_associate"
    NO_SERVICE_USER = "no_service_user"
    BEFORE_UNKNOWN = "before_unknown"
    REFUSED = "refused"
    MOVED_SINCE_PLAN = "moved_since_plan"
    MOVED_SINCE_RUN = "moved_since_run"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    SERVER_ERROR = "server_error"
    THROTTLED = "throttled"
    BAD_ANSWER = "bad_answer"
    ECHO_MISMATCH = "echo_mismatch"
    INTERNAL_ERROR = "internal_error"
    STOPPED = "stopped"
    BAD_DATE = "bad_date"
    NO_COVERAGE = "no_coverage"
    NOT_YET_DUE = "not_yet_due"
    NO_LONGER_DUE = "no_longer_due"
    IGNORED_BY_MAPPING = "ignored_by_mapping"
    FILTERED_OUT = "filtered_out"
    HIDDEN_ROW = "hidden_row"
    WITHDRAWN = "withdrawn"
    OVERLAPPED = "overlapped"
    FORMULA_WITHOUT_VALUE = "formula_without_value"


NOT_COUNTED = (  # why rows are as if they were not in the file
    Reason.IGNORED_BY_MAPPING,
    Reason.FILTERED_OUT,
    Reason.HIDDEN_ROW,
)


UNSETTLED = (Result.NOT_SENT, Result.FAILED, Result.UNKNOWN)  # what `resume` finishes
NOT_DONE = (Result.INVALID, Result.REJECTED, *UNSETTLED)


def same_text(one: str, other: str) -> bool:
    """Return whether two comments are equal, however their line ends are written."""
    return one == other or _plain_ends(one) == _plain_ends(other)


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Presence(NamedTuple):
    """A presence status as the service keeps it."""

    status: str
    message: str  # may be a reason of absence: never shown

    def __repr__(self) -> str:
        """Show the status alone, and none that is not documented: it may be anything."""
        status = self.status if self.status in STATUSES else "not documented"
        return f"{type(self).__name__}(status={status!r})"

    def same_as(self, other: "Presence") -> bool:
        """Return whether both mean the same; the comment of a user who is present means nothing."""
        is_same = self.status == other.status
        return is_same and (self.status == PRESENT or same_text(self.message, other.message))


class Period(NamedTuple):
    """The days on which a row is due, both included; None: without such an end."""

    starts: date | None
    ends: date | None


class Origin(NamedTuple):
    """Where a row stood that came back in a failed.csv or unprocessed.csv."""

    run_id: str  # of the run that wrote that file
    line: int | None  # of that run's own file; None where it had no lines, or a person removed the number


class Row(NamedTuple):
    """A row of the job after validation: what it asks for, or why it cannot be sent."""

    row: int  # ordinal in the job, 1-based
    line: int | None  # physical line it starts on, 1-based; None where the format has none
    associate_id: int | str | None  # a number where it is one, else what was found, cleaned
    status: str | None  # exact name; None where it was not understood
    message: str  # as it will be sent
    cells: str  # the row as it came: a JSON list, in the order of the input's columns
    result: Result | None = None  # None: to be sent
    reason: Reason | None = None
    detail: str | None = None  # all its faults, for people
    identity: str | None = None  # the login or e-mail that names whom it is about; None: the associateId does
    period: Period | None = None  # None: it has no dates, and is due whenever it comes
    origin: Origin | None = None  # None: it did not come back

    def __repr__(self) -> str:
        """Show which row it is; what it says may be a reason of absence."""
        return f"{type(self).__name__}(row={self.row})"


class Asked(NamedTuple):
    """What a valid row asks for, beside others about the same person."""

    row: int
    wanted: Presence
    line: int | None
    period: Period | None = None  # None: it has no days


class Verdict(NamedTuple):
    """What settles a row of the job without its being sent."""

    row: int
    result: Result
    reason: Reason | None = None
    detail: str | None = None
    duplicate_of: int | None = None  # the row that is sent instead


class Change(NamedTuple):
    """One PUT to be made: *associate_id* gets *wanted*."""

    row: int  # ordinal in the job, 1-based
    associate_id: int
    wanted: Presence
    in_doubt: bool = False  # an earlier PUT of it was sent and never answered


class Trouble(Enum):
    """What stands in a row's way for now, and so how its next try is treated."""

    OWN = "own"  # counts against the row's attempts
    DISCONNECTED = "disconnected"  # counts; the next try need not wait
    THROTTLED = "throttled"  # does not count: the service only asked for patience
    DOWN = "down"  # the service seems not to be there; counts
    WAITING = "waiting"  # the same, and the whole run waits for it; does not count
    NOT_OURS = "not_ours"  # nothing was written, as others may work on the target; does not count
    RENEWED = "renewed"  # what it lacked (a credential, an address) is there now; does not count


class Outcome(NamedTuple):
    """What is known of a change after a try, or after all of them."""

    result: Result
    reason: Reason | None = None
    detail: str | None = None  # cleaned words for people, never the row's message
    http_status: int | None = None
    attempts: int = 1  # tries, also those that reached no server
    wire_puts: int = 1  # PUTs really put on the wire
    duration_ms: float = 0.0  # its requests took, all tries together, without the waiting between
    trouble: Trouble | None = None  # None: final
    retry_after: float | None = None  # seconds the service asked everybody to wait
    html: bool = False  # a page for people came instead of an answer
    seen: Presence | None = None  # what a read showed, or a PUT's foreign echo
    stop: str | None = None  # why the whole run must stop: not this row's fault
    suspect: Suspect | None = None  # what has to be corrected first, where that is known

    def after(self, earlier: "Outcome") -> "Outcome":
        """This outcome as the one that follows *earlier*: tries add up, and doubt stays.

        Once an answer to a row was lost, only proof (an echo or a read) ends the doubt.
        """
        doubt = earlier.result is Result.UNKNOWN and self.result is not Result.UPDATED
        proves_more = self.result is Result.UNKNOWN and self.stop  # such as a read that shows something else
        return self._replace(
            result=Result.UNKNOWN if doubt else self.result,
            reason=(earlier.reason if doubt and not proves_more else None) or self.reason,
            detail=(self.detail or earlier.detail) if doubt else self.detail,
            attempts=earlier.attempts + self.attempts,
            wire_puts=earlier.wire_puts + self.wire_puts,
            duration_ms=earlier.duration_ms + self.duration_ms,
        )


def internal_error(error: BaseException, *, sent: bool) -> Outcome:
    """Return the outcome of a row that met a bug of ours; only the kind of the error is shown."""
    return Outcome(
        result=Result.UNKNOWN if sent else Result.FAILED,
        reason=Reason.INTERNAL_ERROR,
        detail=f"a bug in presence-worker ({type(error).__name__}); please report it",
        wire_puts=int(sent),
    )


Send = Callable[[Change], Awaitable[Outcome]]
