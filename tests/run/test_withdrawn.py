"""Leaves that HR withdraws, and what plan, undo, resume and prune make of that."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from presence_worker.run.commands import apply_run, resume_run, run_job
from presence_worker.run_states import Intent
from presence_worker.runs.pruning import prune_runs
from presence_worker.schedule.list_and_cancel import cancel_schedule, list_schedule
from tests.raw_server import RawServer, answer

from .crm import Crm, here
from .given import raw_up
from .virtual import Virtual, day_of


@pytest.fixture
def crm() -> Crm:
    cells = {
        number: {"userName": f"user{number}", "personEmail": f"u{number}@x.example"}
        for number in range(1, 100)
    }
    cells[98] |= {"userName": "twin"}
    cells[97] |= {"userName": "twin"}
    return Crm(here(range(1, 100)), cells=cells)


@pytest.fixture
def server(crm: Crm) -> Iterator[RawServer]:
    with raw_up(crm) as server:
        yield server


@pytest.fixture
def nights(tmp_path: Path, server: RawServer, crm: Crm) -> Virtual:
    return Virtual(tmp_path, server, crm, coverage="changes")


def away(first: int, last: int, message: str = "A", person: int | str = 7) -> str:
    return f"{person},Away,{message},{day_of(first)},{day_of(last)}"


def withdrawn(first: int, last: int, person: int | str = 7) -> str:
    return f"{person},Cancelled,,{day_of(first)},{day_of(last)}"


def dropped(summary: dict[str, Any]) -> list[tuple[int, str]]:
    return [(each["associate_id"], each["why"]) for each in summary["dropped"]]


# -- what is told --------------------------------------------------------------------------------------------


def test_what_waits_is_dropped_and_listed(nights: Virtual) -> None:
    """With why: withdrawn, or no longer in the file. The row itself is skipped."""
    nights.night(1, away(5, 9), away(6, 9, person=8))

    summary = nights.night(2, withdrawn(5, 9))

    assert dropped(summary) == [(7, "withdrawn")]
    assert (summary["exit_code"], summary["counts"]["skipped"], summary["counts"]["invalid"]) == (0, 1, 0)
    assert nights.schedule(2) == [(8, "start", 6)]


def test_what_has_begun_is_ended_by_a_row_of_its_own(nights: Virtual) -> None:
    """It is a return like others, which plan and report show."""
    nights.night(1, away(1, 9))

    summary = nights.night(3, withdrawn(1, 9))

    assert (summary["scheduled"], summary["counts"]["updated"]) == (1, 1)
    assert (nights.held(7), dropped(summary), nights.schedule(3)) == (".", [], [])


def test_a_plan_ends_nothing_until_it_is_applied(nights: Virtual) -> None:
    """Neither what has begun nor what waits is taken back by looking."""
    nights.night(1, away(1, 9), away(5, 9, person=8))
    file = nights.file(withdrawn(1, 9), withdrawn(5, 9, person=8))

    planned = nights.do(run_job(str(file), nights.on(3), intent=Intent.PLAN))
    there, awaited = nights.held(7), nights.schedule(3)
    nights.do(apply_run(planned["run_id"], nights.on(3), any_age=False))

    changes = [(each["associate_id"], each["status"], each["returns"]) for each in planned["changes"]]
    assert (changes, dropped(planned)) == ([(7, "StatusNormal", True)], [(8, "withdrawn")])
    assert (there, awaited) == ("A", [(8, "start", 5), (7, "return", 10)])
    assert (nights.held(7), nights.schedule(3)) == (".", [])


def test_returns_of_what_is_withdrawn_count_for_the_limits(nights: Virtual) -> None:
    """A whole department that is called back at once waits for a person to look at it."""
    nights.night(1, *(away(1, 9, person=number) for number in range(1, 6)))
    file = nights.file(*(withdrawn(1, 9, person=number) for number in range(1, 6)))

    held = nights.do(run_job(str(file), nights.on(3, safety={"max_changes": 4})))

    assert (held["state"], nights.held(1)) == ("held", "A")


def test_a_withdrawn_row_without_days_says_that_it_did_nothing(nights: Virtual) -> None:
    """It would have to guess which leave is meant."""
    nights.night(1, away(1, 9))

    summary = nights.night(3, "7,Cancelled,,,")

    assert "1 withdrawn row has no days and cancelled nothing" in summary["notes"]
    assert (nights.held(7), summary["counts"]["skipped"]) == ("A", 1)


# -- who is meant --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "name"), [("login", "USER7"), ("email", "U7@X.example")])
def test_people_are_found_by_name(column: str, name: str, nights: Virtual) -> None:
    """Also where only a withdrawn row names them."""
    header = f"{column},status,message,from,until"
    other = "user99,Present,,," if column == "login" else "u99@x.example,Present,,,"
    nights.night(1, away(1, 9, person=name), header=header, last=other)

    nights.night(3, withdrawn(1, 9, person=name.lower()), header=header, last=other)

    assert nights.held(7) == "."


@pytest.mark.parametrize(("login", "result"), [("stranger", "skipped"), ("twin", "invalid")])
def test_whom_superoffice_does_not_know_is_not_away(login: str, result: str, nights: Virtual) -> None:
    """Nothing can be to come for a stranger; but where several have the name, a leave may go on."""
    header = "login,status,message,from,until"

    summary = nights.night(3, withdrawn(1, 9, person=login), header=header, last="user99,Present,,,")

    assert (summary["counts"][result], summary["counts"]["unchanged"]) == (1, 1)


def test_ignored_people_are_not_looked_up(nights: Virtual) -> None:
    """Such a row is as if it were not in the file."""
    header, row = "login,status,message,from,until", f"twin,Ignored,,{day_of(1)},"

    summary = nights.night(3, row, header=header, last="user99,Present,,,")

    assert (summary["counts"]["skipped"], summary["exit_code"]) == (1, 0)


# -- undo, resume, apply -------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [0, 1, 2])
@pytest.mark.parametrize("begins", [1, 6])
def test_an_undo_brings_back_what_was_withdrawn(begins: int, more: int, nights: Virtual) -> None:
    """What has begun stands again until its day, and what waited waits again; also some nights later."""
    nights.night(1, away(begins, 9))
    wrong = nights.night(2, withdrawn(begins, 9))
    for day in range(3, 3 + more):
        nights.night(day)

    undone = nights.undo(5, wrong["run_id"])

    assert undone["exit_code"] == 0
    assert nights.held(7) == ("A" if begins == 1 else ".")
    assert nights.schedule(5) == [(7, "return", 10) if begins == 1 else (7, "start", 6)]


def test_an_undo_of_a_file_of_everyone_brings_back_who_was_missing(
    tmp_path: Path, server: RawServer, crm: Crm
) -> None:
    """The wrong file had dropped them."""
    nights = Virtual(tmp_path, server, crm, coverage="everyone")
    nights.night(1, away(5, 9), away(1, 9, person=8))
    nights.night(2, away(1, 9, person=8))

    nights.undo(2)

    assert nights.schedule(2) == [(7, "start", 5), (8, "return", 10)]


def test_who_is_brought_back_returns_also_where_the_next_file_has_them_no_longer(
    tmp_path: Path, server: RawServer, crm: Crm
) -> None:
    """An undo sets nobody away for ever: what has begun ends, and what waits does not begin."""
    nights = Virtual(tmp_path, server, crm, coverage="everyone")
    nights.night(1, away(1, 9), away(6, 9, person=8))
    wrong = nights.night(2, withdrawn(1, 9), withdrawn(6, 9, person=8))
    nights.night(3)

    nights.undo(3, wrong["run_id"])

    assert nights.held(7) == "A"
    assert nights.schedule(3) == [(7, "return", 10)]


def test_an_older_run_does_not_send_what_is_withdrawn_by_then(nights: Virtual) -> None:
    """A plan that is applied later, and a run that is resumed, know of it."""
    file = nights.file(away(1, 9), away(1, 9, person=8))
    planned = nights.do(run_job(str(file), nights.on(1), intent=Intent.PLAN))
    nights.night(2, withdrawn(1, 9))

    nights.do(apply_run(planned["run_id"], nights.on(2), any_age=False))

    assert (nights.held(7), nights.held(8)) == (".", "A")


def test_a_return_that_was_not_sent_is_still_due(nights: Virtual, crm: Crm) -> None:
    """The withdrawal counts although its night went wrong; the next one makes up for it."""
    nights.night(1, away(1, 9))
    crm.on_put = answer(401)
    stopped = nights.night(3, withdrawn(1, 9))
    there = nights.held(7)
    crm.on_put = None

    nights.night(4)
    resumed = nights.do(resume_run(stopped["run_id"], nights.on(4), any_age=False))

    assert (stopped["exit_code"], there, nights.held(7)) == (6, "A", ".")
    assert resumed["counts"]["not_sent"] == 0


# -- the calendar --------------------------------------------------------------------------------------------


def test_the_schedule_has_the_leave_that_counts_again(nights: Virtual) -> None:
    """A leave inside another one: it begins, the other one comes back, and ends."""
    nights.night(1, away(1, 9), away(4, 6, "B"))

    assert nights.schedule(1) == [(7, "start", 4), (7, "start", 7), (7, "return", 10)]


def test_a_leave_that_would_count_again_can_be_cancelled(nights: Virtual) -> None:
    """After the later one its person is present."""
    nights.night(4, away(1, 9), away(4, 6, "B"))
    step = next(step for step in list_schedule(nights.on(4)) if step.next == "start")

    cancel_schedule([step.leave.id], nights.on(4))
    nights.night(7)

    assert nights.held(7) == "."


def test_prune_keeps_a_withdrawal_that_an_older_run_needs(nights: Virtual, crm: Crm) -> None:
    """Else the leave would last until its day again."""
    nights.night(1, away(1, 9), away(20, 24, person=8))
    crm.on_put = answer(500)
    failed = nights.do(run_job(str(nights.file(withdrawn(1, 9))), nights.on(3, delivery={"attempts": 1})))
    crm.on_put = None

    pruned = prune_runs(nights.on(3, storage={"keep": 0.001}, safety={"max_resume_age": 0.001}))
    nights.night(4)

    assert failed["run_id"] not in pruned.deleted
    assert nights.held(7) == "."


def test_a_withdrawal_is_kept_until_the_last_day_it_is_about(nights: Virtual) -> None:
    """Else its leave would begin; the older run, which stays for another person's sake, then knows it."""
    nights.night(1, away(5, 9), away(20, 24, person=8))
    newer = nights.night(2, withdrawn(5, 9))
    storage = {"keep": 0.001}

    before = prune_runs(nights.on(9, storage=storage))
    nights.night(9)
    after = prune_runs(nights.on(10, storage=storage))
    nights.night(9)

    assert (newer["run_id"] in before.deleted, newer["run_id"] in after.deleted) == (False, True)
    assert nights.held(7) == "."


