"""What follows from rows that are due on days: rules, without a service or a file."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from presence_worker.journal import Dated, Named, ScheduledResult
from presence_worker.model import NOT_PRESENT, PRESENT, Period, Presence, Reason, Result
from presence_worker.run_states import Kind
from presence_worker.schedule.due_rows import due_on
from presence_worker.schedule.entries import Past, Schedule
from presence_worker.schedule.replay import find_dropped, follow, take_back

AWAY = Presence(status=NOT_PRESENT, message="Kurs")
BACK = Presence(status=PRESENT, message="")
ANNA = 7


def december(day: int) -> date:
    return date(2026, 12, day)


def row(
    number: int = 1,
    first: int | None = None,
    last: int | None = None,
    result: Result = Result.UPDATED,
    reason: Reason | None = None,
    wanted: Presence = AWAY,
) -> Dated:
    """Give a row about Anna, due on days of December."""
    starts, ends = (None if day is None else december(day) for day in (first, last))
    return Dated(number, ANNA, None, wanted, starts, ends, result, reason)


def later(number: int = 1, first: int = 20, last: int | None = 24) -> Dated:
    return row(number, first, last, Result.SKIPPED, Reason.NOT_YET_DUE)


def over(number: int = 1, first: int | None = 1, last: int = 2) -> Dated:
    return row(number, first, last, Result.SKIPPED, Reason.NO_LONGER_DUE)


def night(day: int, *dated: Dated, undated: int = 0, **others: Any) -> Past:
    """Give a run of a day of December whose file has these rows about Anna, and some without days."""
    named = {ANNA: Named(len(dated) + undated, undated)} if dated or undated else {}
    fields: dict[str, Any] = {"covers_everyone": False, "named": named, "scheduled": (), **others}
    return Past(run_id=f"night-{day}", day=december(day), dated=dated, **fields)


def did(day: int, kind: Kind, of: tuple[int, int], result: Result, reason: Reason | None = None) -> Past:
    """Give a run of a day whose file names nobody; of an earlier night's row it did what was due."""
    fate = ScheduledResult(ANNA, f"night-{of[0]}", of[1], kind, result, reason)
    return night(day, scheduled=(fate,))


def after(*nights: Past) -> Schedule:
    schedule: Schedule = {}
    for past in nights:
        schedule = follow(schedule, past)
    return schedule


def due(schedule: Schedule, day: int) -> list[tuple[Kind, str]]:
    """Give what is due on a day of December: its kind, and the row it follows from."""
    return [(each.kind, each.entry.id) for each in due_on(schedule, december(day))]


def test_a_leave_ends_by_itself_on_the_day_after_its_last() -> None:
    """Both days of a leave belong to it; from the next one on, its return is due until it is made."""
    schedule = after(night(1, row(first=1, last=4)))

    found = {day: due(schedule, day) for day in (1, 4, 5, 9)}

    back = [(Kind.RETURN, "night-1.1")]
    assert found == {1: [], 4: [], 5: back, 9: back}


def test_a_row_begins_on_its_first_day_though_no_file_has_it_any_more() -> None:
    """Under `changes` a file has only news; what waits is begun by the first night it is due on."""
    schedule = after(night(1, later(first=20, last=24)), night(2))

    found = {day: due(schedule, day) for day in (19, 20, 24, 25)}

    begins = [(Kind.START, "night-1.1")]
    assert found == {19: [], 20: begins, 24: begins, 25: []}


@pytest.mark.parametrize(
    ("result", "reason", "next_day", "at_the_end"),
    [
        (Result.UPDATED, None, [], [Kind.RETURN]),
        (Result.UNCHANGED, None, [], [Kind.RETURN]),
        (Result.UNKNOWN, None, [Kind.START], [Kind.RETURN]),
        (Result.NOT_SENT, None, [Kind.START], []),
        (Result.FAILED, Reason.TIMEOUT, [Kind.START], []),
        (Result.REJECTED, Reason.REFUSED, [], []),
        (Result.INVALID, Reason.PROTECTED, [Kind.START], []),
    ],
)
def test_what_was_begun_is_begun_once(
    result: Result, reason: Reason | None, next_day: list[Kind], at_the_end: list[Kind]
) -> None:
    """What failed is tried again, what was refused is not, and what may have been set is ended."""
    schedule = after(night(1, later(first=20, last=24)), did(20, Kind.START, (1, 1), result, reason))

    found = [[kind for kind, _ in due(schedule, day)] for day in (21, 25)]

    assert found == [next_day, at_the_end]


