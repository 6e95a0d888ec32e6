"""A service in this process, with a target that the sandbox plays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from presence_worker.journal import Archive
from presence_worker.queue.job_queue import OPEN, JobQueue, NewJob, QueuedJob
from presence_worker.run_context import RunContext
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.served_targets import LoadedTargets, ServedTargets
from presence_worker.serve.service import Service
from presence_worker.settings import Settings
from presence_worker.superoffice import open_client, target_name
from tests.run.given import away, write_csv


def context_for(url: str, state: Path, name: str | None = None, **sections: Any) -> RunContext:
    """Give the surroundings of the runs of a target."""
    delivery = {"rate": 100_000, **sections.pop("delivery", {})}
    settings = Settings(
        target={"base_url": url},
        auth={"username": "host", "password": "any"},
        delivery=delivery,
        safety={"max_changes": "none", **sections.pop("safety", {})},
        storage={"state_dir": state},
        **sections,
    )
    return RunContext(
        settings=settings,
        day=date(2026, 12, 1),
        archive=Archive(settings.storage.state_dir),
        target=target_name(settings.target, settings.auth.login_url),
        target_name=name,
        options=(),
        input_options=(),
        open_service=partial(open_client, settings),
    )


def targets_of(**contexts: RunContext) -> ServedTargets:
    """Give the targets of a service, by their names."""
    common = replace(next(iter(contexts.values())), target_name=None)
    serve = common.settings.serve
    return ServedTargets(lambda: LoadedTargets(each=contexts, broken={}, common=common, serve=serve))


@asynccontextmanager
async def served(targets: ServedTargets, queue: JobQueue) -> AsyncIterator[Service]:
    """Let a service work."""
    service = Service(targets, queue)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(service.run)
        async for _ in service.live.watch():
            if service.trouble != "starting":
                break
        yield service
        tasks.cancel_scope.cancel()


async def submit(
    service: Service, rows: range, target: str = "a", command: JobCommand = JobCommand.RUN, **new: Any
) -> QueuedJob:
    """Hand in a job that sets so many users away."""
    with service.queue.receive() as folder:
        write_csv(folder / "job.csv", away(rows))
        asked = NewJob(target=target, command=command, way=JobWay.HTTP, file_name="job.csv", **new)
        job, _ = await service.submit(asked, folder / "job.csv")
    return job


async def ended(service: Service, job: QueuedJob) -> QueuedJob:
    """Wait until a job is over; give it as it is then."""
    async for _ in service.live.watch():
        found = service.queue.find(job.id)
        if found and found.state not in OPEN:
            return found
    raise AssertionError


async def ask(service: Service, command: JobCommand, job: QueuedJob, seen: str) -> QueuedJob:
    """Ask for something to be done with the run of a job."""
    return await service.ask(command, str(job.run_id), seen=seen, by="boss")
