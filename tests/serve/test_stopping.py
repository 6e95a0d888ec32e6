"""The end of a run that a person stops, and the end of the service."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from presence_worker.queue.job_queue import JobState, NewJob
from presence_worker.run_context import RunContext
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.service import Conflict, Service, Unavailable
from presence_worker.serve.service_notes import STOPPED
from tests.raw_server import raw_server

from .given import context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue
from .stalling import Stalling

pytestmark = pytest.mark.anyio
ROWS = range(1, 11)


@pytest.fixture
async def crm() -> Stalling:
    return Stalling(ROWS)


@pytest.fixture
async def context(crm: Stalling, tmp_path: Path) -> AsyncIterator[RunContext]:
    async with raw_server(otherwise=crm) as server:
        yield context_for(server.url, tmp_path / "state", delivery={"concurrency": 1})


@pytest.fixture
def queue(tmp_path: Path) -> MemoryQueue:
    return MemoryQueue(tmp_path / "queue")


async def test_a_person_stops_a_run(context: RunContext, crm: Stalling, queue: MemoryQueue) -> None:
    """It ends `stopped` with 143, also if we die now; a second request comes too late."""
    async with served(targets_of(a=context), queue) as service:
        job = await submit(service, ROWS)
        await crm.is_asked.wait()
        (live,) = service.live.current()
        stopping = await service.stop(live.run_id, by="boss")
        noted = queue.recall_all(STOPPED)
        with pytest.raises(Conflict):
            await service.stop(live.run_id, by="boss")
        crm.may_answer.set()
        job = await ended(service, job)
        next_one = await ended(service, await submit(service, ROWS))
        with pytest.raises(Conflict):
            await service.stop(live.run_id, by="boss")

    assert (stopping.id, job.state, job.exit_code) == (job.id, JobState.ENDED, 143)
    assert "Stopped by the token boss" in str(job.headline)
    assert (noted, queue.recall_all(STOPPED), next_one.exit_code) == ({STOPPED + job.id: ""}, {}, 0)


async def test_a_request_that_gets_no_answer_does_not_hold_us_up(
    context: RunContext, crm: Stalling, queue: MemoryQueue
) -> None:
    """The run ends within serve.drain; its row is in doubt, and the job goes on after the next start."""
    serve = context.settings.serve.model_copy(update={"drain": 0.2})
    settings = context.settings.model_copy(update={"serve": serve})
    async with served(targets_of(a=replace(context, settings=settings)), queue) as service:
        job = await submit(service, ROWS)
        await crm.is_asked.wait()
    left = queue.find(job.id)
    crm.may_answer.set()
    async with served(targets_of(a=context), queue) as service:
        job = await ended(service, job)

    assert left
    assert left.state is JobState.WORKING
    assert (job.exit_code, job.run_id) == (0, left.run_id)


async def test_what_does_not_end_in_time_is_cut_off(
    context: RunContext, crm: Stalling, queue: MemoryQueue
) -> None:
    """After serve.drain the service ends whatever a run does; the job goes on after the next start."""
    serve = context.settings.serve.model_copy(update={"drain": 0.0})
    settings = context.settings.model_copy(update={"serve": serve})
    with capture_logs() as logs:
        async with served(targets_of(a=replace(context, settings=settings)), queue) as service:
            job = await submit(service, ROWS)
            await crm.is_asked.wait()
    left = queue.by_id[job.id]
    crm.may_answer.set()
    async with served(targets_of(a=context), queue) as service:
        found = await ended(service, job)

    assert [each["job"] for each in logs if each["event"] == "job.cut_off"] == [job.id]
    assert left.state is JobState.WORKING
    assert (found.exit_code, found.run_id) == (0, left.run_id)


async def test_while_it_ends_no_new_job_is_taken(
    context: RunContext, crm: Stalling, queue: MemoryQueue
) -> None:
    """A sender who asks again gets the answer of before; jobs that wait stay in the queue."""
    service = Service(targets_of(a=context), queue)
    new = NewJob(target="a", command=JobCommand.RUN, way=JobWay.HTTP, by="x", key="k", sha256="1")
    with pytest.raises(Unavailable) as starting:
        await service.submit(new, None)
    async with served(targets_of(a=context), queue) as service:
        known = await submit(service, ROWS, by="x", key="k", sha256="1")
        await crm.is_asked.wait()
        waiting = await submit(service, ROWS)
        crm.may_answer.set()
    with pytest.raises(Unavailable) as stopping:
        await service.submit(replace(new, key="another"), None)
    again, is_new = await service.submit(new, None)

    assert (starting.value.trouble, stopping.value.trouble) == ("starting", "stopping")
    assert (again.id, is_new, service.is_stopping) == (known.id, False, True)
    assert queue.by_id[waiting.id].state is JobState.WAITING