@pytest.mark.parametrize(
    ("result", "reason", "again"),
    [
        (Result.UPDATED, None, False),
        (Result.UNCHANGED, None, False),
        (Result.SKIPPED, Reason.MOVED_SINCE_RUN, False),
        (Result.REJECTED, Reason.UNKNOWN_ASSOCIATE, False),
        (Result.INVALID, Reason.PROTECTED, True),
        (Result.REJECTED, Reason.BEFORE_UNKNOWN, True),
        (Result.FAILED, Reason.TIMEOUT, True),
        (Result.UNKNOWN, Reason.TIMEOUT, True),
        (Result.NOT_SENT, None, True),
    ],
)
def test_a_return_is_made_once(result: Result, reason: Reason | None, *, again: bool) -> None:
    """One that is settled is over; one that failed, or could not be looked at, is tried the next night."""
    schedule = after(night(1, row(first=1, last=4)), did(5, Kind.RETURN, (1, 1), result, reason))

    found = due(schedule, 6)

    assert found == ([(Kind.RETURN, "night-1.1")] if again else [])


def test_a_return_leaves_the_next_leave_alone() -> None:
    """Of two leaves the first one ends, and the second one still begins."""
    schedule = after(
        night(1, row(1, first=1, last=4), later(2, first=20, last=24)),
        did(5, Kind.RETURN, (1, 1), Result.UPDATED),
    )

    found = due(schedule, 6), due(schedule, 20)

    assert found == ([], [(Kind.START, "night-1.2")])


@pytest.mark.parametrize("result", [Result.UPDATED, Result.UNCHANGED])
def test_a_leave_that_is_extended_does_not_end_early(result: Result) -> None:
    """The newest row counts, also where it changed nothing."""
    schedule = after(night(1, row(first=1, last=4)), night(2, row(first=1, last=9, result=result)))

    found = {day: due(schedule, day) for day in (5, 9, 10)}

    assert found == {5: [], 9: [], 10: [(Kind.RETURN, "night-2.1")]}


@pytest.mark.parametrize("result", [Result.NOT_SENT, Result.FAILED, Result.REJECTED])
def test_nor_where_the_longer_one_could_not_be_sent(result: Result) -> None:
    """What was set before still stands, and ends when the newest row says."""
    schedule = after(night(1, row(first=1, last=4)), night(2, row(first=1, last=9, result=result)))

    found = {day: [kind for kind, _ in due(schedule, day)] for day in (5, 9, 10)}

    assert found == {5: [], 9: [], 10: [Kind.RETURN]}


def test_a_leave_that_is_shortened_ends_at_once() -> None:
    """The newest row says that it is over."""
    schedule = after(night(1, row(first=1, last=9)), night(4, over(first=1, last=3)))

    assert due(schedule, 4) == [(Kind.RETURN, "night-1.1")]


def test_a_row_without_days_ends_all_there_was() -> None:
    """Who is set until further notice does not return by themselves."""
    schedule = after(night(1, row(1, first=1, last=4), later(2)), night(2, undated=1))

    assert schedule == {}


def test_a_leave_that_has_begun_ends_although_the_next_one_is_announced() -> None:
    """A newer row for days to come takes the place of what was to come, not of what has begun."""
    schedule = after(
        night(1, row(1, first=1, last=4), later(2, first=10, last=12)), night(2, later(first=20, last=24))
    )

    found = {day: due(schedule, day) for day in (5, 10, 20)}

    begins = (Kind.START, "night-2.1")
    assert found[5] == [(Kind.RETURN, "night-1.1")]
    assert [found[10], found[20]] == [[(Kind.RETURN, "night-1.1")], [begins]]


def test_nobody_returns_into_another_leave() -> None:
    """Where a second leave begins before the first one is over, the return comes after both."""
    schedule = after(
        night(1, row(1, first=1, last=10), later(2, first=8, last=20)),
        did(8, Kind.START, (1, 2), Result.UPDATED),
    )

    found = {day: [kind for kind, _ in due(schedule, day)] for day in (11, 20, 21)}

    assert found == {11: [], 20: [], 21: [Kind.RETURN]}


def test_a_leave_without_an_end_keeps_somebody_away() -> None:
    """No return is due while a row without a last day stands; it may still get one."""
    alone = after(night(1, row(first=1)))
    beside = after(night(1, row(1, first=1), row(2, first=2, last=4)))
    ended = follow(alone, night(8, over(first=1, last=6)))

    assert due(alone, 5) == due(beside, 5) == []
    assert due(ended, 8) == [(Kind.RETURN, "night-1.1")]


