"""How long targets wait, and who hears of it: in virtual time."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.errors import ExitCode
from presence_worker.queue.job_queue import JobState, NewJob, QueuedJob
from presence_worker.run_context import RunContext
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.live_runs import LiveRuns
from presence_worker.serve.messenger import Messenger
from presence_worker.serve.service_notes import ServiceNotes
from presence_worker.serve.target_pauses import TargetPauses
from presence_worker.serve.turns import find_next
from presence_worker.serve.what_follows import JobTrouble
from tests.conftest import VIRTUAL_TIME

from .given import context_for, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio
HALF_MINUTE, HOUR = 30.0, 3600.0


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


class Reports(Messenger):
    """Owns what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[float, int]] = []

    def report(self, context: RunContext, code: int, state: str, headline: str | None = None) -> None:
        assert (context.target_name or context.target, state) == ("http://127.0.0.1:9", "refused")
        assert headline is None
        self.sent.append((anyio.current_time(), code))


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def pauses(tmp_path: Path, reports: Reports) -> TargetPauses:
    targets = targets_of(a=context_for("http://127.0.0.1:9", tmp_path))
    return TargetPauses(targets, ServiceNotes(MemoryQueue(tmp_path)), reports, LiveRuns())


def job(number: int, state: JobState = JobState.WAITING, command: JobCommand = JobCommand.RUN) -> QueuedJob:
    new = NewJob(target="a", command=command, way=JobWay.HTTP)
    return QueuedJob(id=f"{number}", order=number, new=new, submitted_at="", state=state, content=None)


async def try_again(pauses: TargetPauses, trouble: JobTrouble, run_id: str | None = None) -> list[float]:
    """Let the same trouble come at each try for two hours; give the moments of the tries."""
    tries = []
    while anyio.current_time() <= 2 * HOUR:
        if find_next([job(1)], pauses.each.get("a"), anyio.current_time()):
            tries.append(anyio.current_time())
            pauses.begin("a", trouble, "…", run_id)
        await anyio.sleep(1)
    return tries


async def test_another_program_is_reported_once_after_an_hour(pauses: TargetPauses, reports: Reports) -> None:
    """The job is tried every 30 s, and the message has exit code 7."""
    tries = await try_again(pauses, JobTrouble.BUSY)

    assert tries[:3] == [0, HALF_MINUTE, 2 * HALF_MINUTE]
    assert reports.sent == [(HOUR, 7)]


@pytest.mark.parametrize("trouble", [JobTrouble.CONFIGURATION, JobTrouble.DISK])
async def test_a_wrong_configuration_is_reported_at_once(
    pauses: TargetPauses, reports: Reports, trouble: JobTrouble
) -> None:
    """And only once: the target is tried again every 30 s."""
    tries = await try_again(pauses, trouble)

    assert tries[:3] == [0, HALF_MINUTE, 2 * HALF_MINUTE]
    assert reports.sent == [(0, 2)]


async def test_a_run_that_ends_again_and_again_is_tried_less_often(
    pauses: TargetPauses, reports: Reports
) -> None:
    """Each try is another ending of the run, which is reported by itself."""
    tries = await try_again(pauses, JobTrouble.CONFIGURATION, "run")

    assert tries[:4] == [0, 30, 90, 210]
    assert tries[-1] - tries[-2] == 600
    assert reports.sent == []


async def test_other_trouble_begins_anew(pauses: TargetPauses, reports: Reports) -> None:
    """What ends a wait also ends what was counted of it."""
    pauses.begin("a", JobTrouble.CONFIGURATION, "…")
    await pauses.end("a")
    pauses.begin("a", JobTrouble.CONFIGURATION, "…")

    assert reports.sent == [(0, 2), (0, 2)]


@pytest.mark.parametrize("other", [JobTrouble.CONFIGURATION, JobTrouble.BUSY, JobTrouble.DISK])
async def test_other_trouble_does_not_end_the_wait_for_credentials(
    pauses: TargetPauses, other: JobTrouble
) -> None:
    """A resume that met it is tried again after 30 s, and nothing else signs in before it."""
    pauses.begin("a", JobTrouble.CREDENTIALS, "…", "run")
    pauses.begin("a", other, "…")
    resume = job(2, command=JobCommand.RESUME)
    waits = [find_next([job(1), resume], pauses.each["a"], clock) for clock in (0, 29, 30, HOUR)]

    assert waits == [None, None, resume, resume]
    assert find_next([job(1)], pauses.each["a"], HOUR) is None


async def test_a_resume_that_did_not_sign_in_proves_nothing(pauses: TargetPauses) -> None:
    """It was stopped, or its run had moved; only one that has sent its rows lets the others go on."""
    pauses.begin("a", JobTrouble.CREDENTIALS, "…", "run")
    still_waits = []
    for code in (ExitCode.TERMINATED, ExitCode.USAGE, ExitCode.STOPPED, ExitCode.DONE):
        await pauses.end_after("a", code)
        still_waits.append("a" in pauses.each)

    assert still_waits == [True, True, True, False]


def test_whose_turn_it_is() -> None:
    """What was at work goes before what waits, and of these the oldest."""
    jobs = [job(1), job(2, JobState.WORKING), job(3)]

    found = find_next(jobs, None, 0.0)

    assert found == jobs[1]
    assert find_next([job(4), job(3)], None, 0.0) == job(3)


async def test_with_refused_credentials_only_a_resume_goes(pauses: TargetPauses) -> None:
    """However long the others have waited."""
    pauses.begin("a", JobTrouble.CREDENTIALS, "…", "run")
    pause, late = pauses.each["a"], anyio.current_time() + HOUR
    resume = job(3, command=JobCommand.RESUME)

    assert find_next([job(1), job(2, JobState.WORKING)], pause, late) is None
    assert find_next([job(1), resume], replace(pause, until=late), 0.0) == resume
