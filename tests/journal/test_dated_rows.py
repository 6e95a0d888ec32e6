"""Rows that are due on days, and rows that follow from those of earlier runs."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from presence_worker.journal import Journal, Scheduled
from presence_worker.model import PRESENT, Period, Presence, Reason, Result, Row
from presence_worker.run_states import Kind

from .given import AWAY, FAILED, UNKNOWN, UPDATED, deliver, invalid, row, staged

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 4)
WEEK = Period(FIRST, LAST)
ROWS = [
    row(1, period=WEEK),
    row(2, result=Result.SKIPPED, reason=Reason.NOT_YET_DUE, period=Period(date(2026, 12, 24), None)),
    row(3, result=Result.SKIPPED, reason=Reason.NOT_YET_DUE, period=Period(date(2026, 12, 10), LAST)),
    invalid(4, period=WEEK),
    row(5),
    row(6, status=None, result=Result.SKIPPED, reason=Reason.WITHDRAWN, period=WEEK),
    row(7, status=None, result=Result.SKIPPED, reason=Reason.WITHDRAWN),
    row(8, result=Result.SKIPPED, reason=Reason.FILTERED_OUT, period=WEEK),
    row(9, period=Period(None, LAST)),
]
OF_EARLIER = [
    (row(10, associate_id=70, status=PRESENT, period=WEEK), Scheduled(10, "r", 3, Kind.RETURN, AWAY)),
    (row(11, associate_id=71, period=WEEK), Scheduled(11, "r", 4, Kind.START, None)),
]


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(staged(path, ROWS)) as journal:
        yield journal


def add(journal: Journal, rows: list[tuple[Row, Scheduled]]) -> None:
    """Add what follows from earlier runs."""
    with journal.transaction():
        journal.dated.add(rows)


def test_dated_rows_are_valid_and_of_the_file(journal: Journal) -> None:
    """Neither what is wrong, left out or withdrawn, nor what no file brought."""
    add(journal, OF_EARLIER)

    found = list(journal.dated.all())

    assert [each.row for each in found] == [1, 2, 3, 9]
    assert (found[0].starts, found[0].ends, found[0].wanted, found[0].result) == (
        FIRST,
        LAST,
        AWAY,
        "not_sent",
    )


def test_closed_rows_are_left_out(journal: Journal) -> None:
    """Nothing follows from them any more, however often that is noted."""
    for _ in range(2):
        with journal.transaction():
            journal.dated.close_rows([1, 3])

    assert [each.row for each in journal.dated.all()] == [2, 9]


def test_those_who_wait_come_soonest_first(journal: Journal) -> None:
    """As many as are asked for."""
    assert [each.row for each in journal.dated.next_to_begin(5)] == [3, 2]
    assert [each.row for each in journal.dated.next_to_begin(1)] == [3]


def test_rows_that_no_file_brought_have_results(journal: Journal) -> None:
    """They are told by the run and the row that they follow from."""
    before = journal.dated.has_returns()
    add(journal, OF_EARLIER)
    deliver(journal, {10: UPDATED})

    assert (before, journal.dated.has_returns()) == (False, True)
    assert list(journal.dated.follow_ups()) == [
        (70, "r", 3, "return", "updated", None),
        (71, "r", 4, "start", "not_sent", None),
    ]


def test_what_is_expected_comes_with_the_row(journal: Journal) -> None:
    """A return is made only while the associate has what was set."""
    add(journal, OF_EARLIER)

    pending = {each.row: each.expected for each in journal.rows.each_pending(100)}

    assert pending == {1: None, 5: None, 9: None, 10: AWAY, 11: None}


def test_whom_the_file_names(journal: Journal) -> None:
    """Also in wrong rows, but in none that does not count or only withdraws."""
    add(journal, OF_EARLIER)

    named = dict(journal.dated.mentions())

    assert named == {1: (1, 0), 2: (1, 0), 3: (1, 0), 4: (0, 0), 5: (1, 1), 9: (1, 0)}


def test_withdrawn_days(journal: Journal) -> None:
    """By associate; a row without days withdraws nothing, and is counted."""
    assert journal.dated.days_withdrawn() == {6: {WEEK}}
    assert journal.dated.count_withdrawn_without_days() == 1


def test_days_that_are_asked_for_as_well_are_not_withdrawn(path: Path, tmp_path: Path) -> None:
    """The same file takes back and asks: what it asks for counts."""
    rows = [ROWS[5], row(7, associate_id=6, period=WEEK)]
    with closing(staged(tmp_path / f"other-{path.name}", rows)) as journal:
        assert journal.dated.days_withdrawn() == {}


def test_days_asked_for_are_of_rows_not_sent(journal: Journal) -> None:
    """A row that may have been sent is left out, and so is a return."""
    add(journal, OF_EARLIER)
    deliver(journal, {1: FAILED, 9: UNKNOWN})

    found = list(journal.dated.days_asked())

    assert found == [(1, 1, WEEK), (11, 71, WEEK)]


def test_what_has_had_its_last_day_is_expired(journal: Journal) -> None:
    """On the day after it; what may have been sent is not, and a return is due only then."""
    add(journal, OF_EARLIER)
    deliver(journal, {9: UNKNOWN})

    assert journal.dated.find_expired(LAST) == []
    assert journal.dated.find_expired(date(2026, 12, 5)) == [1, 11]


def test_rivals_wait_for_the_same_day(tmp_path: Path) -> None:
    """Rows of one person with the same first day come together, in order."""
    waits = {"result": Result.SKIPPED, "reason": Reason.NOT_YET_DUE}
    rows = [
        row(1, associate_id=7, period=WEEK, **waits),
        row(2, associate_id=8, period=WEEK, **waits),
        row(3, associate_id=7, period=Period(FIRST, None), **waits),
        row(4, associate_id=7, period=Period(LAST, None), **waits),
    ]
    with closing(staged(tmp_path / "rivals.sqlite", rows)) as journal:
        (found,) = journal.by_person.rivals()

    assert [(each.row, each.period) for each in found] == [(1, WEEK), (3, Period(FIRST, None))]
    assert found[0].wanted == Presence(AWAY.status, AWAY.message)
