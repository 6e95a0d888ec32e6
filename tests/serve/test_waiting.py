"""Jobs wait while their target cannot work: none is used up, and other targets go on."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest

from presence_worker.errors import StateFault, UsageFault
from presence_worker.journal import target_lock
from presence_worker.queue.job_queue import JobState, NewJob
from presence_worker.run_context import RunContext
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.runs.fingerprint import fingerprint_of
from presence_worker.sandbox import People, serve
from presence_worker.serve.served_targets import LoadedTargets, ServedTargets
from presence_worker.serve.service import Service, Unavailable
from presence_worker.serve.what_follows import JobTrouble
from presence_worker.settings import Settings
from presence_worker.superoffice import open_client
from tests.raw_server import Peer, Request, answer, raw_server
from tests.run.crm import Crm, here

from .given import ask, context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue
from .stalling import Stalling

pytestmark = pytest.mark.anyio


class Configuration:
    """Owns what the next reading of the configuration gives."""

    def __init__(self, **each: RunContext) -> None:
        self.each: Mapping[str, RunContext] = each
        self.broken: Mapping[str, str] = {}
        self.common = next(iter(each.values()))
        self.is_broken = False

    def load(self) -> LoadedTargets:
        if self.is_broken:
            raise UsageFault("line 3 is wrong")
        each = {name: context for name, context in self.each.items() if name not in self.broken}
        return LoadedTargets(
            each=each, broken=self.broken, common=self.common, serve=self.common.settings.serve
        )


async def paused(service: Service, target: str = "a") -> JobTrouble:
    """Wait until the jobs of a target wait; give why."""
    async for _ in service.live.watch():
        if target in service.pauses:
            return service.pauses[target].trouble
    raise AssertionError


async def test_another_program_holds_the_target(tmp_path: Path) -> None:
    """The job waits again, and runs when it is tried again; a run of ours that ends lets it try at once."""
    async with serve(People(5)) as up:
        a, b = (context_for(up.url, tmp_path / "state", name) for name in "ab")
        queue = MemoryQueue(tmp_path / "queue")
        async with served(targets_of(a=a, b=b), queue) as service:
            with target_lock(a.target, a.archive.state_dir):
                job = await submit(service, range(1, 3))
                why = await paused(service)
                between = queue.find(job.id)
            other = await ended(service, await submit(service, range(3, 5), "b"))
            job = await ended(service, job)

    assert (why, between and between.state) == (JobTrouble.BUSY, JobState.WAITING)
    assert (job.exit_code, job.deaths, other.exit_code) == (0, 0, 0)


async def read_again(service: Service, queue: MemoryQueue, times: int = 5) -> None:
    """Wait until the service has looked for jobs so often."""
    for _ in range(times):
        reads = queue.reads
        service.wake("a")
        while queue.reads == reads:  # noqa: ASYNC110 - a queue has no events
            await anyio.sleep(0.001)


async def test_another_program_is_not_asked_again_and_again(tmp_path: Path) -> None:
    """Who meets it held nothing that others wait for: each of two targets is tried every 30 s."""
    a, b = (context_for("http://127.0.0.1:9", tmp_path / "state", name) for name in "ab")
    queue = MemoryQueue(tmp_path / "queue")
    async with served(targets_of(a=a, b=b), queue) as service:
        with target_lock(a.target, a.archive.state_dir):
            for name in "ab":
                await submit(service, range(1, 3), name)
            await paused(service, "a")
            await paused(service, "b")
            await read_again(service, queue)

    assert queue.begun == len("ab")


async def test_a_broken_target_uses_up_no_job(tmp_path: Path) -> None:
    """Its jobs wait until the file is right; there is no trouble until no target can work."""
    async with serve(People(5)) as up, serve(People(5)) as other:
        a = context_for(up.url, tmp_path / "state", "a")
        b = context_for(other.url, tmp_path / "state", "b")
        configuration = Configuration(a=a, b=b)
        configuration.broken = {"a": "a.toml, line 1: …"}
        async with served(ServedTargets(configuration.load), MemoryQueue(tmp_path / "queue")) as service:
            job = await submit(service, range(1, 3))
            why = await paused(service)
            well = await ended(service, await submit(service, range(1, 3), "b"))
            while_one_works = service.trouble
            configuration.broken = {"a": "…", "b": "…"}
            await service.reload()
            while_none_works = service.trouble
            configuration.broken = {}
            await service.reload()
            job = await ended(service, job)

    assert (why, well.exit_code, job.exit_code) == (JobTrouble.CONFIGURATION, 0, 0)
    assert (while_one_works, while_none_works) == (None, "configuration")


async def test_a_broken_common_file_keeps_the_old_one(tmp_path: Path) -> None:
    """Jobs run as before."""
    async with serve(People(5)) as up:
        configuration = Configuration(a=context_for(up.url, tmp_path / "state", "a"))
        targets = ServedTargets(configuration.load)
        async with served(targets, MemoryQueue(tmp_path / "queue")) as service:
            configuration.is_broken = True
            await service.reload()
            job = await ended(service, await submit(service, range(1, 3)))

    assert (job.exit_code, targets.problem) == (0, "line 3 is wrong")


async def test_a_run_that_cannot_use_its_settings_goes_on(tmp_path: Path) -> None:
    """Its job waits, and the same run goes on with other settings: no job is used up, nothing sent twice."""
    async with serve(People(5)) as up:
        right = context_for(up.url, tmp_path / "state", "a")
        secret = tmp_path / "secret"
        auth = right.settings.auth.model_copy(update={"password": None, "password_file": secret})
        settings = right.settings.model_copy(update={"auth": auth})
        configuration = Configuration(a=with_settings(right, settings))
        queue = MemoryQueue(tmp_path / "queue")
        async with served(ServedTargets(configuration.load), queue) as service:
            job = await submit(service, range(1, 3))
            why = await paused(service)
            between = queue.find(job.id)
            secret.write_text("any")
            secret.chmod(0o600)
            await service.reload()
            job = await ended(service, job)

    assert (why, between and between.state) == (JobTrouble.CONFIGURATION, JobState.WAITING)
    assert (job.exit_code, job.run_id, job.deaths) == (0, between and between.run_id, 0)


def with_settings(context: RunContext, settings: Settings) -> RunContext:
    return replace(context, settings=settings, open_service=partial(open_client, settings))


class Guarded(Crm):
    """Owns people who are present, and lets nobody in until it may."""

    def __init__(self) -> None:
        super().__init__(here(range(1, 6)))
        self.is_closed = True
        self.refused = 0

    async def __call__(self, peer: Peer, request: Request) -> None:
        if self.is_closed:
            self.refused += 1
            await answer(401)(peer, request)
        else:
            await super().__call__(peer, request)


@pytest.fixture
async def crm() -> Guarded:
    return Guarded()


@pytest.fixture
async def context(crm: Guarded, tmp_path: Path) -> AsyncIterator[RunContext]:
    async with raw_server(otherwise=crm) as server:
        yield context_for(server.url, tmp_path / "state")


@pytest.fixture
def queue(tmp_path: Path) -> MemoryQueue:
    return MemoryQueue(tmp_path / "queue")


async def test_refused_credentials_hold_the_target(
    context: RunContext, crm: Guarded, queue: MemoryQueue
) -> None:
    """The run ends; the next job waits, also after a restart, until the configuration is read again."""
    targets = targets_of(a=context)
    async with served(targets, queue) as service:
        first = await ended(service, await submit(service, range(1, 3)))
        waiting = await submit(service, range(3, 5))
        troubles = [service.trouble]
        asked = crm.refused
    async with served(targets, queue) as service:
        await paused(service)
        troubles.append(service.trouble)
        between, asked_since = queue.find(waiting.id), crm.refused - asked
        crm.is_closed = False
        await service.reload()
        last = await ended(service, waiting)
        troubles.append(service.trouble)

    assert (first.state, first.exit_code, asked_since) == (JobState.ENDED, 6, 0)
    assert (between and between.state, last.exit_code) == (JobState.WAITING, 0)
    assert troubles == ["credentials", "credentials", None]


async def test_other_credentials_let_the_target_go_on(
    context: RunContext, crm: Guarded, queue: MemoryQueue
) -> None:
    """The service sees it by itself; what ended stays for a person to resume."""
    async with served(targets_of(a=context), queue) as service:
        first = await ended(service, await submit(service, range(1, 3)))
        waiting = await submit(service, range(3, 5))
    crm.is_closed = False
    auth = context.settings.auth.model_copy(update={"username": "another"})
    other = with_settings(context, context.settings.model_copy(update={"auth": auth}))
    async with served(targets_of(a=other), queue) as service:
        last = await ended(service, waiting)

    assert [first.exit_code, last.exit_code] == [6, 0]


async def test_a_resume_lets_the_target_go_on(context: RunContext, crm: Guarded, queue: MemoryQueue) -> None:
    """A person who resumes a run tries the credentials again; if they are right, the others follow."""
    async with served(targets_of(a=context), queue) as service:
        first = await ended(service, await submit(service, range(1, 3)))
        waiting = await submit(service, range(3, 5))
        await paused(service)
        crm.is_closed = False
        asked = await ask(service, JobCommand.RESUME, first, fingerprint_of(str(first.run_id), context))
        resumed, last = await ended(service, asked), await ended(service, waiting)

    assert [resumed.run_id, resumed.exit_code, last.exit_code] == [first.run_id, 0, 0]


async def test_a_disk_that_fails_is_tried_again(
    context: RunContext, crm: Guarded, queue: MemoryQueue
) -> None:
    """No job is lost, and none is taken in meanwhile; with a disk that works again, all goes on."""
    crm.is_closed = False
    queue.fault = StateFault("the disk is full")
    service = Service(targets_of(a=context), queue)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(service.run)
        async for _ in service.live.watch():
            if service.trouble != "starting":
                break
        trouble = service.trouble
        with pytest.raises(Unavailable):
            await submit(service, range(1, 3))
        queue.fault = None
        service.wake("a")
        async for _ in service.live.watch():
            if service.trouble is None:
                break
        job = await ended(service, await submit(service, range(1, 3)))
        tasks.cancel_scope.cancel()

    assert (trouble, job.exit_code) == ("disk", 0)


async def test_a_full_disk_is_seen_by_who_hands_a_job_in(
    context: RunContext, crm: Guarded, queue: MemoryQueue
) -> None:
    """A job that could not be stored is trouble with the disk, until it takes something again."""
    crm.is_closed = False
    async with served(targets_of(a=context), queue) as service:
        queue.is_full = True
        with pytest.raises(OSError, match="No space"):
            await service.submit(NewJob(target="a", command=JobCommand.RUN, way=JobWay.HTTP), None)
        while_full = service.trouble
        queue.is_full = False
        service.wake("a")
        async for _ in service.live.watch():
            if service.trouble is None:
                break
        job = await ended(service, await submit(service, range(1, 3)))

    assert (while_full, job.exit_code) == ("disk", 0)


async def test_a_disk_that_takes_no_runs(context: RunContext, crm: Guarded, queue: MemoryQueue) -> None:
    """The queue takes jobs, but no target can work."""
    crm.is_closed = False
    runs = context.archive.runs
    runs.parent.mkdir()
    runs.touch()
    async with served(targets_of(a=context), queue) as service:
        job = await submit(service, range(1, 3))
        why = await paused(service)
        trouble = service.trouble
        runs.unlink()
        await service.reload()
        later = await submit(service, range(3, 5))
        ended_jobs = [await ended(service, each) for each in (job, later)]

    assert (why, trouble) == (JobTrouble.DISK, "disk")
    assert [each.exit_code for each in ended_jobs] == [0, 0]


async def test_a_fault_that_is_over_is_no_trouble(context: RunContext, queue: MemoryQueue) -> None:
    """The service finds out at once, without waiting for the next job."""
    async with served(targets_of(a=context), queue) as service:
        service.note_disk(OSError("a form that cannot be read"))
        async for _ in service.live.watch():
            if service.trouble is None:
                break


async def test_an_ending_waits_for_the_disk(context: RunContext, crm: Guarded, queue: MemoryQueue) -> None:
    """What the run did is in its journal; the queue hears of it as soon as it can."""
    crm.is_closed = False
    async with served(targets_of(a=context), queue) as service:
        queue.endings_to_refuse = 1
        job = await ended(service, await submit(service, range(1, 3)))

    assert (job.exit_code, queue.endings_to_refuse) == (0, 0)


async def test_no_more_runs_than_there_are_places(tmp_path: Path) -> None:
    """serve.runs side by side; the next target's job begins when one has ended."""
    async with AsyncExitStack() as opened:
        crms = [Stalling(range(1, 3)) for _ in range(3)]
        servers = [await opened.enter_async_context(raw_server(otherwise=crm)) for crm in crms]
        contexts = {
            name: context_for(up.url, tmp_path / "state", name, serve={"runs": 2})
            for name, up in zip("abc", servers, strict=True)
        }
        service = await opened.enter_async_context(served(targets_of(**contexts), MemoryQueue(tmp_path)))
        jobs = [await submit(service, range(1, 3), name) for name in "abc"]
        await crms[0].is_asked.wait()
        await crms[1].is_asked.wait()
        at_work = [live.target for live in service.live.current()]
        crms[0].may_answer.set()
        await crms[2].is_asked.wait()
        for crm in crms:
            crm.may_answer.set()
        codes = [(await ended(service, job)).exit_code for job in jobs]

    assert (sorted(at_work), codes) == (["a", "b"], [0, 0, 0])
