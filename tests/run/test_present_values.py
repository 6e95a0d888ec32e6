"""What the current status means for a row: pure decisions, against a model of what must never happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.journal import PendingRow
from presence_worker.model import NOT_PRESENT, PRESENT, Outcome, Presence, Reason, Result, Verdict
from presence_worker.run.present_values import (
    ALIKE,
    Need,
    PresentValues,
    compare_with_present,
    is_presence,
    unknown_associate,
    user_without_presence,
)
from presence_worker.run_states import Intent
from presence_worker.superoffice.user_query import User

HERE = Presence(status=PRESENT, message="")
AWAY = Presence(status=NOT_PRESENT, message="until Monday")
ILL = Presence(status=NOT_PRESENT, message="ill")
OK = User(status=PRESENT, is_active=True, has_service=True)
PRESENCES = st.builds(
    Presence,
    status=st.sampled_from([PRESENT, NOT_PRESENT, "StatusSpm"]),
    message=st.sampled_from(["", "ill", "until Monday"]),
)


def wish(wanted: Presence, before: Presence | None = None, *, knows_comment: bool = True) -> PendingRow:
    return PendingRow(1, 7, wanted, before, knows_comment and before is not None, None)


def result(verdict: Verdict | None) -> tuple[Result, Reason | None] | None:
    return verdict and (verdict.result, verdict.reason)


UNCHANGED = (Result.UNCHANGED, None)
MOVED = (Result.REJECTED, Reason.MOVED_SINCE_PLAN)
MOVED_SINCE_RUN = (Result.REJECTED, Reason.MOVED_SINCE_RUN)


@pytest.mark.parametrize(
    ("seen", "wanted", "settled"),
    [
        *[(AWAY, AWAY, UNCHANGED), (AWAY, ILL, None), (AWAY, HERE, None), (HERE, AWAY, None)],
        (Presence(status=PRESENT, message="stale"), HERE, UNCHANGED),
    ],
)
def test_who_holds_it_already_is_unchanged(
    seen: Presence, wanted: Presence, settled: tuple[Result, Reason] | None
) -> None:
    """Status and comment, but never the comment of who is present."""
    assert result(compare_with_present(wish(wanted), seen, None)) == settled


@pytest.mark.parametrize("intent", [Intent.PLAN, Intent.RUN])
@pytest.mark.parametrize(
    ("before", "seen", "settled"),
    [(HERE, HERE, None), (HERE, ILL, MOVED), (HERE, AWAY, UNCHANGED), (ILL, HERE, MOVED), (None, ILL, None)],
)
def test_a_plan_overwrites_nothing_that_moved(
    intent: Intent, before: Presence | None, seen: Presence, settled: tuple[Result, Reason] | None
) -> None:
    """Who meanwhile got what was wanted is fine; what was never read cannot be compared."""
    assert result(compare_with_present(wish(AWAY, before), seen, intent)) == settled


@pytest.mark.parametrize(
    ("seen", "settled"),
    [(AWAY, None), (ILL, MOVED_SINCE_RUN), (HERE, UNCHANGED)],
)
def test_an_undo_is_for_who_still_holds_it(seen: Presence, settled: tuple[Result, Reason] | None) -> None:
    """Users with another value are left alone; those with the earlier value need nothing."""
    assert result(compare_with_present(wish(HERE, AWAY), seen, Intent.UNDO)) == settled


def test_an_undo_of_what_was_the_same_before_changes_nothing() -> None:
    """A run that wrote without reading may have written what was there."""
    assert result(compare_with_present(wish(AWAY, AWAY), AWAY, Intent.UNDO)) == UNCHANGED


@pytest.mark.parametrize(("message", "settled"), [("", None), ("until Monday", None)])
def test_a_comment_that_is_not_known_is_not_taken_for_granted(
    message: str, settled: tuple[Result, Reason] | None
) -> None:
    """Not even where none is wanted."""
    seen, wanted = Presence(status=NOT_PRESENT, message=""), Presence(status=NOT_PRESENT, message=message)

    assert result(compare_with_present(wish(wanted), seen, None, knows_comment=False)) == settled


@pytest.mark.parametrize("knew", [True, False])
@pytest.mark.parametrize("knows", [True, False])
def test_what_is_known_of_both_is_compared(knew: bool, knows: bool) -> None:  # noqa: FBT001
    """Where one of the comments is not known, the status alone says whether somebody has moved."""
    row = wish(HERE, ILL, knows_comment=knew)

    moved = compare_with_present(row, AWAY, Intent.PLAN, knows_comment=knows)
    back = compare_with_present(row, HERE, Intent.PLAN, knows_comment=knows)

    assert result(moved) == (MOVED if knew and knows else None)
    assert result(back) == UNCHANGED


@given(
    wanted=PRESENCES,
    before=st.none() | PRESENCES,
    seen=PRESENCES,
    moved_by=st.none() | st.sampled_from(list(Intent)),
    knew=st.booleans(),
    knows=st.booleans(),
)
def test_nothing_is_claimed_or_overwritten_that_is_not_known(
    wanted: Presence,
    before: Presence | None,
    seen: Presence,
    moved_by: Intent | None,
    knew: bool,  # noqa: FBT001
    knows: bool,  # noqa: FBT001
) -> None:
    """`unchanged` is never said of what may differ; what is known to have moved is never sent."""
    seen_as = seen if knows or seen.status == PRESENT else Presence(status=seen.status, message="")

    settled = compare_with_present(
        wish(wanted, before, knows_comment=knew), seen_as, moved_by, knows_comment=knows
    )

    if result(settled) == UNCHANGED:
        assert seen.same_as(wanted)
    if settled is None and moved_by and before:
        assert seen.status == before.status
        assert not (knew and knows) or seen.same_as(before)
    if settled is None and knows:
        assert not seen.same_as(wanted)


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (OK, None),
        (OK._replace(status=None), None),
        (OK._replace(is_active=False), Reason.INACTIVE_ASSOCIATE),
        (OK._replace(has_service=False), Reason.NO_SERVICE_USER),
        (OK._replace(is_active=False, has_service=False), Reason.INACTIVE_ASSOCIATE),
    ],
)
def test_who_can_have_no_presence_is_rejected(user: User, reason: Reason | None) -> None:
    """With what is to be mended first."""
    verdict = user_without_presence(wish(AWAY), user)

    assert (verdict and verdict.reason) == reason


def test_who_is_unknown_is_told_in_the_service_s_words() -> None:
    """They may be worth more than ours."""
    verdict = unknown_associate(wish(AWAY), "no such user")

    assert verdict[:3] == (1, Result.REJECTED, Reason.UNKNOWN_ASSOCIATE)
    assert verdict.detail == "no SuperOffice user has this ID (no such user)"


@pytest.mark.parametrize(
    ("seen", "user", "is_one"),
    [
        *[(None, OK, False), (HERE, None, True), (Presence(status="StatusNone", message=""), OK, True)],
        (Presence(status="StatusNone", message=""), None, False),
    ],
)
def test_the_presence_of_nobody(seen: Presence | None, user: User | None, is_one: bool) -> None:  # noqa: FBT001
    """`StatusNone` may be a user's state; of somebody the query does not know it is nobody's."""
    assert is_presence(seen, user) is is_one


def need(how: str = "auto", moved_by: Intent | None = None, *, is_plan: bool = False) -> Need:
    return Need(how=how, is_plan=is_plan, moved_by=moved_by)


def row_of(number: int, before: Presence | None = None) -> PendingRow:
    return wish(AWAY, before)._replace(row=number, associate_id=number)


def seen(presence: Presence) -> Outcome:
    return Outcome(result=Result.NOT_SENT, http_status=200, seen=presence)


NOBODY = Outcome(result=Result.REJECTED, reason=Reason.UNKNOWN_ASSOCIATE, detail="404")
UNREADABLE = Outcome(result=Result.FAILED, reason=Reason.BAD_ANSWER, detail="no answer")


def test_a_service_that_shows_nobody_at_all_is_not_believed() -> None:
    """The address is wrong then, and nothing is said of any row."""
    values = PresentValues(need(), None)

    for number in range(ALIKE):
        values.add_read(row_of(number), NOBODY, is_stopping=False)

    assert (values.is_given_up, values.stop, values.take().verdicts) == (True, None, [])


def test_nobody_is_believed_once_somebody_was_seen() -> None:
    """Those kept back are rejected along with the next one."""
    values = PresentValues(need(), None)

    values.add_read(row_of(1), NOBODY, is_stopping=False)
    values.add_read(row_of(2), seen(ILL), is_stopping=False)
    values.end()

    assert [verdict.row for verdict in values.take().verdicts] == [1]


@pytest.mark.parametrize(
    "asked", [need("each"), need(moved_by=Intent.UNDO), need(is_plan=True)], ids=["each", "undo", "plan"]
)
def test_what_must_be_read_stops_the_run_when_it_cannot_be(asked: Need) -> None:
    """Before anything is sent."""
    values = PresentValues(asked, None)

    values.add_read(row_of(1, ILL), UNREADABLE, is_stopping=False)

    assert values.is_given_up
    assert "nothing was sent" in str(values.stop)


def test_one_value_that_cannot_be_read_is_done_without() -> None:
    """Others can be read, and so the row is sent; a note says so at the end."""
    values = PresentValues(need(), None)

    values.add_read(row_of(1), seen(ILL), is_stopping=False)
    values.add_read(row_of(2), UNREADABLE, is_stopping=False)
    values.end()

    found = values.take()
    assert ([each.row for each in found.presences], found.verdicts, len(found.notes)) == ([1], [], 1)


def test_what_was_another_rows_answer_is_forgotten() -> None:
    """It is read again, and only the second answer counts."""
    values = PresentValues(need(), None)
    values.add_read(row_of(1), seen(AWAY), is_stopping=False)

    values.forget({1})
    values.add_read(row_of(1), seen(ILL), is_stopping=False)

    found = values.take()
    assert ([each.message for each in found.presences], found.verdicts) == (["ill"], [])


def test_while_a_run_stops_only_what_was_seen_counts() -> None:
    """An answer that did not come says nothing of an associate then."""
    values = PresentValues(need(), None)

    values.add_read(row_of(1), seen(AWAY), is_stopping=True)
    values.add_read(row_of(2), NOBODY, is_stopping=True)
    values.end()

    assert [verdict.result for verdict in values.take().verdicts] == [Result.UNCHANGED]
