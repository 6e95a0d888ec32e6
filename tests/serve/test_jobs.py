"""Jobs are carried out: one at a time for each target, several targets side by side."""

from pathlib import Path

import pytest

from presence_worker.queue.job_queue import JobState
from presence_worker.sandbox import People, serve

from .given import context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio


async def test_a_job_is_carried_out(tmp_path: Path) -> None:
    """Its run has the job's file name, and the job knows its run and how it ended."""
    async with serve(People(5)) as up:
        targets = targets_of(a=context_for(up.url, tmp_path / "state"))
        async with served(targets, MemoryQueue(tmp_path / "queue")) as service:
            job = await ended(service, await submit(service, range(1, 6)))

    assert (job.state, job.exit_code, job.is_answered, job.content) == (JobState.ENDED, 0, True, None)
    assert (tmp_path / "state" / "runs" / str(job.run_id) / "report.html").exists()
