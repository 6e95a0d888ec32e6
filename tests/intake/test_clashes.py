"""Rows of one job that ask for the same associate."""

from datetime import date
from typing import Literal

import pytest

from presence_worker.intake.conflicts import settle
from presence_worker.model import NOT_PRESENT, PRESENT, Asked, Period, Presence, Reason, Result, Verdict

HERE = Presence(status=PRESENT, message="")
AWAY = Presence(status=NOT_PRESENT, message="Ferie")
Rule = Literal["invalid", "last", "first"]


def duplicate(row: int, of: int, detail: str, reason: Reason | None = None) -> Verdict:
    return Verdict(row, Result.DUPLICATE, reason, detail, of)


@pytest.mark.parametrize("rule", ["invalid", "last", "first"])
def test_the_same_value_is_sent_once(rule: Rule) -> None:
    """Rows that agree share the fate of the first, whatever the rule for those that do not."""
    asked = [Asked(1, AWAY, 2), Asked(3, AWAY, 7), Asked(4, AWAY, None)]

    verdicts = list(settle(asked, rule))

    assert verdicts == [duplicate(3, 1, "same as line 2"), duplicate(4, 1, "same as line 2")]


@pytest.mark.proves("two rows want different things for one person")
def test_two_values_are_a_conflict() -> None:
    """Of rows that disagree none is sent, and each names all of them."""
    verdicts = list(settle([Asked(1, AWAY, 2), Asked(2, HERE, None)], "invalid"))

    words = (
        "another row for the same user asks for another status "
        "(line 2: StatusNotAvailable, row 2: StatusNormal); keep one"
    )
    assert verdicts == [Verdict(row, Result.INVALID, Reason.CONFLICT, words, None) for row in (1, 2)]


def test_where_only_comments_differ_statuses_say_nothing() -> None:
    """The sentence has the places alone; a comment is never in it."""
    other = AWAY._replace(message="another")

    details = {each.detail for each in settle([Asked(1, AWAY, 2), Asked(2, other, 3)], "invalid")}

    words = "another row for the same user asks for another comment (line 2, line 3); keep one"
    assert details == {words}


def test_many_rows_are_not_all_named() -> None:
    """Five places are enough to find the trouble."""
    asked = [Asked(i, AWAY if i % 2 else HERE, i) for i in range(1, 8)]

    detail = next(settle(asked, "invalid")).detail

    assert detail is not None
    assert detail.endswith("line 5: StatusNotAvailable, …); keep one")


@pytest.mark.parametrize(
    ("rule", "verdicts"),
    [
        ("first", [(2, 1, "replaced by line 11", Reason.CONFLICT), (3, 1, "same as line 11", None)]),
        ("last", [(1, 3, "same as line 13", None), (2, 3, "replaced by line 13", Reason.CONFLICT)]),
    ],
)  # fmt: skip
def test_the_operator_may_let_one_win(
    rule: Rule, verdicts: list[tuple[int, int, str, Reason | None]]
) -> None:
    """By on_conflict, the first or the last row counts, and the losers say who overruled them."""
    asked = [Asked(1, AWAY, 11), Asked(2, HERE, 12), Asked(3, AWAY, 13)]

    assert list(settle(asked, rule)) == [duplicate(*verdict) for verdict in verdicts]


def leave(row: int, first: int | None, last: int | None, wanted: Presence = AWAY) -> Asked:
    """Give a row that is due on days of December."""
    starts, ends = (None if day is None else date(2026, 12, day) for day in (first, last))
    return Asked(row, wanted, row, Period(starts, ends))


COURSE = Presence(status=NOT_PRESENT, message="Kurs")
Settled = list[tuple[int, Result, Reason | None, int | None]]


def settled(asked: list[Asked], rule: Rule = "invalid") -> Settled:
    verdicts = sorted(settle(asked, rule), key=lambda verdict: verdict.row)
    return [(each.row, each.result, each.reason, each.duplicate_of) for each in verdicts]


@pytest.mark.parametrize("rule", ["invalid", "last", "first"])
def test_of_leaves_that_overlap_the_one_that_begins_last_is_sent(rule: Rule) -> None:
    """In whatever order they come, and whatever counts for one first day; the others wait."""
    outer, inner, ever = leave(1, 1, 31), leave(2, 4, 6, COURSE), leave(3, None, 9)

    expected = [(row, Result.SKIPPED, Reason.OVERLAPPED, None) for row in (1, 3)]
    assert settled([outer, inner, ever], rule) == settled([ever, inner, outer], rule) == expected


def test_a_row_that_waits_says_for_which_one() -> None:
    """Both are found by their lines."""
    (verdict,) = settle([leave(1, 1, 31), leave(2, 4, 6, COURSE)], "invalid")

    assert verdict.detail == "the leave on line 2 begins later and counts now; this row counts again after it"


def test_what_asks_for_the_same_shares_the_fate_of_the_one_that_is_sent() -> None:
    """It need not wait, although it begins earlier."""
    asked = [leave(1, 1, 31), leave(2, 2, 9, COURSE), leave(3, 4, 6)]

    assert settled(asked) == [
        (1, Result.DUPLICATE, None, 3),
        (2, Result.SKIPPED, Reason.OVERLAPPED, None),
    ]


def test_two_values_for_one_first_day_are_a_conflict_beside_a_third() -> None:
    """Whether they begin first or last; what is certain is sent."""
    early = [leave(1, 1, 31), leave(2, 1, 9, COURSE), leave(3, 4, 6, HERE)]
    late = [leave(1, 4, 31), leave(2, 4, 9, COURSE), leave(3, 1, 6, HERE)]

    conflict = [(row, Result.INVALID, Reason.CONFLICT, None) for row in (1, 2)]
    assert settled(early) == settled(late) == conflict


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("first", [(1, Result.SKIPPED, Reason.OVERLAPPED, None), (2, Result.DUPLICATE, Reason.CONFLICT, 1)]),
        ("last", [(1, Result.DUPLICATE, Reason.CONFLICT, 3), (2, Result.DUPLICATE, None, 3)]),
    ],
)
def test_who_loses_names_a_row_that_is_sent_or_waits(rule: Rule, expected: Settled) -> None:
    """A duplicate never names another duplicate."""
    asked = [leave(1, 1, 31), leave(2, 1, 9, COURSE), leave(3, 4, 6, COURSE)]

    assert settled(asked, rule) == expected


def test_a_row_without_days_contradicts_all_others() -> None:
    """When it is due is not said: none of them is sent."""
    asked = [leave(1, 1, 31), Asked(2, HERE, 2)]

    assert settled(asked) == [(row, Result.INVALID, Reason.CONFLICT, None) for row in (1, 2)]
