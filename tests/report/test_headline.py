"""The headline: how a run went, in one sentence that a manager understands."""

import pytest

from presence_worker.journal import ResultCount
from presence_worker.model import Reason, Result
from presence_worker.report.headline import headline
from presence_worker.run_states import State

NOTHING = dict.fromkeys(Result, 0)


def trouble(result: Result, reason: Reason | None, rows: int, people: int | None = None) -> ResultCount:
    """Give rows that are not done."""
    return ResultCount(str(result), reason and str(reason), rows, rows if people is None else people, None)


def said(state: State, done: int, *troubles: ResultCount, undoes: str | None = None) -> str:
    """Give the headline of a run that updated some rows, and not others."""
    counts = {**NOTHING, Result.UPDATED: done}
    for each in troubles:
        counts[Result(each.result)] += each.rows
    return headline(str(state), counts, done, troubles, undoes=undoes)


def test_it_says_how_many_rows_are_done_and_who_must_act() -> None:
    """The numbers come first, then who has to do something, in a fixed order."""
    troubles = (
        trouble(Result.INVALID, Reason.UNKNOWN_IDENTITY, 7),
        trouble(Result.REJECTED, Reason.INACTIVE_ASSOCIATE, 3),
        trouble(Result.FAILED, Reason.TIMEOUT, 4),
    )

    assert said(State.FINISHED, 401, *troubles) == (
        "401 of 415 rows done. 14 need attention: HR 7, CRM administrator 3, operations 4."
    )


def test_one_row_is_one_row() -> None:
    """The verb agrees."""
    assert said(State.FINISHED, 9, trouble(Result.INVALID, Reason.BAD_ASSOCIATE_ID, 1)) == (
        "9 of 10 rows done. 1 needs attention: HR 1."
    )
    assert said(State.FINISHED, 0, trouble(Result.INVALID, Reason.BAD_ASSOCIATE_ID, 1)) == (
        "0 of 1 row done. 1 needs attention: HR 1."
    )


def test_thousands_stand_apart() -> None:
    """A comma would be a decimal sign in most of Europe."""
    assert said(State.FINISHED, 10_401, trouble(Result.FAILED, Reason.TIMEOUT, 1_014)) == (
        "10 401 of 11 415 rows done. 1 014 need attention: operations 1 014."
    )


def test_a_setting_is_not_for_hr() -> None:
    """HR corrects rows; what needs a setting or a user is the CRM administrator's."""
    reasons = (Reason.UNKNOWN_STATUS, Reason.BAD_DATE, Reason.CONFLICT, Reason.PROTECTED, Reason.NO_COVERAGE)
    troubles = [trouble(Result.INVALID, reason, 1) for reason in reasons]

    assert said(State.FINISHED, 0, *troubles) == ("0 of 5 rows done. 5 need attention: CRM administrator 5.")


def test_rows_that_were_not_sent_need_no_attention() -> None:
    """They wait for the next command; what is wrong stands beside them."""
    troubles = (trouble(Result.NOT_SENT, None, 4), trouble(Result.INVALID, Reason.RAGGED_ROW, 1))

    assert said(State.STOPPED, 8, *troubles) == (
        "Stopped early. 8 of 13 rows done. 4 not sent yet. 1 needs attention: HR 1."
    )


def test_the_program_s_refusal_is_for_operations() -> None:
    """Where the credentials were refused, the rows are right."""
    refused = trouble(Result.FAILED, Reason.REFUSED, 2)

    assert said(State.STOPPED, 0, refused) == (
        "Stopped early. 0 of 2 rows done. 2 need attention: operations 2."
    )


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.FINISHED, "All 2 rows done."),
        (State.RUNNING, "Not finished yet. All 2 rows done."),
        (State.REFUSED, "The file is refused. Nothing was sent."),
        (State.PLANNED, "Nothing to change. Nothing was sent."),
        (State.HELD, "Nothing to change. Nothing was sent."),
    ],
)
def test_all_is_well(state: State, sentence: str) -> None:
    """A good night needs few words."""
    assert said(state, 2) == sentence


def test_one_row_that_is_done() -> None:
    """There is no "all" of one, nor of none."""
    assert said(State.FINISHED, 0) == "0 rows done."
    assert said(State.FINISHED, 1) == "1 row done."


def test_a_file_whose_rows_are_all_skipped_sends_nothing() -> None:
    """That is a good night, but a reader who expects changes wants to know."""
    counts = {**NOTHING, Result.SKIPPED: 12}

    assert headline(State.FINISHED, counts, 12, ()) == "All 12 rows skipped. Nothing was sent."


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.PLANNED, "2 changes planned. Nothing was sent."),
        (State.HELD, "A safety limit holds this job: 2 changes wait. Nothing was sent."),
        (State.STOPPED, "Stopped early. 1 of 3 rows done. 2 not sent yet."),
        (State.RUNNING, "Not finished yet. 1 of 3 rows done. 2 not sent yet."),
        (State.REFUSED, "The file is refused. Nothing was sent."),
    ],
)
def test_the_state_says_why_rows_wait(state: State, sentence: str) -> None:
    """Rows wait because of a plan, a safety limit, or a run that ended early."""
    assert said(state, 1, trouble(Result.NOT_SENT, None, 2)) == sentence


def test_a_plan_says_what_is_wrong_in_the_file_too() -> None:
    """Someone who agrees to a plan knows what it leaves out."""
    troubles = (trouble(Result.NOT_SENT, None, 3, 1), trouble(Result.INVALID, Reason.PROTECTED, 1))

    assert said(State.PLANNED, 0, *troubles) == (
        "1 change planned. Nothing was sent. 1 needs attention: CRM administrator 1."
    )


def test_an_undo_says_what_it_undid() -> None:
    """It names the run, and the changes that it left alone because they are newer."""
    moved = trouble(Result.REJECTED, Reason.MOVED_SINCE_RUN, 1)

    assert said(State.FINISHED, 320, undoes="X") == "All 320 changes of run X undone."
    assert said(State.FINISHED, 1, undoes="X") == "1 change of run X undone."
    assert said(State.STOPPED, 2, moved, undoes="X") == (
        "Stopped early. 2 of 3 changes of run X undone. 1 left alone, because of a later change."
    )