def test_prune_keeps_the_run_of_a_leave_without_an_end(nights: Virtual) -> None:
    """It may still be withdrawn, or get an end; `schedule` lists neither."""
    first = nights.night(1, f"7,Away,A,{day_of(1)},")

    pruned = prune_runs(nights.on(3, storage={"keep": 0.001}))
    nights.night(5, f"7,Cancelled,,{day_of(1)},")

    why = "a leave of it has no last day yet, or an undo may still bring one back"
    assert pruned.kept_though_old == {first["run_id"]: why}
    assert nights.held(7) == "."


def test_rows_that_come_back_leave_other_leaves_alone(nights: Virtual) -> None:
    """A failed.csv has a part of a file: what waits beside it is still to come."""
    nights.night(1, away(8, 9, "B"), away(11, 12, "C"))
    header = "associateId,status,message,from,until,_result,_reason,_detail,_http_status,_attempts,_line"

    nights.night(2, f"{away(1, 4)},failed,timeout,,,,", header=header, last="")

    assert nights.held(7) == "A"
    steps = [("return", 5), ("start", 8), ("return", 10), ("start", 11), ("return", 13)]
    assert nights.schedule(2) == [(7, *step) for step in steps]


def test_a_file_without_a_leave_that_waits_says_so(nights: Virtual) -> None:
    """Newer rows about a person replace what waits; where they are about other days, it is listed."""
    nights.night(1, away(8, 9), away(8, 9, person=8))

    summary = nights.night(2, away(11, 12), away(8, 10, person=8))

    assert dropped(summary) == [(7, "not_in_file")]
