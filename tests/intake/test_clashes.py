"""Rows of one job that ask for the same associate."""

from typing import Literal

import pytest

from presence_worker.intake.clashes import settle
from presence_worker.model import NOT_PRESENT, PRESENT, Asked, Presence, Reason, Result, Verdict

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
        "asks for something else than another row for the same associate "
        "(line 2: StatusNotAvailable, row 2: StatusNormal); keep one"
    )
    assert verdicts == [Verdict(row, Result.INVALID, Reason.CONFLICT, words, None) for row in (1, 2)]


def test_many_rows_are_not_all_named() -> None:
    """Five places are enough to find the trouble."""
    asked = [Asked(i, AWAY if i % 2 else HERE, i) for i in range(1, 8)]

    detail = next(settle(asked, "invalid")).detail

    assert detail is not None
    assert detail.endswith("line 5: StatusNotAvailable, …); keep one")


@pytest.mark.parametrize(
    ("rule", "verdicts"),
    [
        ("first", [(2, 1, "overruled by line 11", Reason.CONFLICT), (3, 1, "same as line 11", None)]),
        ("last", [(1, 3, "same as line 13", None), (2, 3, "overruled by line 13", Reason.CONFLICT)]),
    ],
)  # fmt: skip
def test_the_operator_may_let_one_win(
    rule: Rule, verdicts: list[tuple[int, int, str, Reason | None]]
) -> None:
    """By on_conflict, the first or the last row counts, and the losers say who overruled them."""
    asked = [Asked(1, AWAY, 11), Asked(2, HERE, 12), Asked(3, AWAY, 13)]

    assert list(settle(asked, rule)) == [duplicate(*verdict) for verdict in verdicts]
