"""Sentences about results and reasons: one source for terminal, page and logs."""

from enum import StrEnum
from typing import NamedTuple

from ..model import Reason, Result
from ..run_states import State

_CORRECT = "Correct the rows in failed.csv, then run that file."
_LEAVE_OUT = "Otherwise HR leaves them out of the next file."  # a row deleted from failed.csv stays open


class Words(NamedTuple):
    """A reason in plain words, and what to do about it."""

    what: str
    remedy: str


class Owner(StrEnum):
    """Who must act."""

    HR = "HR"
    CRM = "CRM administrator"
    OPERATIONS = "operations"


OWNERS: dict[Owner, str] = {  # what each can change, in the order in which they are shown
    Owner.HR: "the file",
    Owner.CRM: "users, licences, and the settings of input and safety",
    Owner.OPERATIONS: "network, sign-in, and the machine",
}
RESULTS: dict[Result, str] = {
    Result.UPDATED: "changed and confirmed by SuperOffice",
    Result.UNCHANGED: "already as wanted",
    Result.DUPLICATE: "same as another row",
    Result.SKIPPED: "nothing to do now",
    Result.INVALID: "wrong in the file",
    Result.REJECTED: "rejected; trying again will not help",
    Result.FAILED: "not changed; trying again may help",
    Result.UNKNOWN: "sent, but not confirmed",
    Result.NOT_SENT: "the run ended first",
}

NOTHING_SENT = (State.CHECKED, State.PLANNED, State.HELD, State.REFUSED)  # no row's turn has come yet
UNSENT: dict[str, str] = {  # by state: why rows are not sent
    **dict.fromkeys(NOTHING_SENT, "to be sent"),
    State.REFUSED: "the file is refused",
    State.RUNNING: "to be sent",
}
WITHOUT_FAILED_CSV = (State.CHECKED, State.REFUSED)  # then the file itself needs the correction
REFUSED_US = f"{Reason.REFUSED} {Result.FAILED}"  # has words like a reason: the program is refused, not a row
WHY_DROPPED = {"withdrawn": "cancelled by HR", "not_in_file": "no longer in the file"}
_RESUME = "Resume the run."
_NOTHING = "Nothing to do."
REASONS: dict[str, Words] = {
    Reason.BAD_ASSOCIATE_ID: Words("no valid associate ID", _CORRECT),
    Reason.UNKNOWN_STATUS: Words(
        "unknown status value",
        "Add each value to input.statuses, or ask HR to correct it in failed.csv. Then run failed.csv.",
    ),
    Reason.STATUS_NOT_ALLOWED: Words(
        "status is not allowed",
        "Add it to input.allowed_statuses, or ask HR to correct it in failed.csv. Then run failed.csv.",
    ),
    Reason.BAD_MESSAGE: Words("comment is not a text, or cannot be made", _CORRECT),
    Reason.MESSAGE_TOO_LONG: Words("comment is too long", _CORRECT),
    Reason.CONTROL_CHARACTERS: Words("comment has control characters", _CORRECT),
    Reason.RAGGED_ROW: Words("more or fewer cells than the header", _CORRECT),
    Reason.CONFLICT: Words(
        "several rows ask for different things for one person",
        'Set input.on_conflict to "last" or "first", or ask HR which row in failed.csv is right. '
        "Then run failed.csv.",
    ),
    Reason.PROTECTED: Words(
        "protected user",
        f"Remove the IDs from safety.protected_ids, then run failed.csv. {_LEAVE_OUT}",
    ),
    Reason.NO_IDENTITY: Words("no valid login or e-mail address", _CORRECT),
    Reason.UNKNOWN_IDENTITY: Words(
        "no SuperOffice user has this login or e-mail address",
        "Correct the rows in failed.csv, then run that file. If HR lists people who are not users, "
        'the CRM administrator sets input.unknown_people = "skip".',
    ),
    Reason.AMBIGUOUS_IDENTITY: Words(
        "several SuperOffice users have this login or e-mail address",
        "Correct the users in SuperOffice, or use associate IDs in the file. Then run failed.csv.",
    ),
    Reason.UNKNOWN_ASSOCIATE: Words("no SuperOffice user has this associate ID", _CORRECT),
    Reason.INACTIVE_ASSOCIATE: Words(
        "user is not active",
        f"Activate the users, then run failed.csv. {_LEAVE_OUT}",
    ),
    Reason.NO_SERVICE_USER: Words(
        "user has no Service licence or access",
        f"Give the users access to Service, then run failed.csv. {_LEAVE_OUT}",
    ),
    Reason.BEFORE_UNKNOWN: Words(
        "earlier status is not known", "Set the status of these users in SuperOffice by hand."
    ),
    Reason.REFUSED: Words(
        "SuperOffice rejected the change",
        "Read the details in report.csv. Give the permission if the HTTP status is 403. Otherwise correct "
        "the rows in failed.csv. Then run failed.csv.",
    ),
    REFUSED_US: Words(
        "SuperOffice rejected this program, not the row",
        "Read the details. The CRM administrator gives a missing permission (403). Otherwise correct the "
        "settings of target and auth. Then resume the run.",
    ),
    Reason.MOVED_SINCE_PLAN: Words(
        "changed after the plan", "Make a new plan with failed.csv, and check it."
    ),
    Reason.MOVED_SINCE_RUN: Words(
        "changed by a later run or by a person", "Do nothing if that is right. Otherwise plan failed.csv."
    ),
    Reason.TIMEOUT: Words("no answer in time", _RESUME),
    Reason.CONNECTION: Words("connection failed", _RESUME),
    Reason.SERVER_ERROR: Words("SuperOffice had an error", _RESUME),
    Reason.THROTTLED: Words(
        "SuperOffice asked to slow down", "Resume the run. If it happens again, set a lower delivery.rate."
    ),
    Reason.BAD_ANSWER: Words("SuperOffice gave no valid answer", _RESUME),
    Reason.ECHO_MISMATCH: Words(
        "SuperOffice saved another status or comment",
        "Check the users in SuperOffice. The details say what differs. Resume the run if rows are unknown.",
    ),
    Reason.INTERNAL_ERROR: Words("a bug in presence-worker", "Resume the run, and report the bug."),
    Reason.STOPPED: Words("the run ended first", _RESUME),
    Reason.IGNORED_BY_MAPPING: Words("status is set to ignore", _NOTHING),
    Reason.FILTERED_OUT: Words("skipped by input.only", _NOTHING),
    Reason.HIDDEN_ROW: Words("hidden in the workbook", _NOTHING),
    Reason.WITHDRAWN: Words("absence cancelled", _NOTHING),
    Reason.OVERLAPPED: Words("an absence with a later first day counts now", _NOTHING),
    Reason.FORMULA_WITHOUT_VALUE: Words(
        "formula without a value", "Open the workbook in Excel, save it, and run it again."
    ),
    Reason.BAD_DATE: Words(
        "date is wrong or ambiguous",
        "Set input.date_format if the file writes dates in another form. Otherwise HR corrects the dates in "
        "failed.csv. Then run failed.csv.",
    ),
    Reason.NO_COVERAGE: Words(
        "future start date, but input.coverage is not set",
        'Set input.coverage to "changes" (the file lists only changes) or "everyone" (the file is complete). '
        "Then run failed.csv.",
    ),
    Reason.NOT_YET_DUE: Words("planned absence", _NOTHING),
    Reason.NO_LONGER_DUE: Words("last day is over", _NOTHING),
}
OWNED: dict[str, Owner] = {  # by reason; operations have all others
    **dict.fromkeys(
        (
            Reason.BAD_ASSOCIATE_ID,
            Reason.BAD_MESSAGE,
            Reason.MESSAGE_TOO_LONG,
            Reason.CONTROL_CHARACTERS,
            Reason.RAGGED_ROW,
            Reason.NO_IDENTITY,
            Reason.UNKNOWN_IDENTITY,
            Reason.UNKNOWN_ASSOCIATE,
            Reason.FORMULA_WITHOUT_VALUE,
        ),
        Owner.HR,
    ),
    **dict.fromkeys(
        (
            Reason.UNKNOWN_STATUS,
            Reason.STATUS_NOT_ALLOWED,
            Reason.CONFLICT,
            Reason.PROTECTED,
            Reason.AMBIGUOUS_IDENTITY,
            Reason.BAD_DATE,
            Reason.NO_COVERAGE,
            Reason.INACTIVE_ASSOCIATE,
            Reason.NO_SERVICE_USER,
            Reason.BEFORE_UNKNOWN,
            Reason.REFUSED,
            Reason.ECHO_MISMATCH,
            Reason.MOVED_SINCE_PLAN,
            Reason.MOVED_SINCE_RUN,
        ),
        Owner.CRM,
    ),
}


