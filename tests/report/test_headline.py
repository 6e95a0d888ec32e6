"""The headline: how a run went, in one sentence that a manager understands."""

import pytest

from presence_worker.journal import ResultCount
from presence_worker.model import Reason, Result
from presence_worker.report.headline import CLAUSES, headline
from presence_worker.report.reason_texts import REFUSED_US
from presence_worker.run_states import State

NOTHING = dict.fromkeys(Result, 0)
BY_OPERATIONS = {  # reasons that say nothing of the person or the row
    Reason.TIMEOUT,
    Reason.CONNECTION,
    Reason.SERVER_ERROR,
    Reason.THROTTLED,
    Reason.BAD_ANSWER,
    Reason.ECHO_MISMATCH,
    Reason.INTERNAL_ERROR,
    Reason.STOPPED,
}
OF_DONE = {
    Reason.IGNORED_BY_MAPPING,
    Reason.FILTERED_OUT,
    Reason.HIDDEN_ROW,
    Reason.WITHDRAWN,
    Reason.OVERLAPPED,
    Reason.NOT_YET_DUE,
    Reason.NO_LONGER_DUE,
}


def trouble(result: Result, reason: Reason | None, rows: int, people: int | None = None) -> ResultCount:
    """Give rows that are not done."""
    return ResultCount(str(result), reason and str(reason), rows, rows if people is None else people, None)


def said(state: State, done: int, *troubles: ResultCount, undoes: str | None = None) -> str:
    """Give the headline of a run that updated some rows, and not others."""
    counts = {**NOTHING, Result.UPDATED: done}
    for each in troubles:
        counts[Result(each.result)] += each.rows
    return headline(str(state), counts, done, troubles, undoes=undoes)


def test_each_reason_has_a_clause() -> None:
    """What is wrong with people or rows is said; only trouble of ours or the service's is told alike."""
    assert set(CLAUSES) - {REFUSED_US} == set(Reason) - BY_OPERATIONS - OF_DONE


@pytest.mark.parametrize(
    ("people", "clause"), [(3, "3 people are not in SuperOffice"), (1, "1 person is not in SuperOffice")]
)
def test_people_are_told_as_people(people: int, clause: str) -> None:
    """How many are done, and of the others, what is the matter with them."""
    missing = trouble(Result.INVALID, Reason.UNKNOWN_IDENTITY, 4, people)

    assert said(State.FINISHED, 412, missing) == f"412 of 416 done; {clause}."


def test_rows_are_told_as_rows() -> None:
    """Of what is wrong with the file, not with somebody, the rows are counted."""
    one = trouble(Result.INVALID, Reason.BAD_ASSOCIATE_ID, 1)
    two = trouble(Result.INVALID, Reason.RAGGED_ROW, 2, 1)

    assert said(State.FINISHED, 9, one, two) == (
        "9 of 12 done; 1 row has no valid associateId and 2 rows have more or fewer cells than the header."
    )


def test_what_means_the_same_is_added_up() -> None:
    """An unknown number and an unknown name are one matter for the reader."""
    number = trouble(Result.REJECTED, Reason.UNKNOWN_ASSOCIATE, 1)
    name = trouble(Result.INVALID, Reason.UNKNOWN_IDENTITY, 1)

    assert said(State.FINISHED, 1, number, name) == "1 of 3 done; 2 people are not in SuperOffice."


def test_of_many_matters_it_says_whose_they_are() -> None:
    """With more than two kinds of trouble, the reader wants to know who has to do something."""
    troubles = (
        trouble(Result.INVALID, Reason.UNKNOWN_STATUS, 5),
        trouble(Result.REJECTED, Reason.INACTIVE_ASSOCIATE, 1),
        trouble(Result.FAILED, Reason.TIMEOUT, 2),
    )

    assert said(State.FINISHED, 10, *troubles) == (
        "10 of 18 done; 8 need attention: HR 5, CRM administrator 1, operations 2."
    )


def test_of_many_matters_of_one_it_names_that_one() -> None:
    """Then nobody else need read on."""
    reasons = (Reason.UNKNOWN_STATUS, Reason.BAD_ASSOCIATE_ID, Reason.RAGGED_ROW)
    troubles = [trouble(Result.INVALID, reason, 3) for reason in reasons]

    assert said(State.FINISHED, 10, *troubles) == "10 of 19 done; 9 need attention by HR."


def test_who_was_refused_for_us_is_not_told_as_refused() -> None:
    """Where the credentials were refused, SuperOffice said no to us, and not to these people."""
    refused = trouble(Result.FAILED, Reason.REFUSED, 2)

    assert said(State.STOPPED, 0, refused) == (
        "Stopped early: 0 of 2 done; SuperOffice refused this program, not the 2 people it asked for."
    )


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.FINISHED, "All 2 rows are done."),
        (State.RUNNING, "Not ended yet: All 2 rows are done."),
        (State.REFUSED, "Nothing was sent: the file cannot be used as it is."),
        (State.PLANNED, "Nothing to send: nobody would be changed."),
    ],
)
def test_all_is_well(state: State, sentence: str) -> None:
    """A good night is said as shortly as it is."""
    assert said(state, 2) == sentence


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.PLANNED, "Nothing was sent yet: 2 people would be changed."),
        (State.HELD, "Nothing was sent: a safety limit holds back the change of 2 people."),
        (State.STOPPED, "Stopped early: 1 of 3 done; 2 people are still to be sent."),
        (State.RUNNING, "Not ended yet: 1 of 3 done; 2 people are still to be sent."),
        (State.REFUSED, "Nothing was sent: the file cannot be used as it is."),
    ],
)
def test_what_waits_is_told_by_the_state(state: State, sentence: str) -> None:
    """That rows were not sent is a plan, a safety limit or a night that ended early."""
    assert said(state, 1, trouble(Result.NOT_SENT, None, 2)) == sentence


def test_a_plan_tells_what_is_wrong_in_the_file_too() -> None:
    """Who signs a plan off shall know what it leaves out."""
    troubles = (trouble(Result.NOT_SENT, None, 1), trouble(Result.INVALID, Reason.PROTECTED, 1))

    assert said(State.PLANNED, 0, *troubles) == (
        "Nothing was sent yet: 1 person would be changed; 1 person is protected."
    )


def test_an_undo_says_what_it_took_back() -> None:
    """It is no job like others: people are as they were before a certain run."""
    moved = trouble(Result.REJECTED, Reason.MOVED_SINCE_RUN, 1)

    assert said(State.FINISHED, 320, undoes="X") == "All 320 changes of run X are put back."
    assert said(State.FINISHED, 1, undoes="X") == "The one change of run X is put back."
    assert said(State.STOPPED, 2, moved, undoes="X") == (
        "Stopped early: 2 of 3 changes of run X put back; "
        "1 person is left as a later run, or somebody else, wants them."
    )
