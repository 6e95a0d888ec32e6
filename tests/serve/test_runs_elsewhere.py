"""The runs of jobs that other machines work on: who sees them, and how one of them is stopped."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.errors import DatabaseAway
from presence_worker.fleet.membership import RunProgress
from presence_worker.model import Result
from presence_worker.queue.job_queue import NewJob
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.live_runs import LiveRuns
from presence_worker.serve.runs_elsewhere import RunsElsewhere
from tests.conftest import VIRTUAL_TIME
from tests.serve.memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio
RUN = "20261201T020000Z-0000"
NEW = NewJob(target="oslo", command=JobCommand.RUN, way=JobWay.HTTP)
BEGUN = RunProgress(run_id=RUN, token=1, is_sending=True, done=0, total=5, results={}, is_stopping=False)


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


@dataclass
class Others:
    """What the database would say."""

    runs: list[RunProgress] = field(default_factory=lambda: [BEGUN])
    asked: list[tuple[str, str]] = field(default_factory=list)
    reads: int = 0
    is_away: bool = False

    def read(self) -> Sequence[RunProgress]:
        self.reads += 1
        if self.is_away:
            raise DatabaseAway("the database cannot be reached")
        return [*self.runs]

    def ask_to_stop(self, run_id: str, by: str) -> bool:
        self.asked.append((run_id, by))
        return True


class Clock:
    """A clock that stands."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def queue(tmp_path: Path) -> MemoryQueue:
    """A queue with one job, at work on another machine."""
    queue = MemoryQueue(tmp_path)
    job, _ = queue.put(NEW, None)
    queue.begin(job.id, RUN)
    return queue


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def elsewhere(others: Others, queue: MemoryQueue, clock: Clock) -> RunsElsewhere:
    return RunsElsewhere(others, queue, clock)


def test_a_run_is_shown_with_its_job_and_its_speed(
    elsewhere: RunsElsewhere, others: Others, clock: Clock
) -> None:
    """Its target has the name that jobs use; the speed is that of the last seconds."""
    elsewhere.read()
    clock.now = 2
    others.runs = [replace(BEGUN, done=4, results={Result.UPDATED: 4})]

    (run,) = elsewhere.read()

    assert (run.run_id, run.target, run.command, run.activity) == (RUN, "oslo", "run", "sending")
    assert (run.done, run.total, run.results, run.requests_per_second) == (4, 5, {Result.UPDATED: 4}, 2.0)
    assert run.began_at == "2026-12-01T02:00:00+00:00"


def test_the_database_is_asked_once_a_second_however_many_look(
    elsewhere: RunsElsewhere, others: Others, clock: Clock
) -> None:
    """Pages, events and metrics share what was read."""
    for clock.now in (0, 0.5, 0.9, 1.0, 1.5):
        elsewhere.read()

    assert others.reads == 2


def test_the_queue_is_asked_for_runs_that_are_new(
    elsewhere: RunsElsewhere, others: Others, queue: MemoryQueue, clock: Clock
) -> None:
    """Not each second. Under another lease a run may be that of another job."""
    for clock.now in (0, 1, 2, 3):
        elsewhere.read()
    reads = queue.reads
    queue.end(elsewhere.read()[0].job_id, run_id=RUN, exit_code=6, headline="")
    job, _ = queue.put(NEW, None)
    queue.begin(job.id, RUN)
    clock.now, others.runs = 4, [replace(BEGUN, token=2)]

    (run,) = elsewhere.read()

    assert reads == 1
    assert run.job_id == job.id


def test_a_job_that_is_noted_late_is_found(
    elsewhere: RunsElsewhere, others: Others, queue: MemoryQueue, clock: Clock
) -> None:
    """Its run may be at work a moment before the queue knows of it."""
    others.runs = [replace(BEGUN, run_id="20261201T020000Z-2222")]
    assert elsewhere.read() == []
    job, _ = queue.put(NEW, None)
    queue.begin(job.id, "20261201T020000Z-2222")

    clock.now = 5

    assert [run.job_id for run in elsewhere.read()] == [job.id]


def test_a_run_without_a_job_of_the_queue_is_left_out(
    elsewhere: RunsElsewhere, others: Others, queue: MemoryQueue
) -> None:
    """It was begun at a terminal; on one machine it is not shown either."""
    others.runs = [BEGUN, replace(BEGUN, run_id="20261201T020000Z-9999")]
    assert [run.run_id for run in elsewhere.read()] == [RUN]

    queue.end(elsewhere.read()[0].job_id, run_id=RUN, exit_code=0, headline="")

    assert RunsElsewhere(others, queue).read() == []


def test_a_run_elsewhere_is_asked_to_stop_once(elsewhere: RunsElsewhere, others: Others) -> None:
    """First it is noted that its job must not go on: its worker may die before it hears of it."""
    noted: list[tuple[str, int]] = []

    job = elsewhere.stop(RUN, "the token ann", lambda job_id: noted.append((job_id, len(others.asked))))
    others.runs = [replace(BEGUN, is_stopping=True)]
    again = elsewhere.stop(RUN, "the token bob", lambda _: None)

    assert job
    assert noted == [(job.id, 0)]
    assert others.asked == [(RUN, "the token ann")]
    assert again is None


def test_what_is_not_at_work_cannot_be_stopped(elsewhere: RunsElsewhere, others: Others) -> None:
    """Nothing is noted and no machine is asked."""
    assert elsewhere.stop("20261201T020000Z-9999", "ann", lambda _: pytest.fail("noted")) is None
    assert others.asked == []


async def test_watchers_hear_of_runs_on_other_machines(
    others: Others, queue: MemoryQueue, elsewhere: RunsElsewhere, clock: Clock
) -> None:
    """How far they are, and that they have ended; an outage of the database ends nothing."""
    live = LiveRuns(elsewhere)
    clock.now = -1.0
    async with anyio.create_task_group() as tasks, aclosing(live.watch()) as events:
        tasks.start_soon(live.run)
        heard = [await anext(events)]
        heard += [await anext(events), await anext(events)]
        clock.now, others.is_away = 1.0, True
        await anyio.sleep(5)
        others.is_away, others.runs = False, []
        queue.end(next(iter(queue.by_id)), run_id=RUN, exit_code=0, headline="")
        while heard[-1].kind != "ended":
            heard.append(await anext(events))
        tasks.cancel_scope.cancel()

    assert [event.kind for event in heard[:3]] == ["state", "progress", "state"]
    assert heard[1].run
    assert heard[1].run.run_id == RUN
    assert heard[-1].run
    assert heard[-1].run.run_id == RUN


async def test_nobody_watches_and_nothing_is_asked(others: Others, elsewhere: RunsElsewhere) -> None:
    """A front that no browser looks at costs the database nothing."""
    live = LiveRuns(elsewhere)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(live.run)
        await anyio.sleep(60)
        tasks.cancel_scope.cancel()

    assert others.reads == 0


async def test_a_run_of_ours_is_not_shown_twice(
    elsewhere: RunsElsewhere, queue: MemoryQueue, others: Others
) -> None:
    """The database may still say that the former machine works on it."""
    live = LiveRuns(elsewhere)
    live.begin(next(iter(queue.by_id)), "oslo", "run")

    assert len(live.current()) == len(live.here()) == 1
    assert others.reads == 1
