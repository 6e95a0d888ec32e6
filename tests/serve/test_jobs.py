"""Jobs are carried out: one at a time for each target, several targets side by side."""

from collections.abc import Callable
from pathlib import Path

import pytest

from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.queue.job_queue import JobQueue, JobState
from presence_worker.run_states import JobCommand
from presence_worker.runs.fingerprint import fingerprint_of
from presence_worker.runs.lookup import earlier_run
from presence_worker.sandbox import People, serve
from presence_worker.serve.service import Conflict

from .given import ask, context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio
QUEUES = (MemoryQueue, FolderQueue)


@pytest.fixture(params=QUEUES)
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> JobQueue:
    make: Callable[[Path], JobQueue] = request.param
    return make(tmp_path / "state")


async def test_a_job_is_carried_out(tmp_path: Path, queue: JobQueue) -> None:
    """Its run has the job's file name, and the job knows its run and how it ended."""
    async with serve(People(5)) as up:
        context = context_for(up.url, tmp_path / "state")
        async with served(targets_of(a=context), queue) as service:
            job = await ended(service, await submit(service, range(1, 6), label="HR-7"))

    assert (job.state, job.exit_code, job.is_answered, job.content) == (JobState.ENDED, 0, True, None)
    with earlier_run(context.archive.runs / str(job.run_id), context) as journal:
        known = journal.run().input
    assert (known.name, known.label, [each.id for each in known.jobs]) == ("job.csv", "HR-7", [job.id])


async def test_a_plan_is_applied_as_it_was_seen(tmp_path: Path, queue: JobQueue) -> None:
    """The second who decides about the same run comes too late; and so does a look from before."""
    async with serve(People(5)) as up:
        context = context_for(up.url, tmp_path / "state")
        async with served(targets_of(a=context), queue) as service:
            plan = await ended(service, await submit(service, range(1, 6), command=JobCommand.PLAN))
            seen = fingerprint_of(str(plan.run_id), context)
            asked = await ask(service, JobCommand.APPLY, plan, seen)
            with pytest.raises(Conflict):
                await ask(service, JobCommand.APPLY, plan, seen)
            applied = await ended(service, asked)
            with pytest.raises(Conflict, match="has changed since you saw it"):
                await ask(service, JobCommand.UNDO, plan, seen)
            undone = await ended(
                service, await ask(service, JobCommand.UNDO, plan, fingerprint_of(str(plan.run_id), context))
            )

    assert [job.exit_code for job in (plan, applied, undone)] == [0, 0, 0]
    assert applied.run_id == plan.run_id != undone.run_id
