"""What a journal tells of the rows: in numbers, by whom they are about, and for the log."""

from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from presence_worker.journal import Journal
from presence_worker.model import Reason, Result, Verdict

from .given import FAILED, REJECTED, UNKNOWN, UPDATED, deliver, each_change, invalid, record, row, staged

SETTLED = {1: UPDATED, 2: REJECTED, 3: FAILED, 4: UNKNOWN._replace(wire_puts=3)}


@pytest.fixture
def night(path: Path) -> Iterator[Journal]:
    """Rows 1 to 4 were sent, 5 is wrong, 6 had no turn, 7 holds already, 8 asks for the same as 1."""
    unchanged = row(7, result=Result.UNCHANGED)
    with closing(staged(path, [*map(row, range(1, 5)), invalid(5), row(6), unchanged, row(8)])) as journal:
        with journal.transaction():
            journal.rows.mark_settled([Verdict(8, Result.DUPLICATE, None, "same as line 2", 1)])
        deliver(journal, SETTLED)
        yield journal


def test_reasons_are_those_of_rows_that_are_not_done(night: Journal) -> None:
    """Each with its rows, most first; what is done needs no reason."""
    found = [(result, reason, rows) for result, reason, rows, *_ in night.results.reasons()]

    assert found == [
        ("failed", "throttled", 1),
        ("invalid", "unknown_status", 1),
        ("not_sent", None, 1),
        ("rejected", "refused", 1),
        ("unknown", "timeout", 1),
    ]
    assert night.results.number_of(Reason.THROTTLED) == 1


def test_people_count_once(path: Path) -> None:
    """Who has several rows with the same trouble is one person; who has no number, one for each name."""
    rows = [row(1), row(2, associate_id=1), invalid(3, associate_id="x"), invalid(4, associate_id=None)]
    with closing(staged(path, rows)) as journal:
        deliver(journal, {1: REJECTED, 2: REJECTED})

        people = {(each.result, each.reason): each.people for each in journal.results.reasons()}

    assert people == {("rejected", "refused"): 1, ("invalid", "unknown_status"): 2}


def test_faults_are_told_in_order(night: Journal) -> None:
    """What is wrong with each invalid row, and where."""
    assert list(night.results.faults()) == [(5, 6, "unknown_status", "no status")]
    assert night.results.to_correct() == 2  # and the row that was refused


def test_lines_have_the_fields_asked_for(night: Journal) -> None:
    """All rows come, in order."""
    (found,) = night.results.pages(["row", "result"])

    assert found[:2] == [(1, "updated"), (2, "rejected")]
    assert [number for number, _ in found] == list(range(1, 9))


def test_deliveries_are_of_rows_that_were_tried(night: Journal) -> None:
    """When and how each came to its outcome."""
    found = {each.result: each.attempts for each in night.results.deliveries()}

    assert found == {"updated": 1, "rejected": 1, "failed": 1, "unknown": 1}


def test_who_was_written_is_known(night: Journal) -> None:
    """Those that were, or may have been; who was never answered; and who had it already."""
    assert list(night.results.associates_written()) == [1, 4]
    assert list(night.results.associates_without_answer()) == [4]
    assert [person for person, _ in night.results.associates_unchanged()] == [7]


def test_what_is_left_is_counted(night: Journal) -> None:
    """Rows that `resume` sends, those of them in doubt, and whom they are about."""
    assert (night.results.to_send(), [*night.results.people_in_doubt()]) == (3, [4])
    assert list(night.rows.people_to_send()) == [3, 4, 6]


def test_what_is_under_way_is_counted(journal: Journal) -> None:
    """Handed out and not recorded: it may have been sent."""
    journal.sessions.begin("run", rate=10)
    before = journal.results.in_flight()
    list(each_change(journal))
    record(journal, {1: UPDATED})

    assert (before, journal.results.in_flight()) == (0, 4)


def test_the_log_has_each_row_that_is_not_done_once(night: Journal) -> None:
    """What was marked does not come again, unless its result has changed since."""
    rows = list(night.logged.all())
    night.logged.mark(rows)
    marked = list(night.logged.all())
    deliver(night, {4: FAILED})

    assert [(each.row, each.result) for each in rows] == [
        (2, "rejected"),
        (3, "failed"),
        (4, "unknown"),
        (5, "invalid"),
    ]
    assert marked == []
    assert [(each.row, each.result) for each in night.logged.all()] == [(4, "failed")]


def test_rows_for_the_log_may_be_marked_while_they_are_read(night: Journal) -> None:
    """Each is marked before the next one is read."""
    found = []
    for each in night.logged.all():
        night.logged.mark([each])
        found.append(each.row)

    assert found == [2, 3, 4, 5]


def test_some_rows_for_the_log(night: Journal) -> None:
    """Those that nothing will change any more, and those of a group whose outcomes are on disk."""
    assert [each.row for each in night.logged.all_never_sent()] == [5]
    assert [each.row for each in night.logged.among([1, 3, 4, 6])] == [3, 4]


def test_what_is_undone_was_never_counted(path: Path) -> None:
    """Amid a transaction rows count as they are there, and after it was undone as they were before."""
    with closing(staged(path, [row(1), row(2)])) as journal:
        with suppress(ZeroDivisionError), journal.transaction():
            journal.rows.mark_settled([Verdict(1, Result.SKIPPED, Reason.FILTERED_OUT, "left out")])
            amid = journal.results.counts()
            raise ZeroDivisionError
        after = journal.results.counts()

    assert (amid[Result.SKIPPED], amid[Result.NOT_SENT]) == (1, 1)
    assert (after[Result.SKIPPED], after[Result.NOT_SENT]) == (0, 2)


def test_people_wait_behind_rows_that_were_never_tried(path: Path) -> None:
    """Before anything is sent, and after: who is asked for twice is one person."""
    with closing(staged(path, [row(1), row(2), row(3, associate_id=2)])) as journal:
        before = journal.results.reasons()
        deliver(journal, {1: UPDATED})
        after = journal.results.reasons()

    assert [(each.result, each.rows, each.people) for each in before] == [(Result.NOT_SENT, 3, 2)]
    assert [(each.result, each.rows, each.people) for each in after] == [(Result.NOT_SENT, 2, 1)]