def text_key(reason: str | None, result: str) -> str | None:
    """Return the name under which the words for a reason are kept."""
    return REFUSED_US if (reason, result) == (Reason.REFUSED, Result.FAILED) else reason


def owner_of(reason: str | None, result: str) -> Owner:
    """Return who must act on rows with a reason."""
    return OWNED.get(text_key(reason, result) or "", Owner.OPERATIONS)


def is_trouble(result: str, state: str) -> bool:
    """Return whether a row that is not done needs an explanation; of a plan, nothing is sent yet."""
    return not (state in NOTHING_SENT and result == Result.NOT_SENT)


def result_words(result: str, state: str) -> str:
    """Return what a result means in a run that is in a state."""
    return (UNSENT.get(state) if result == Result.NOT_SENT else None) or RESULTS[Result(result)]


def reason_words(reason: str | None, result: str, state: str = State.FINISHED) -> Words:
    """Return the words for a reason, with a remedy that the run's state allows.

    A row without a reason is explained by its result.
    """
    name = text_key(reason, result)
    if name is None:
        return Words(RESULTS[Result(result)], _RESUME if result == Result.NOT_SENT else _NOTHING)
    words = REASONS.get(name) or Words(name, "Read the details.")  # a newer program may know more
    if state not in WITHOUT_FAILED_CSV:
        return words
    remedy = words.remedy.replace("failed.csv", "the file", 1).replace("that file", "it")
    return words._replace(remedy=remedy.replace("run failed.csv", "run it").replace("failed.csv", "the file"))
