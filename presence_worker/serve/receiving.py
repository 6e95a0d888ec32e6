"""A folder of the queue in which the content of a job is received."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from ..queue.job_queue import JobQueue
from ..threads import work_in_thread


@asynccontextmanager
async def receiving(queue: JobQueue) -> AsyncIterator[Path]:
    """Yield a folder of the queue for the content of a job; what was not put is deleted at the end."""
    folder = queue.receive()
    place = await work_in_thread(folder.__enter__)
    try:
        yield place
    finally:
        with anyio.CancelScope(shield=True):
            await work_in_thread(folder.__exit__, None, None, None)
