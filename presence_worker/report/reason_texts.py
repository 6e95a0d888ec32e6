"""Sentences about results and reasons: one source for terminal, page and logs."""

from enum import StrEnum
from typing import NamedTuple

from ..model import Reason, Result
from ..run_states import State

_MEND = "correct the row in failed.csv and run that file"


class Words(NamedTuple):
    """A reason in plain words, and what to do about it."""

    what: str
    remedy: str


class Mender(StrEnum):
    """Who can mend a trouble."""

    HR = "HR"
    CRM = "CRM administrator"
    OPERATIONS = "operations"


MENDERS: dict[Mender, str] = {  # what they have in their hands, in the order in which they are told
    Mender.HR: "the file",
    Mender.CRM: "people, licences and permissions in SuperOffice",
    Mender.OPERATIONS: "network, credentials, configuration, and the service itself",
}
RESULTS: dict[Result, str] = {
    Result.UPDATED: "confirmed by the service",
    Result.UNCHANGED: "already as wanted",
    Result.DUPLICATE: "same as another row",
    Result.SKIPPED: "nothing asked for now",
    Result.INVALID: "wrong in the file",
    Result.REJECTED: "refused for good",
    Result.FAILED: "not delivered",
    Result.UNKNOWN: "perhaps sent, never confirmed",
    Result.NOT_SENT: "not sent",
}

NOTHING_SENT = (State.CHECKED, State.PLANNED, State.HELD, State.REFUSED)  # no row's turn has come yet
WITHOUT_FAILED_CSV = (State.CHECKED, State.REFUSED)  # the file itself is to be mended
REFUSED_US = f"{Reason.REFUSED} {Result.FAILED}"  # told like a reason: the service refused us, not a row
WHY_DROPPED = {"withdrawn": "cancelled by HR", "not_in_file": "no longer in the file"}
_RESUME = "resume the run"
_NEXT = "the next command sends them"
REASONS: dict[str, Words] = {
    Reason.BAD_ASSOCIATE_ID: Words("no valid associateId", _MEND),
    Reason.UNKNOWN_STATUS: Words(
        "status not understood", "map it in input.statuses, or correct it in failed.csv"
    ),
    Reason.STATUS_NOT_ALLOWED: Words("status not allowed", f"{_MEND}; or list it in input.allowed_statuses"),
    Reason.BAD_MESSAGE: Words("message is no text, or none can be made", _MEND),
    Reason.MESSAGE_TOO_LONG: Words("message too long", _MEND),
    Reason.CONTROL_CHARACTERS: Words("control characters in the message", _MEND),
    Reason.RAGGED_ROW: Words("more or fewer cells than the header", _MEND),
    Reason.CONFLICT: Words("two rows want different things", "keep one of them, or set input.on_conflict"),
    Reason.PROTECTED: Words(
        "associate is protected", "remove it from the file, or from safety.protected_ids"
    ),
    Reason.NO_IDENTITY: Words("no valid login or e-mail address", _MEND),
    Reason.UNKNOWN_IDENTITY: Words(
        "nobody in SuperOffice has this login or e-mail",
        'correct the row; or set input.unknown_people = "skip" where HR knows more people',
    ),
    Reason.AMBIGUOUS_IDENTITY: Words(
        "several people in SuperOffice have this login or e-mail", "name the associateId instead"
    ),
    Reason.UNKNOWN_ASSOCIATE: Words("SuperOffice shows no presence of this id", _MEND),
    Reason.INACTIVE_ASSOCIATE: Words("the user is not active", "leave the row out, or activate the user"),
    Reason.NO_SERVICE_USER: Words(
        "the user has no part in Service", "leave the row out, or add the user there"
    ),
    Reason.BEFORE_UNKNOWN: Words(
        "what it was before is not known", "set it by hand, or with a file of your own"
    ),
    Reason.REFUSED: Words(
        "the service said no",
        "read its words in report.csv; 403 is a missing right, else correct the row in failed.csv",
    ),
    REFUSED_US: Words(
        "the service refused us, not the row",
        "read its words: a missing right (403) is the CRM administrator's to give, all else is in the "
        "configuration; then resume",
    ),
    Reason.MOVED_SINCE_PLAN: Words("somebody changed it after the plan", "plan again, and look at it"),
    Reason.MOVED_SINCE_RUN: Words(
        "a later run, or somebody, wants it otherwise", "nothing, if that is right"
    ),
    Reason.TIMEOUT: Words("no answer in time", _RESUME),
    Reason.CONNECTION: Words("connection trouble", _RESUME),
    Reason.SERVER_ERROR: Words("the service was in trouble", _RESUME),
    Reason.THROTTLED: Words("the service asked for patience", "resume the run, perhaps with a lower --rate"),
    Reason.BAD_ANSWER: Words("the answer could not be trusted", _RESUME),
    Reason.ECHO_MISMATCH: Words(
        "the service saved another status or comment",
        "see in the detail which, and look at the user in SuperOffice; resume helps only where it is unknown",
    ),
    Reason.INTERNAL_ERROR: Words("a bug in presence-worker", "resume the run, and report the bug"),
    Reason.STOPPED: Words("the run ended first", _RESUME),
    Reason.IGNORED_BY_MAPPING: Words("status mapped to ignore", "nothing"),
    Reason.FILTERED_OUT: Words("left out by input.only", "nothing"),
    Reason.HIDDEN_ROW: Words("hidden in the workbook", "nothing"),
    Reason.WITHDRAWN: Words("leave cancelled", "nothing"),
    Reason.OVERLAPPED: Words("a leave that begins later counts for now", "nothing"),
    Reason.FORMULA_WITHOUT_VALUE: Words(
        "formula without a value", "open the workbook in Excel, save it, and run it again"
    ),
    Reason.BAD_DATE: Words(
        "a date is not certain, or the end is before the start",
        "correct the dates, or set input.date_format",
    ),
    Reason.NO_COVERAGE: Words(
        "a first day to come, but input.coverage is not set",
        'set input.coverage to "changes" (the file has only news) or "everyone" (it has all there is)',
    ),
    Reason.NOT_YET_DUE: Words("its first day is yet to come", "nothing"),
    Reason.NO_LONGER_DUE: Words("its last day is over", "nothing"),
}
MENDS: dict[str, Mender] = {  # by reason; what nobody else can mend is left to operations
    **dict.fromkeys(
        (
            Reason.BAD_ASSOCIATE_ID,
            Reason.UNKNOWN_STATUS,
            Reason.STATUS_NOT_ALLOWED,
            Reason.BAD_MESSAGE,
            Reason.MESSAGE_TOO_LONG,
            Reason.CONTROL_CHARACTERS,
            Reason.RAGGED_ROW,
            Reason.CONFLICT,
            Reason.PROTECTED,
            Reason.NO_IDENTITY,
            Reason.UNKNOWN_IDENTITY,
            Reason.AMBIGUOUS_IDENTITY,
            Reason.UNKNOWN_ASSOCIATE,
            Reason.BAD_DATE,
            Reason.FORMULA_WITHOUT_VALUE,
        ),
        Mender.HR,
    ),
    **dict.fromkeys(
        (
            Reason.INACTIVE_ASSOCIATE,
            Reason.NO_SERVICE_USER,
            Reason.BEFORE_UNKNOWN,
            Reason.REFUSED,
            Reason.ECHO_MISMATCH,
        ),
        Mender.CRM,
    ),
}