@pytest.mark.parametrize("wanted", [AWAY, BACK])
def test_only_who_is_away_returns(wanted: Presence) -> None:
    """A row that sets somebody present has nothing to be put back."""
    schedule = after(night(1, row(first=1, last=4, wanted=wanted)))

    assert bool(due(schedule, 5)) is (wanted is AWAY)


@pytest.mark.parametrize(
    "invalid",
    [night(2, named={ANNA: Named(0, 0)}), night(2, named={ANNA: Named(0, 0)}, covers_everyone=True)],
)
def test_an_invalid_row_changes_nothing(invalid: Past) -> None:
    """What cannot be read for certain says nothing of anybody, not even that they are missing."""
    schedule = after(night(1, row(1, first=1, last=4), later(2)), invalid)

    assert (len(schedule[ANNA]), list(find_dropped(schedule, invalid))) == (2, [])


def test_who_is_missing_from_a_file_of_everyone_no_longer_goes_on_leave() -> None:
    """What was to begin is dropped; what has begun still ends."""
    earlier = after(night(1, row(1, first=1, last=4), later(2)))
    everyone = night(2, covers_everyone=True)

    schedule = follow(earlier, everyone)

    assert [entry.id for entry, _ in find_dropped(earlier, everyone)] == ["night-1.2"]
    assert due(schedule, 5) == due(schedule, 20) == [(Kind.RETURN, "night-1.1")]


@pytest.mark.parametrize(
    ("earlier", "later_one", "is_dropped"),
    [("acme", "acme", True), ("acme", "beta", False), (None, "beta", True), ("acme", None, True)],
)
def test_a_file_of_everyone_is_about_its_own_target(
    earlier: str | None, later_one: str | None, *, is_dropped: bool
) -> None:
    """Two targets may lead to one SuperOffice, each with a file of its own people."""
    schedule = after(night(1, later(), target_name=earlier))
    everyone = night(2, covers_everyone=True, target_name=later_one)

    left = follow(schedule, everyone)

    assert (len(left), len(list(find_dropped(schedule, everyone)))) == ((0, 1) if is_dropped else (1, 0))


def test_an_undo_brings_back_what_another_target_does_not_cover() -> None:
    """A file of everyone that another target had since then says nothing of these people."""
    first = after(night(1, later(), target_name="acme"))
    undone = night(2, covers_everyone=True, target_name="acme")
    other = night(3, covers_everyone=True, target_name="beta")

    back = take_back(after(night(1, later(), target_name="acme"), undone, other), undone, first, [other])

    assert len(back[ANNA]) == 1


def test_who_is_missing_from_a_file_of_changes_still_goes() -> None:
    """Such a file has only news."""
    earlier = after(night(1, later()))

    assert (list(find_dropped(earlier, night(2))), len(follow(earlier, night(2)))) == ([], 1)


def test_what_lost_against_another_row_is_not_followed() -> None:
    """Of two rows for one day, `on_conflict` has chosen one."""
    loser = row(1, first=1, last=9, reason=Reason.CONFLICT)

    schedule = after(night(1, loser, row(2, first=1, last=4)))

    assert due(schedule, 5) == [(Kind.RETURN, "night-1.2")]


def test_others_are_not_touched() -> None:
    """Each associate has a schedule of their own."""
    other = row(2, first=1, last=4)._replace(associate_id=8)
    named: Mapping[int, Named] = {ANNA: Named(1, 0), 8: Named(1, 0)}
    first = night(1, row(1, first=1, last=4), other, named=named)

    schedule = after(first, night(2, undated=1))

    assert due(schedule, 5) == [(Kind.RETURN, "night-1.2")]


def test_what_tonights_file_asks_for_is_not_due_once_more() -> None:
    """Its own row will be sent, or will wait: nobody returns under it."""
    earlier = after(night(1, row(first=1, last=4)))

    asked = due(follow(earlier, night(8, row(first=8, last=9, result=Result.NOT_SENT))), 8)
    waits = due(follow(earlier, night(3, later(first=8, last=9))), 3)

    assert (asked, waits) == ([], [])


def test_of_leaves_that_overlap_the_later_one_counts_as_long_as_it_lasts() -> None:
    """Then the one around it goes on, and the return comes after both."""
    schedule = after(night(1, later(1, 10, 20), later(2, 12, 14)))

    whole = due(schedule, 10), due(schedule, 12)
    schedule = follow(schedule, did(10, Kind.START, (1, 1), Result.UPDATED))
    within = due(schedule, 11), due(schedule, 12)
    schedule = follow(schedule, did(12, Kind.START, (1, 2), Result.UPDATED))
    behind = due(schedule, 13), due(schedule, 15), due(schedule, 21)

    first, second = (Kind.START, "night-1.1"), (Kind.START, "night-1.2")
    assert whole == ([first], [second])
    assert within == ([], [second])
    assert behind == ([], [], [(Kind.RETURN, "night-1.1")])


