"""What was there before: kept beside the rows, and told to who compares, reports or undoes."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import Finding, Journal, Unnamed
from presence_worker.model import NOT_PRESENT, PRESENT, Presence, Reason, Result, Verdict

from .given import (
    AWAY,
    FAILED,
    REJECTED,
    UNKNOWN,
    UPDATED,
    deliver,
    each_change,
    invalid,
    record,
    row,
    staged,
)

HERE = Presence(status=PRESENT, message="")


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """A job of six rows: what was found of the first three is a comment, only a status, and nothing."""
    with closing(staged(path, [*map(row, range(1, 6)), invalid(6)])) as journal:
        found(journal, Finding(1, NOT_PRESENT, "ill"), Finding(2, PRESENT, None))
        yield journal


def found(journal: Journal, *findings: Finding) -> None:
    with journal.transaction():
        journal.rows.save_present(findings)


def settle(journal: Journal, *verdicts: Verdict) -> None:
    with journal.transaction():
        journal.rows.mark_settled(verdicts)


def test_a_wish_knows_what_was_there(journal: Journal) -> None:
    """Status and comment, or only the status, or nothing."""
    wishes = list(journal.rows.each_pending(2))

    assert [(wish.row, wish.associate_id, wish.wanted) for wish in wishes] == [
        (number, number, AWAY) for number in range(1, 6)
    ]
    assert [(wish.before, wish.knows_comment) for wish in wishes[:3]] == [
        (Presence(status=NOT_PRESENT, message="ill"), True),
        (HERE, False),
        (None, False),
    ]


def test_an_empty_comment_is_a_known_one(journal: Journal) -> None:
    """It was read, and there was none."""
    found(journal, Finding(3, NOT_PRESENT, ""))

    assert [wish.knows_comment for wish in journal.rows.each_pending(10)][:3] == [True, False, True]


def test_what_is_found_later_counts(journal: Journal) -> None:
    """A reading that begins anew replaces what an earlier one has found."""
    found(journal, Finding(1, PRESENT, None))

    assert next(journal.rows.each_pending(10)).before == HERE


def test_wishes_may_be_settled_while_they_are_read(journal: Journal) -> None:
    """However they are settled, each comes once."""
    seen = []
    for wish in journal.rows.each_pending(2):
        seen.append(wish.row)
        settle(journal, Verdict(wish.row, Result.UNCHANGED))

    assert seen == [1, 2, 3, 4, 5]
    assert list(journal.rows.each_pending(2)) == []


def test_what_is_done_is_no_wish(journal: Journal) -> None:
    """Only what `resume` would send: not what is updated or refused."""
    deliver(journal, {1: UPDATED, 2: REJECTED, 3: UNKNOWN, 4: FAILED})

    assert [wish.row for wish in journal.rows.each_pending(10)] == [3, 4, 5]


def test_nothing_is_handed_out_by_looking(journal: Journal) -> None:
    """A program that dies amid reading has sent nothing: nothing is in doubt."""
    journal.sessions.begin("run", rate=10)

    list(journal.rows.each_pending(2))

    assert {fate.result for fate in journal.results.all()} == {"not_sent", "invalid"}


def test_what_a_run_may_have_changed(journal: Journal) -> None:
    """Rows that were written, for certain or perhaps, with what was there; no others."""
    settle(journal, Verdict(5, Result.UNCHANGED))
    deliver(journal, {1: UPDATED, 2: UNKNOWN, 3: REJECTED, 4: FAILED})

    changed = list(journal.rows.each_changed())

    assert [(wish.row, wish.wanted, wish.before) for wish in changed] == [
        (1, AWAY, Presence(status=NOT_PRESENT, message="ill")),
        (2, AWAY, HERE),
    ]
    assert [wish.knows_comment for wish in changed] == [True, False]


def test_what_was_lost_may_have_been_changed(journal: Journal) -> None:
    """A program that died may have sent what it handed out."""
    journal.sessions.begin("run", rate=10)
    list(each_change(journal))
    record(journal, {1: UPDATED})

    assert [wish.row for wish in journal.rows.each_changed()] == [1, 2, 3, 4, 5]


def test_reports_tell_the_status_that_was_there(journal: Journal) -> None:
    """But never its comment."""
    fates = list(journal.results.all())

    assert [fate.before_status for fate in fates] == [NOT_PRESENT, PRESENT, None, None, None, None]
    assert "ill" not in repr(fates)


def test_limits_count_what_is_left(journal: Journal) -> None:
    """Rows that need no PUT are no changes."""
    settle(journal, Verdict(1, Result.UNCHANGED), Verdict(2, Result.REJECTED, Reason.NO_SERVICE_USER))

    assert journal.rows.changes_by_status() == {NOT_PRESENT: 3}


def test_names_are_read_page_by_page(path: Path) -> None:
    """Each once, without case, though they are named meanwhile; also of rows that are wrong."""
    names = [row(number, associate_id=None, identity=f"Ann{number}@X.example") for number in range(1, 6)]
    settled = row(6, associate_id=None, identity="bo", result=Result.INVALID)
    with closing(staged(path, [*names, settled, row(7)])) as journal:
        pages = []
        for page in journal.by_person.identities(2):
            pages.append(page)
            with journal.transaction():
                journal.by_person.set_associates((number, 70 + number) for number, *_ in page)

        named = {fate.identity: fate.associate_id for fate in journal.results.all()}
        left = list(journal.by_person.identities(2))

    assert [len(page) for page in pages] == [2, 2, 2]
    assert pages[0] == [
        Unnamed(number, f"ann{number}@x.example", valid=True, withdraws=False) for number in (1, 2)
    ]
    assert pages[2][1] == Unnamed(6, "bo", valid=False, withdraws=False)
    assert named["Ann5@X.example"] == 75
    assert left == []


def test_who_has_no_id_yet_is_no_wish(path: Path) -> None:
    """Nobody is looked at, or sent to, who is only a name."""
    with closing(staged(path, [row(1, associate_id=None, identity="ann"), row(2)])) as journal:
        assert [wish.row for wish in journal.rows.each_pending(10)] == [2]


def test_people_are_told_apart_by_name_until_their_ids_are_known(path: Path) -> None:
    """Two names may mean one person, which only ids tell."""
    rows = [
        row(number, associate_id=None, identity=name) for number, name in enumerate(["ann", "ANN", "bo"], 1)
    ]
    with closing(staged(path, rows)) as journal:
        by_name = [[asked[0] for asked in clash] for clash in journal.by_person.clashes()]
        with journal.transaction():
            journal.by_person.set_associates([(1, 7), (2, 7), (3, 7)])

        by_id = [[asked[0] for asked in clash] for clash in journal.by_person.clashes()]

    assert (by_name, by_id) == ([[1, 2]], [[1, 2, 3]])
