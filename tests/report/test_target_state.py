"""How a target is: what waits for a person, what is missing, and what to do next."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from presence_worker.next_step import NextStep
from presence_worker.report.run_list import Corrected, Listed, UnreadableRun
from presence_worker.report.target_state import ExpectedOfTarget, TargetState, judge_target, urgent_first
from tests.told import step, summary_of

from .given import NOON

CRM = "https://crm.example.com"
CHECK = NextStep(("doctor",))
APPLY, RESUME = step("presence-worker apply x"), step("presence-worker resume x")
DAILY = 86400.0


def moment(hours_ago: float) -> str:
    """Give a moment as the journal has it."""
    return (NOON - timedelta(hours=hours_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run(hours_ago: float = 6, *, open_rows: int = 0, name: str = "/in/changes.csv", **more: Any) -> Listed:
    """Give a finished run of three rows."""
    began, ended = moment(hours_ago), moment(more.pop("ended", hours_ago))
    about = {
        key: more.pop(key)
        for key in ("is_job", "is_plan", "lists_changes", "corrected", "is_continued", "had_no_file")
        if key in more
    }
    fields = {
        "run_id": f"run-{hours_ago}",
        "exit_code": 3 if open_rows else 0,
        "target": CRM,
        "counts": {"updated": 3 - open_rows, "invalid": open_rows},
        "done": 3 - open_rows,
        **more,
    }
    summary = summary_of(name, began, **fields)
    summary = replace(summary, effort=summary.effort._replace(finished_at=ended))
    return Listed(summary, created_at=began, **{"is_job": True, **about})


def held(hours_ago: float = 6, **more: Any) -> Listed:
    return run(hours_ago, open_rows=3, state="held", exit_code=5, next=APPLY, **more)


def stopped(hours_ago: float = 6, **more: Any) -> Listed:
    return run(hours_ago, open_rows=2, state="stopped", exit_code=6, next=RESUME, **more)


def refused(hours_ago: float = 6, **more: Any) -> Listed:
    return run(hours_ago, state="refused", exit_code=4, counts={}, done=0, **more)


def judge(*runs: Listed, every: float | None = None, **more: Any) -> TargetState:
    """Judge the runs of a target, newest first."""
    return judge_target(ExpectedOfTarget(CRM, every=every, check=CHECK, **more), runs, NOON)


UNREADABLE = Listed(UnreadableRun(run_id="run-1", message="not a database"))
AT_WORK = run(1, state="running", exit_code=None)
OTHER = "/in/other.csv"


@pytest.mark.parametrize(
    ("runs", "code"),
    [
        ([], 6),
        ([run()], 0),
        ([run(open_rows=1)], 3),
        ([held()], 3),
        ([refused()], 3),
        ([stopped()], 6),
        ([UNREADABLE, run()], 3),
        ([AT_WORK], 0),
        ([AT_WORK, stopped(30)], 6),  # until it has ended
        ([AT_WORK, held(30)], 3),
        ([stopped(1), held(2)], 6),  # the worst counts
        ([held(1), stopped(2)], 3),  # the last one did not stop
        ([run(1, name=OTHER), stopped(2)], 3),  # and may still be resumed
        ([run(1, is_job=False, state="stopped", exit_code=6), run(2)], 6),  # such as an undo
        # plans
        ([run(1, is_plan=True, state="planned")], 6),  # nothing has been sent yet
        ([held(1, is_plan=True)], 6),
        ([run(1, is_plan=True, state="planned"), run(2)], 0),
        ([held(1, is_plan=True), run(2)], 3),
        ([refused(1, is_plan=True), run(2)], 3),
        ([stopped(1, is_plan=True), run(2)], 0),
        # a later job from the same source takes the place of an earlier one
        ([run(1), held(2)], 0),
        ([run(1), refused(2)], 0),
        ([run(1), stopped(2)], 0),
        ([run(1), run(2, open_rows=1)], 0),
        ([refused(1), held(2)], 3),  # when it has finished
        ([run(1, is_plan=True, state="planned"), held(2)], 3),
        ([held(1, is_plan=True), held(2)], 3),
        ([run(1), held(2, lists_changes=True)], 3),
        ([run(1), refused(2, lists_changes=True)], 3),
        ([run(1, lists_changes=True), run(2, open_rows=1)], 3),
        ([run(1, lists_changes=True), run(2, open_rows=1, lists_changes=True)], 3),
        ([run(1, name=OTHER), refused(2, had_no_file=True)], 0),  # whatever file was meant
        ([run(1, name=OTHER, lists_changes=True), refused(2, had_no_file=True)], 0),
        ([held(1, name=OTHER), refused(2, had_no_file=True)], 3),
        ([refused(1, had_no_file=True), run(2)], 3),
        # age alone ends nothing
        ([held(250)], 3),
        ([run(1, name=OTHER), held(250)], 3),
        ([run(1, name=OTHER), refused(250)], 3),
        ([run(1, name=OTHER), run(250, open_rows=1)], 3),
        # a failed.csv that came back
        ([run(1, is_job=False), run(2, open_rows=1, corrected=Corrected("run-1", 1, 0))], 0),
        ([run(1, is_job=False), run(2, open_rows=2, corrected=Corrected("run-1", 1, 0))], 3),
        ([run(1, is_job=False), run(2, open_rows=2)], 3),
    ],
)  # fmt: skip
def test_a_monitor_gets_one_number(runs: list[Listed], code: int) -> None:
    """0: all is well. 3: something waits for a person. 6: the last run stopped, or there is none."""
    assert judge(*runs).monitor_code == code


@pytest.mark.parametrize(
    ("runs", "code"),
    [
        ([run(25)], 0),
        ([run(26)], 6),
        ([held(1), run(26)], 6),
        ([run(1, is_job=False), run(26)], 6),
        ([run(-1), run(26)], 6),  # its clock was wrong
        ([AT_WORK, run(26)], 6),
        ([run(25, open_rows=1)], 3),
    ],
)
def test_a_night_that_did_not_come_is_the_worst(runs: list[Listed], code: int) -> None:
    """Only a finished job counts, within the time between two and a twentieth more."""
    assert judge(*runs, every=DAILY).monitor_code == code


@pytest.mark.parametrize(
    ("earlier", "later", "waiting"),
    [
        ("/in/leave.csv", "/in/leave.csv", 0),
        ("/in/leave-20261127.csv", "/in/leave-20261128.csv", 0),
        ("/in/leave-2026-11-30.csv", "/in/leave-2026-12-01.csv", 0),
        (r"C:\in\leave-20261127.csv", r"C:\in\leave-20261128.csv", 0),
        ("-", "standard input", 0),
        ("/in/fri.csv", "/in/sat.csv", 1),
        ("/in/site1-20261127.csv", "/in/site2-20261128.csv", 1),
        ("/in/leave.csv", "/out/leave.csv", 1),
        ("/site10/leave.csv", "/site11/leave.csv", 1),
        ("/in/leave.csv", "/in/leave.xlsx", 1),
        ("/set/*-[a-z].csv", "/set/sat-b.csv", 0),  # no file was there
        ("/set/fri-a.csv", "/set/sat-b.csv", 0),
        ("/set/fri-a.csv", "/set/sat.csv", 1),
    ],
)
def test_a_source_is_known_by_its_name(earlier: str, later: str, waiting: int) -> None:
    """Files of two nights differ in their dates alone, or fit the pattern that is set."""
    state = judge(run(1, name=later), held(30, name=earlier), source="/set/*-[a-z].csv")

    assert len(state.waiting) == waiting


def test_open_rows_count_once() -> None:
    """What a later run shows as its own is not counted again; nor what waits no more."""
    again = run(1, open_rows=1, is_job=False)
    job = run(2, open_rows=3, corrected=Corrected("run-1", 1, taken_over=1))

    assert judge(again, job, run(3, open_rows=2)).open == 2


@pytest.mark.parametrize(
    ("runs", "step"),
    [
        ([], CHECK),
        ([run()], None),
        ([run(26)], CHECK),
        ([held()], APPLY),
        ([held(1), run(26)], APPLY),  # it ends the wait, too
        ([stopped(1), held(2)], RESUME),
        ([run(1, open_rows=1)], CHECK),
    ],
)
def test_there_is_always_something_to_do(runs: list[Listed], step: NextStep | None) -> None:
    """The command of the run that waits, else the one that finds what is wrong; nothing where all is well."""
    assert judge(*runs, every=DAILY).next == step


def test_the_last_job_is_no_correction() -> None:
    """The state of a target is that of its last night, whatever was sent or planned since."""
    state = judge(run(1, is_plan=True, state="planned"), run(2, is_job=False), run(3, open_rows=1))

    assert (state.state, state.exit_code, state.when) == ("finished", 3, "2026-11-24T09:00:00.000Z")


def test_a_target_whose_file_is_broken_waits_for_a_person() -> None:
    """Its runs are judged as well, and the worst counts."""
    states = [judge(*runs, broken="acme.toml, line 3: no such setting") for runs in ([run()], [stopped()])]

    assert [each.monitor_code for each in states] == [3, 6]
    assert (states[0].state, states[0].exit_code, states[0].next) == ("refused", 2, CHECK)


def test_those_that_need_a_person_come_first() -> None:
    """The worst one on top; what is not configured, and what cannot be read, at the end."""
    found = [
        judge_target(ExpectedOfTarget(name, is_configured=name != "gone"), runs, NOON)
        for name, runs in [
            ("well", [run()]),
            ("", [UNREADABLE]),
            ("gone", [stopped()]),
            ("waits", [held()]),
            ("stopped", [stopped()]),
        ]
    ]

    assert [each.target for each in urgent_first(found)] == ["stopped", "waits", "well", "gone", ""]