def test_the_longer_one_is_caught_up_with_after_the_shorter_one() -> None:
    """Where both came due on one night and want different things."""
    longer = later(1, 10, 20)._replace(wanted=Presence(NOT_PRESENT, "Ferie"))
    schedule = after(night(1, longer, later(2, 12, 14)), did(12, Kind.START, (1, 2), Result.UPDATED))

    found = due(schedule, 13), due(schedule, 15)

    assert found == ([], [(Kind.START, "night-1.1")])


def test_a_first_day_that_nobody_saw_is_over_with_the_last() -> None:
    """Weeks without a night do not send somebody away in arrears."""
    schedule = after(night(1, later(first=10, last=12)), night(13))

    assert schedule == {}


def test_who_was_to_be_present_from_a_day_on_has_nothing_to_return_to() -> None:
    """A row that waited and sets somebody present ends with that."""
    waiting = night(1, later(first=10, last=12)._replace(wanted=BACK))

    schedule = after(waiting, did(10, Kind.START, (1, 1), Result.UPDATED))

    assert schedule == {}


def test_an_undo_brings_back_what_was_to_come_before() -> None:
    """The leave that was there ends on its day again, and what the run had announced is gone."""
    first, second = night(1, row(first=1, last=4)), night(2, row(1, 1, 24), later(2, 26, 28))
    before = after(first)

    schedule = take_back(after(first, second), second, before, ())

    assert [entry.id for entry in schedule[ANNA]] == ["night-1.1"]
    assert due(schedule, 5) == [(Kind.RETURN, "night-1.1")]


@pytest.mark.parametrize("since", [night(3, later()), did(3, Kind.START, (2, 2), Result.UPDATED)])
def test_but_not_over_what_came_since(since: Past) -> None:
    """A later run has the last word about whom it names."""
    first, second = night(1, row(first=1, last=4)), night(2, row(1, 1, 24), later(2, 26, 28))
    now = after(first, second, since)

    assert take_back(now, second, after(first), (since,)) == now


def test_a_return_that_is_undone_is_not_made_once_more() -> None:
    """Who undoes it does not want it."""
    first = night(1, row(first=1, last=4))
    returned = did(5, Kind.RETURN, (1, 1), Result.UPDATED)

    schedule = take_back(after(first, returned), returned, after(first), ())

    assert schedule == {}


# -- overlapping and withdrawn leaves ------------------------------------------------------------------------

KURS, FERIE = AWAY, Presence(status=NOT_PRESENT, message="Ferie")


def under(number: int, first: int, last: int | None, wanted: Presence = KURS) -> Dated:
    """Give a row that waits until a later leave is over."""
    return row(number, first, last, Result.SKIPPED, Reason.OVERLAPPED, wanted)


def inner(result: Result = Result.UPDATED) -> Past:
    """Give a night on which one of two leaves was sent: Ferie from the 4th to the 6th, inside Kurs."""
    return night(4, under(1, 1, 9), row(2, 4, 6, result, None, FERIE))


def expected(schedule: Schedule, day: int) -> list[tuple[Kind, str, Presence | None]]:
    return [(each.kind, each.entry.wanted.message, each.expected) for each in due_on(schedule, december(day))]


def test_a_leave_counts_again_only_while_the_later_one_stands() -> None:
    """With its own comment; who has something else by then keeps that."""
    assert expected(after(inner()), 7) == [(Kind.START, "Kurs", FERIE)]


def test_a_new_leave_begins_whatever_stands() -> None:
    """Its first day has come: that is what the file asks for."""
    schedule = after(night(1, row(1, 1, 9), later(2, 4, 6)._replace(wanted=FERIE)))

    assert expected(schedule, 4) == [(Kind.START, "Ferie", None)]


def test_where_the_later_one_was_not_sent_the_other_one_counts() -> None:
    """Of two leaves one can be sent at least."""
    schedule = after(inner(Result.FAILED))

    assert expected(schedule, 5) == [(Kind.START, "Kurs", None)]


