"""The first sentence of the first page: it says what waits for whom, or that all is well."""

from datetime import UTC, datetime
from typing import Any

import pytest

from presence_worker.errors import ExitCode
from presence_worker.model import Reason, Result
from presence_worker.report.run_list import Listed
from presence_worker.report.summary import ReasonCount, Summary
from presence_worker.report.target_state import ExpectedOfTarget, TargetState, judge_target
from presence_worker.run_states import State
from presence_worker.serve.pages.verdict import LostJobs, say_how_it_is

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
BEGAN = "2026-11-24T01:00:00.000Z"
WELL = {"state": State.FINISHED, "exit_code": ExitCode.DONE, "counts": {"updated": 9}, "done": 9}


def run(number: int = 1, **known: Any) -> Listed:
    """Give a run of last night; without more, a good one."""
    summary: Any = {"run_id": f"2026112{number}T010000Z-0000", "target": "https://x", **WELL, **known}
    return Listed(Summary(next=None, help=None, message=None, **summary), is_job=True, created_at=BEGAN)


def target(*runs: Listed, name: str = "oslo", **known: Any) -> TargetState:
    """Give a target with runs, the newest first."""
    return judge_target(ExpectedOfTarget(name, **known), runs, NOW)


HELD = run(2, state=State.HELD, exit_code=5, done=0)
STOPPED = run(3, state=State.STOPPED, exit_code=6, done=3)
REFUSED = run(4, state=State.REFUSED, exit_code=4, counts={})
OPEN = run(
    5,
    exit_code=3,
    counts={"updated": 400, "invalid": 11, "rejected": 3},
    done=400,
    reasons=[
        ReasonCount(result=Result.INVALID, reason=Reason.UNKNOWN_IDENTITY, rows=11),
        ReasonCount(result=Result.REJECTED, reason=Reason.INACTIVE_ASSOCIATE, rows=3),
    ],
)


@pytest.mark.parametrize(
    ("runs", "sentences"),
    [
        ([], ["No job has been sent yet."]),
        ([run()], ["All is well."]),
        ([HELD], ["1 run waits for approval."]),
        ([HELD, run(1, state=State.HELD, exit_code=5, done=0)], ["2 runs wait for approval."]),
        ([STOPPED], ["1 run stopped early. Resume it."]),
        ([REFUSED], ["1 file is refused. Its sender must correct it."]),
        ([OPEN], ["14 rows need attention: HR 11, CRM administrator 3."]),
        (
            [HELD, OPEN],
            ["1 run waits for approval.", "14 rows need attention: HR 11, CRM administrator 3."],
        ),
    ],
)
def test_says_what_waits_for_whom(runs: list[Listed], sentences: list[str]) -> None:
    """Approvals first; and that all is well only where nothing waits."""
    assert say_how_it_is([target(*runs)], None) == sentences


def test_a_missing_night_is_said() -> None:
    """All other nights may be well."""
    states = [target(run(), every=3600.0), target(run(), name="bergen")]

    assert say_how_it_is(states, None) == ["No job of oslo has finished in the last 1 h."]


def test_a_target_without_a_usable_configuration_is_said() -> None:
    """With its name, and nothing of its file."""
    assert say_how_it_is([target(run(), broken="line 3: secret")], None) == [
        "The configuration of oslo has an error."
    ]


def test_trouble_of_the_service_comes_first() -> None:
    """As long as it is there, nothing is well."""
    said = "SuperOffice rejected the credentials. Jobs wait until they are corrected."

    assert say_how_it_is([target(HELD)], "credentials") == [said, "1 run waits for approval."]
    assert say_how_it_is([target(run())], "something new") == ["The service cannot work: something new."]


def test_a_target_whose_jobs_wait_is_said() -> None:
    """With its name; the service works for the others."""
    said = say_how_it_is([target(run())], None, {"oslo": "credentials", "bergen": "busy"})

    assert said == [
        "SuperOffice rejected the credentials of oslo.",
        "Another program works on bergen. Its jobs wait.",
    ]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (1, "1 job cannot be read. The log names its file."),
        (2, "2 jobs cannot be read. The log names their files."),
    ],
)
def test_jobs_that_cannot_be_read_are_said(number: int, sentence: str) -> None:
    """They were acknowledged, so not all is well."""
    assert say_how_it_is([target(run())], None, lost=LostJobs(unreadable=number)) == [sentence]


def test_runs_at_work_are_counted_at_the_end() -> None:
    """They need nobody; so what waits comes before them."""
    assert say_how_it_is([target(run())], None, at_work=1) == ["All is well.", "1 run is at work."]
    assert say_how_it_is([target(HELD)], None, at_work=2)[-1] == "2 runs are at work."
