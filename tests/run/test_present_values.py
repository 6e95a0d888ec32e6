"""What the present value means for a row: pure decisions, against a model of what must never happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence_worker.journal import Wish
from presence_worker.model import NOT_PRESENT, PRESENT, Intent, Presence, Reason, Result, Verdict
from presence_worker.run.present_values import (
    compare_with_present,
    is_presence,
    unknown_associate,
    user_without_presence,
)
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


def wish(wanted: Presence, before: Presence | None = None, *, knows_comment: bool = True) -> Wish:
    return Wish(1, 7, wanted, before, knows_comment and before is not None, None)


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
    assert verdict.detail == "SuperOffice shows no presence of this id (no such user)"


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
