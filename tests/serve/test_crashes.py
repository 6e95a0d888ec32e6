"""A bug ends one run, and not the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from presence_worker.queue.job_queue import JobState
from presence_worker.run_context import RunContext
from presence_worker.sandbox import People, serve
from presence_worker.superoffice import Client

from .given import context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio
SECRET = "illness of 4711"


def with_bug(context: RunContext, times: int) -> RunContext:
    """Give surroundings in which so many runs crash as they begin to send."""
    left = [None] * times

    @asynccontextmanager
    async def open_service() -> AsyncIterator[Client]:
        if left:
            left.pop()
            raise ValueError(SECRET)
        async with context.open_service() as client:
            yield client

    return replace(context, open_service=open_service)


@pytest.mark.parametrize(
    ("times", "state", "code"), [(1, JobState.ENDED, 0), (2, JobState.ENDED, 0), (3, JobState.FAILED, 1)]
)
async def test_a_run_that_crashes_is_resumed(times: int, state: JobState, code: int, tmp_path: Path) -> None:
    """At once, serve.tries times; the log says where the bug is, and nothing of its values."""
    async with serve(People(5)) as up:
        context = context_for(up.url, tmp_path / "state")
        targets = targets_of(a=with_bug(context, times))
        async with served(targets, MemoryQueue(tmp_path / "queue")) as service:
            with capture_logs() as logged:
                job = await ended(service, await submit(service, range(1, 6)))
                after = await ended(service, await submit(service, range(1, 6)))

    assert (job.state, job.exit_code, job.deaths, after.exit_code) == (state, code, times, 0)
    assert [line["error"] for line in logged if line["event"] == "job.crashed"] == ["ValueError"] * times
    assert SECRET not in str(logged) + str(job.headline)
