"""Jobs of targets that several machines work for: whose turn it is, and what another machine has."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import _GeneratorContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs

from presence_worker.errors import DatabaseAway, LeaseLost, Locked, PresenceWorkerError
from presence_worker.fleet.member import FleetMember
from presence_worker.journal import Archive, Lease
from presence_worker.queue.job_queue import JobState, NewJob, QueuedJob
from presence_worker.run_states import JobCommand, JobWay
from presence_worker.serve.service import Service
from presence_worker.settings.fleet import Fleet
from tests.conftest import VIRTUAL_TIME

from .given import context_for, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


class GivenTurns:
    """Owns which turns are here, and how they were given back."""

    def __init__(self, *targets: str) -> None:
        self.targets = {*targets}
        self.given_back: list[tuple[str, float | None]] = []
        self.gave = anyio.Event()
        self.wake: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def work(self, wake: Callable[[], None]) -> AsyncIterator[None]:
        self.wake = wake
        yield

    def here(self) -> frozenset[str]:
        return frozenset(self.targets)

    def give_back(self, target: str, again: float | None = None) -> None:
        if target in self.targets:
            self.targets.remove(target)
            self.given_back.append((target, again))
            self.gave.set()

    def stop(self) -> None:
        pass

    def grant(self, target: str) -> None:
        self.targets.add(target)
        self.wake()


class ArchiveThatFails(Archive):
    """An archive whose targets cannot be held, and whose runs cannot be fetched."""

    def __init__(self, state_dir: Path, fault: PresenceWorkerError) -> None:
        super().__init__(state_dir)
        self.fault = fault
        self.tries = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def hold_target(self, *_: object) -> _GeneratorContextManager[Lease]:
        self.tries += 1
        self.meanwhile()
        raise self.fault

    def fetch(self, *_: object, **__: object) -> None:
        self.tries += 1
        raise self.fault


class Machine:
    """Owns a service, its turns, and what its archive says."""

    def __init__(self, folder: Path, fault: PresenceWorkerError, *turns: str) -> None:
        self.queue, self.turns = MemoryQueue(folder), GivenTurns(*turns)
        self.archive = ArchiveThatFails(folder / "state", fault)
        contexts = {
            name: replace(
                context_for("http://127.0.0.1:9", folder / "state", name),
                fleet=FleetMember(Fleet()),
                archive=self.archive,
            )
            for name in ("a", "b")
        }
        self.service = Service(targets_of(**contexts), self.queue, turns=self.turns)

    def put(self, target: str = "a") -> QueuedJob:
        """Let a job wait."""
        with self.queue.receive() as folder:
            (folder / "content").write_bytes(b"associateId,status,message\n1,StatusAway,x\n")
            new = NewJob(target=target, command=JobCommand.RUN, way=JobWay.HTTP, file_name="job.csv")
            return self.queue.put(new, folder / "content")[0]

    def put_left_over(self) -> QueuedJob:
        """Let a job be at work that another machine has begun."""
        job = self.put()
        self.queue.begin(job.id, "20261130T000000Z-0001")
        (self.archive.runs / "20261130T000000Z-0001").mkdir(parents=True)
        return self.job(job)

    def job(self, job: QueuedJob) -> QueuedJob:
        return self.queue.by_id[job.id]

    async def work(self) -> None:
        """Let the service work until the first turn was given back, and a while longer."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.service.run)
            await self.turns.gave.wait()
            await anyio.sleep(3)
            tasks.cancel_scope.cancel()


async def test_a_job_begins_in_its_turn(tmp_path: Path) -> None:
    """The jobs of other targets wait for theirs, and a turn without a job is given back."""
    machine = Machine(tmp_path, Locked("busy"), "b")
    machine.put("a")

    await machine.work()

    assert (machine.archive.tries, machine.turns.given_back) == (0, [("b", None)])


async def test_a_busy_target_has_its_turn_again_soon(tmp_path: Path) -> None:
    """The job waits, as it did before; no death is counted."""
    machine = Machine(tmp_path, Locked("busy"), "a")
    job = machine.put()

    await machine.work()

    found = machine.job(job)
    assert (found.state, found.deaths) == (JobState.WAITING, 0)
    ((target, again),) = machine.turns.given_back
    assert target == "a"
    assert again is not None
    assert 0 < again <= 5


@pytest.mark.parametrize("fault", [Locked("another machine"), DatabaseAway("gone")])
async def test_what_another_machine_works_on_stays_as_it_is(
    tmp_path: Path, fault: PresenceWorkerError
) -> None:
    """Its turn came here by mistake: neither is the job let go of, nor is a death counted."""
    machine = Machine(tmp_path, fault, "a")
    job = machine.put_left_over()

    await machine.work()

    assert machine.archive.tries
    assert machine.job(job) == job


@pytest.mark.parametrize("is_over", [True, False])
async def test_what_another_machine_has_begun_meanwhile_stays_as_it_is(
    tmp_path: Path, *, is_over: bool
) -> None:
    """We were away after our turn began: it has a run of that machine, or is over."""
    machine = Machine(tmp_path, Locked("another machine"), "a")
    job = machine.put()

    def work_elsewhere() -> None:
        machine.queue.begin(job.id, "20261130T000000Z-0001")
        if is_over:
            machine.queue.end(job.id, run_id=None, exit_code=0, headline="done")

    machine.archive.meanwhile = work_elsewhere

    with capture_logs() as logged:
        await machine.work()

    found = machine.job(job)
    assert (found.state, found.run_id) == (
        JobState.ENDED if is_over else JobState.WORKING,
        "20261130T000000Z-0001",
    )
    assert "job.crashed" not in [event["event"] for event in logged]


async def test_a_lost_job_is_dropped(tmp_path: Path) -> None:
    """Another machine goes on: here it is neither ended nor begun again, and its turn is over."""
    machine = Machine(tmp_path, LeaseLost("another machine"), "a")
    job = machine.put()

    await machine.work()

    found = machine.job(job)
    assert (found.state, found.exit_code, found.deaths) == (JobState.WORKING, None, 0)
    assert (machine.archive.tries, machine.turns.given_back) == (1, [("a", None)])
    assert not machine.service.pauses


async def test_without_the_database_a_job_waits(tmp_path: Path) -> None:
    """It is not used up, and goes on by itself a few seconds later."""
    machine = Machine(tmp_path, DatabaseAway("gone"), "a")
    job = machine.put()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(machine.service.run)
        await machine.turns.gave.wait()
        first, (pause,) = machine.job(job).state, machine.service.pauses.values()
        machine.turns.gave = anyio.Event()
        await anyio.sleep(5)
        machine.turns.grant("a")
        await machine.turns.gave.wait()
        tasks.cancel_scope.cancel()

    assert (first, pause.trouble) == (JobState.WAITING, "database")
    assert machine.archive.tries == 2
