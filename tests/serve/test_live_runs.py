"""What watchers hear of the runs at work."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from presence_worker.events import (
    Activity,
    Paused,
    Resumed,
    RowRead,
    RowSettled,
    RunStarted,
    StepEnded,
    StepStarted,
    Stopping,
)
from presence_worker.model import Result
from presence_worker.serve.live_runs import LiveEvent, LiveRuns
from tests.conftest import VIRTUAL_TIME

pytestmark = pytest.mark.anyio
AT = datetime(2026, 12, 1, 2, tzinfo=UTC)
RUN = ("20261201T020000Z-0000", "http://crm")


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


async def take(events: AsyncGenerator[LiveEvent, None], number: int) -> list[LiveEvent]:
    return [await anext(events) for _ in range(number)]


async def test_a_run_is_as_its_events_say() -> None:
    """Rows are counted by their last result; a new step begins at nothing."""
    live = LiveRuns()
    hear = live.begin("job-1", "a", "run")
    hear(RunStarted(*RUN, "run"))
    hear(StepStarted(*RUN, Activity.READING, 3))
    for row in (1, 2, 3):
        hear(RowRead(*RUN, row, is_known=True))
    (reading,) = live.current()
    hear(StepEnded(*RUN, Activity.READING))
    hear(StepStarted(*RUN, Activity.SENDING, 2))
    hear(RowSettled(*RUN, 1, Result.FAILED))
    hear(RowSettled(*RUN, 2, Result.UPDATED))
    hear(RowSettled(*RUN, 1, Result.UPDATED))
    hear(Paused(*RUN, since=AT, until=AT, cause="it asks for a pause", is_asked_for=True))
    hear(Stopping(*RUN, "…"))
    (sending,) = live.current()
    hear(Resumed(*RUN, waited=1.0, was_asked_for=True))
    (resumed,) = live.current()

    assert (reading.activity, reading.done, reading.total, reading.run_id) == ("reading", 3, 3, RUN[0])
    assert (sending.activity, sending.done, sending.total) == ("sending", 2, 2)
    assert sending.results == {Result.UPDATED: 2}
    assert (sending.waiting_for, sending.is_stopping) == ("it asks for a pause", True)
    assert (resumed.waiting_for, resumed.waiting_until) == (None, None)


async def test_progress_comes_once_a_second() -> None:
    """With the speed of the last seconds; at its end the run is heard of once more."""
    live = LiveRuns()
    async with anyio.create_task_group() as tasks, aclosing(live.watch()) as events:
        tasks.start_soon(live.run)
        await take(events, 1)
        hear = live.begin("job-1", "a", "run")
        hear(StepStarted(*RUN, Activity.SENDING, 20))
        await take(events, 1)
        for row in range(1, 11):
            hear(RowSettled(*RUN, row, Result.UPDATED))
        began = anyio.current_time()
        (progress,) = await take(events, 1)
        waited = anyio.current_time() - began
        live.end("job-1")
        ended = await take(events, 2)
        tasks.cancel_scope.cancel()

    assert (progress.kind, waited) == ("progress", 1.0)
    assert progress.run
    assert (progress.run.done, progress.run.requests_per_second) == (10, 10.0)
    assert [event.kind for event in ended] == ["ended", "state"]
    assert live.current() == []


async def test_a_job_that_waits_again_has_not_ended() -> None:
    """Who watches reads the jobs again."""
    live = LiveRuns()
    async with aclosing(live.watch()) as events:
        await take(events, 1)
        live.begin("job-1", "a", "run")
        await take(events, 1)
        live.leave("job-1")
        live.end("job-1")
        heard = await take(events, 1)

    assert [event.kind for event in heard] == ["state"]
    assert live.current() == []


async def test_a_slow_watcher_loses_progress_alone() -> None:
    """It hears of each run's end and of each target once, however long it did not listen."""
    live = LiveRuns()
    async with anyio.create_task_group() as tasks, aclosing(live.watch()) as events:
        tasks.start_soon(live.run)
        await take(events, 1)
        for number in range(3):
            live.begin(f"job-{number}", "a", "run")
        await anyio.sleep(1000)
        for number in range(3):
            live.end(f"job-{number}")
        heard = await take(events, 7)
        tasks.cancel_scope.cancel()

    kinds = [event.kind for event in heard]
    assert (kinds.count("ended"), kinds.count("state"), kinds.count("progress")) == (3, 1, 3)