def text_key(reason: str | None, result: str) -> str | None:
    """Return the name under which the words for a reason are kept."""
    return REFUSED_US if (reason, result) == (Reason.REFUSED, Result.FAILED) else reason


def mender(reason: str | None, result: str) -> Mender:
    """Return who can mend rows with a reason."""
    return MENDS.get(text_key(reason, result) or "", Mender.OPERATIONS)


def is_trouble(result: str, state: str) -> bool:
    """Return whether a row that is not done is to be explained; nothing sent yet is nobody's fault."""
    return not (state in NOTHING_SENT and result == Result.NOT_SENT)


def result_words(result: str, state: str) -> str:
    """Return what a result means in a run that is in a state."""
    waits = state in NOTHING_SENT and state != State.REFUSED and result == Result.NOT_SENT
    return "to be sent" if waits else RESULTS[Result(result)]


def reason_words(reason: str | None, result: str, state: str = State.FINISHED) -> Words:
    """Return the words for a reason, with a remedy that the run's state allows.

    A row without a reason is explained by its result.
    """
    name = text_key(reason, result)
    if name is None:
        return Words(RESULTS[Result(result)], _NEXT if result == Result.NOT_SENT else "nothing")
    words = REASONS.get(name) or Words(name, "read the detail")  # a newer program may know more
    if state not in WITHOUT_FAILED_CSV:
        return words
    in_the_file = words.remedy.replace(_MEND, "correct the file").replace("failed.csv", "the file")
    return words._replace(remedy=in_the_file)