@pytest.mark.parametrize(("kind", "number"), [(Kind.START, 1), (Kind.RETURN, 2)])
def test_who_was_changed_by_another_person_is_left_alone_from_then_on(kind: Kind, number: int) -> None:
    """Also by leaves that lie under the one that was changed; what is to come still comes."""
    nights = [night(4, under(1, 1, 9), row(2, 4, 6, wanted=FERIE), later(3, 20, 24))]
    moved = did(7, kind, (4, number), Result.SKIPPED, Reason.MOVED_SINCE_RUN)

    schedule = after(*nights, moved)

    assert [entry.row for entry in schedule[ANNA]] == [3]


def test_where_it_is_in_doubt_what_was_set_last_the_other_value_is_ended_too() -> None:
    """The longer leave may never have been applied: what stands then is the one before it."""
    longer = night(2, row(1, 1, 9, Result.UNKNOWN, None, FERIE))
    first = after(night(1, row(1, 1, 4)), longer)

    second = follow(first, did(10, Kind.RETURN, (2, 1), Result.SKIPPED, Reason.MOVED_SINCE_RUN))
    third = follow(second, did(11, Kind.RETURN, (1, 1), Result.SKIPPED, Reason.MOVED_SINCE_RUN))

    assert expected(first, 10) == [(Kind.RETURN, "Ferie", FERIE)]
    assert expected(second, 11) == [(Kind.RETURN, "Kurs", KURS)]
    assert third == {}


def test_what_a_later_leave_has_overtaken_need_not_begin_first() -> None:
    """Nights were missed, and the inner leave was begun: the outer one has begun as well."""
    schedule = after(
        night(1, later(1, 3, 9), later(2, 4, 6)._replace(wanted=FERIE)),
        did(5, Kind.START, (1, 2), Result.UPDATED),
        night(6, later(1, 20, 24)),
    )

    assert expected(schedule, 7) == [(Kind.START, "Kurs", FERIE)]


WITHDRAWN = {ANNA: {Period(december(4), december(6))}}


@pytest.mark.parametrize("result", [Result.NOT_SENT, Result.FAILED, Result.UNKNOWN])
def test_a_withdrawal_counts_until_its_return_is_made(result: Result) -> None:
    """However often that fails."""
    fate = ScheduledResult(ANNA, "night-1", 1, Kind.RETURN, result, None)
    schedule = after(night(1, row(1, 4, 6)), night(5, withdrawn=WITHDRAWN, scheduled=(fate,)))

    assert due(schedule, 5) == due(schedule, 7) == [(Kind.RETURN, "night-1.1")]


def test_a_start_in_doubt_is_withdrawn_as_well() -> None:
    """It may stand: it is not begun again, and its return is due."""
    schedule = after(
        night(1, later(1, 4, 6)), did(4, Kind.START, (1, 1), Result.UNKNOWN), night(5, withdrawn=WITHDRAWN)
    )

    assert due(schedule, 5) == [(Kind.RETURN, "night-1.1")]


def test_a_start_in_doubt_is_not_begun_again_for_who_is_missing() -> None:
    """A file of everyone no longer has them: what may stand ends on its day."""
    schedule = after(
        night(1, later(1, 4, 6)), did(4, Kind.START, (1, 1), Result.UNKNOWN), night(5, covers_everyone=True)
    )

    assert (due(schedule, 5), due(schedule, 7)) == ([], [(Kind.RETURN, "night-1.1")])


def test_what_is_withdrawn_is_asked_for_by_what_was_sent_instead() -> None:
    """The new days could not be sent: what stands ends with them, not at once."""
    failed = night(5, row(1, 4, 8, Result.FAILED), withdrawn=WITHDRAWN)

    schedule = after(night(1, row(1, 4, 6)), failed)

    assert (due(schedule, 7), due(schedule, 9)) == ([], [(Kind.RETURN, "night-1.1")])


def test_an_undo_keeps_what_is_far_ahead() -> None:
    """Who was undone a return keeps the leaves that have not begun."""
    first = night(1, row(1, 1, 4), later(2))
    returned = did(5, Kind.RETURN, (1, 1), Result.UPDATED)

    schedule = take_back(after(first, returned), returned, after(first), ())

    assert [entry.row for entry in schedule[ANNA]] == [2]


def test_leaves_that_begin_together_and_want_the_same_stand_together() -> None:
    """The later one is sent; when it ends, the other one goes on, and is not sent once more.

    A change by another person has the same effect then as where each began on a night of its own.
    """
    waiting = later(1, 20, None), later(2, 21, 21)
    schedule = after(night(1, *waiting), did(21, Kind.START, (1, 2), Result.UPDATED))

    assert due(schedule, 22) == []
