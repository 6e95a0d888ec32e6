"""A service ends or dies, and the next one goes on with what it left."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from presence_worker.journal import JOURNAL, target_lock
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import JobQueue, JobState, NewJob, QueuedJob
from presence_worker.run_context import RunContext
from presence_worker.run_states import JobCommand, JobWay, State
from presence_worker.runs.fingerprint import fingerprint_of
from presence_worker.runs.lookup import earlier_run
from presence_worker.serve.hosted_job import HostedJob
from presence_worker.serve.service import Service
from presence_worker.serve.service_notes import STOPPED, ServiceNotes
from tests.raw_server import RawServer, answer, raw_server

from .given import context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue
from .stalling import Stalling

pytestmark = pytest.mark.anyio
ROWS = range(1, 11)


@pytest.fixture
async def crm() -> Stalling:
    return Stalling(ROWS)


@pytest.fixture
async def server(crm: Stalling) -> AsyncIterator[RawServer]:
    async with raw_server(otherwise=crm) as server:
        yield server


@pytest.fixture
async def context(server: RawServer, tmp_path: Path) -> RunContext:
    return context_for(
        server.url,
        tmp_path / "state",
        delivery={"concurrency": 1, "probe_interval": 0.01, "outage_patience": 0.1},
    )


@pytest.fixture
def queue(tmp_path: Path) -> MemoryQueue:
    """A queue that lives on from one service to the next, and that can be left as a kill leaves it."""
    return MemoryQueue(tmp_path / "queue")


@asynccontextmanager
async def serving(context: RunContext, queue: JobQueue) -> AsyncIterator[Service]:
    async with served(targets_of(a=context), queue) as service:
        yield service


async def stop_in_mid_run(context: RunContext, crm: Stalling, queue: JobQueue) -> QueuedJob:
    """Let a service end while its run has a request under way; give the job as it is then."""
    async with serving(context, queue) as service:
        job = await submit(service, ROWS)
        await crm.is_asked.wait()
        crm.may_answer.set()
    return found_in(queue, job)


def found_in(queue: JobQueue, job: QueuedJob) -> QueuedJob:
    found = queue.find(job.id)
    assert found
    return found


def kill_run(job: QueuedJob, context: RunContext) -> None:
    """Leave a run that was stopped as a program that was killed leaves it."""
    with closing(sqlite3.connect(context.archive.runs / str(job.run_id) / JOURNAL)) as database:
        database.execute("UPDATE run SET state = 'running', exit_code = NULL, endings = endings - 1")
        database.commit()


def writes(server: RawServer) -> list[str]:
    return [request.path for request in server.requests if request.method == "PUT"]


async def test_goes_on_after_we_stopped(context: RunContext, crm: Stalling) -> None:
    """The run ends in order and the job stays at work; the next service resumes it before jobs that wait."""
    state = context.archive.state_dir
    left = await stop_in_mid_run(context, crm, FolderQueue(state))
    async with serving(context, FolderQueue(state)) as service:
        later = await submit(service, ROWS)
        first, second = await ended(service, left), await ended(service, later)

    assert (left.state, left.exit_code, left.deaths) == (JobState.WORKING, None, 0)
    assert (first.exit_code, first.run_id, first.deaths) == (0, left.run_id, 0)
    assert second.run_id != first.run_id
    with earlier_run(context.archive.runs / str(first.run_id), context) as journal:
        assert journal.run().endings == len(["stopped", "finished"])


async def test_too_old_to_go_on(context: RunContext, crm: Stalling, queue: MemoryQueue) -> None:
    """After safety.max_resume_age a person decides; the job is over, and says why."""
    left = await stop_in_mid_run(context, crm, queue)
    young = context.settings.safety.model_copy(update={"max_resume_age": 0.0})
    settings = context.settings.model_copy(update={"safety": young})
    async with serving(replace(context, settings=settings), queue) as service:
        job = await ended(service, left)

    assert (job.state, job.exit_code) == (JobState.ENDED, 2)
    assert "max_resume_age" in str(job.headline)


@pytest.mark.parametrize("is_run_known", [True, False])
async def test_a_run_that_died_goes_on(
    context: RunContext, crm: Stalling, queue: MemoryQueue, server: RawServer, *, is_run_known: bool
) -> None:
    """Each row is set once, but the one that was in doubt; also where the queue never heard of the run."""
    left = await stop_in_mid_run(context, crm, queue)
    kill_run(left, context)
    if not is_run_known:
        queue.change(left, run_id=None)
    async with serving(context, queue) as service:
        job = await ended(service, left)

    assert (job.state, job.exit_code, job.run_id, job.deaths) == (JobState.ENDED, 0, left.run_id, 1)
    assert len(writes(server)) == len(ROWS) == len(set(writes(server)))


@pytest.mark.parametrize("is_run_known", [True, False])
async def test_a_run_that_dies_again_and_again(
    context: RunContext, crm: Stalling, queue: MemoryQueue, *, is_run_known: bool
) -> None:
    """The job has failed and its run is stopped, with a report; the next job is carried out."""
    left = await stop_in_mid_run(context, crm, queue)
    kill_run(left, context)
    folder = context.archive.runs / str(left.run_id)
    (folder / "summary.json").unlink()
    known = {} if is_run_known else {"run_id": None}
    queue.change(left, deaths=2, settled=len(ROWS), **known)
    async with serving(context, queue) as service:
        later = await submit(service, ROWS)
        first, second = await ended(service, left), await ended(service, later)

    assert (first.state, first.exit_code, first.run_id) == (JobState.FAILED, 1, left.run_id)
    assert second.exit_code == 0
    assert json.loads((folder / "summary.json").read_text())["state"] == State.STOPPED


async def test_settling_a_row_counts_anew(context: RunContext, crm: Stalling, queue: MemoryQueue) -> None:
    """A run that gets on is resumed however often it dies."""
    left = await stop_in_mid_run(context, crm, queue)
    kill_run(left, context)
    queue.change(left, deaths=2, settled=0)
    async with serving(context, queue) as service:
        job = await ended(service, left)

    assert (job.state, job.deaths) == (JobState.ENDED, 1)


async def test_died_before_its_run_was_staged(context: RunContext, crm: Stalling, queue: MemoryQueue) -> None:
    """It is carried out from the beginning, serve.tries times; then it has failed, and the next job runs."""
    crm.may_answer.set()
    async with serving(context, queue) as service:
        job = await ended(service, await submit(service, ROWS))
    once = queue.add_left_over(job, deaths=0)
    often = queue.add_left_over(job, deaths=2)
    async with serving(context, queue) as service:
        first, second = await ended(service, once), await ended(service, often)

    assert (first.state, first.exit_code, first.deaths) == (JobState.ENDED, 0, 1)
    assert (second.state, second.exit_code, second.run_id) == (JobState.FAILED, 1, None)


async def test_killed_before_the_ending_was_noted(
    context: RunContext, crm: Stalling, queue: MemoryQueue, server: RawServer
) -> None:
    """The ending of the run is taken; nothing is sent again."""
    crm.may_answer.set()
    async with serving(context, queue) as service:
        job = await ended(service, await submit(service, ROWS))
    sent = len(writes(server))
    left = queue.change(job, state=JobState.WORKING, exit_code=None, is_answered=False)
    async with serving(context, queue) as service:
        again = await ended(service, left)

    assert (again.state, again.exit_code, again.run_id, again.deaths) == (JobState.ENDED, 0, job.run_id, 0)
    assert (len(writes(server)), len(list(context.archive.runs.iterdir()))) == (sent, 1)


async def test_killed_before_a_stop_was_noted(
    context: RunContext, crm: Stalling, queue: MemoryQueue, server: RawServer
) -> None:
    """A run that stopped with 6 is never resumed by itself, also not after a kill at that very moment."""
    crm.may_answer.set()
    crm.on_put = answer(503)
    async with serving(context, queue) as service:
        job = await ended(service, await submit(service, ROWS))
    sent = len(writes(server))
    left = queue.change(job, state=JobState.WORKING, exit_code=None, is_answered=False)
    crm.on_put = None
    async with serving(context, queue) as service:
        again = await ended(service, left)

    assert (job.exit_code, again.exit_code, again.deaths) == (6, 6, 0)
    assert len(writes(server)) == sent


async def test_stopped_before_it_was_staged(context: RunContext, queue: MemoryQueue) -> None:
    """The job waits again at its old place, and nothing is left of the run that was about to be."""
    async with serving(context, queue) as service:
        job = await submit(service, range(1, 50_000))
        async for _ in service.live.watch():
            if any(live.run_id for live in service.live.current()):
                break
    left = list(context.archive.runs.iterdir())

    assert (queue.by_id[job.id].state, queue.by_id[job.id].deaths, left) == (JobState.WAITING, 0, [])


async def test_killed_before_an_apply_began(
    context: RunContext, crm: Stalling, queue: MemoryQueue, server: RawServer
) -> None:
    """The run is still planned, so it is applied; its old ending is not taken for that of the apply."""
    crm.may_answer.set()
    async with serving(context, queue) as service:
        plan = await ended(service, await submit(service, ROWS, command=JobCommand.PLAN))
    seen = fingerprint_of(str(plan.run_id), context)
    new = NewJob(target="a", command=JobCommand.APPLY, way=JobWay.HTTP, run_id=plan.run_id, seen=seen)
    apply, _ = queue.put(new, None)
    queue.begin(apply.id, plan.run_id)
    async with serving(context, queue) as service:
        job = await ended(service, apply)

    assert (plan.exit_code, job.exit_code, job.run_id, job.deaths) == (0, 0, plan.run_id, 1)
    assert len(writes(server)) == len(ROWS)


def end_as_another_program(job: QueuedJob, context: RunContext) -> None:
    """Leave a run as a `resume` in a terminal leaves it that a signal has ended."""
    with closing(sqlite3.connect(context.archive.runs / str(job.run_id) / JOURNAL)) as database:
        database.execute("UPDATE run SET message = 'Stopped by SIGTERM', endings = endings + 1")
        database.commit()


async def test_resumed_by_a_person_and_ended_by_a_signal(
    context: RunContext, crm: Stalling, queue: MemoryQueue, server: RawServer
) -> None:
    """Who sent the signal knows why: the run is never resumed by itself."""
    left = await stop_in_mid_run(context, crm, queue)
    end_as_another_program(left, context)
    sent = len(writes(server))
    async with serving(context, queue) as service:
        job = await ended(service, left)

    assert (job.state, job.exit_code, job.run_id) == (JobState.ENDED, 143, left.run_id)
    assert len(writes(server)) == sent


async def test_a_run_that_another_program_has_is_not_stopped(
    context: RunContext, crm: Stalling, queue: MemoryQueue
) -> None:
    """Nothing is promised that the service cannot do; the job waits until that program has ended."""
    left = await stop_in_mid_run(context, crm, queue)
    hosted = HostedJob(left, queue, tries=2)
    with target_lock(context.target, context.archive.state_dir):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hosted.carry_out, context)
            await anyio.wait_all_tasks_blocked()
            is_at_work = hosted.is_at_work_on(str(left.run_id))

    assert hosted.run_id == left.run_id
    assert not is_at_work


async def test_stopped_by_a_person_and_killed(context: RunContext, crm: Stalling, queue: MemoryQueue) -> None:
    """What was acknowledged holds: the run is not resumed by itself."""
    left = await stop_in_mid_run(context, crm, queue)
    kill_run(left, context)
    ServiceNotes(queue).note_stop(left.id)
    async with serving(context, queue) as service:
        job = await ended(service, left)
        notes = queue.recall_all(STOPPED)

    assert (job.state, job.exit_code, job.run_id) == (JobState.ENDED, 143, left.run_id)
    assert notes == {}
