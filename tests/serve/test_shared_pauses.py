"""Refused credentials are known to all machines before any of them signs in again: in virtual time."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.fleet.member import FleetMember
from presence_worker.queue.job_queue import JobQueue
from presence_worker.serve.live_runs import LiveRuns
from presence_worker.serve.messenger import Messenger
from presence_worker.serve.service_notes import ServiceNotes
from presence_worker.serve.target_pauses import TargetPauses
from presence_worker.settings.fleet import Fleet
from tests.conftest import VIRTUAL_TIME

from .given import context_for, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


class Machine(TargetPauses):
    """Owns the pauses of a machine whose secret is said to be right or wrong."""

    def __init__(self, queue: JobQueue, state: Path, *, is_right: bool) -> None:
        context = replace(context_for("http://127.0.0.1:9", state), fleet=FleetMember(Fleet()))
        super().__init__(targets_of(a=context), ServiceNotes(queue), Messenger(), LiveRuns())
        self.is_right = is_right

    def _are_corrected(self, target: str, run_id: str | None) -> bool:  # noqa: ARG002 - it is said above
        return self.is_right

    async def waits(self) -> bool:
        """Give whether jobs of the target wait here, after a round."""
        await self.read()
        await self.find_corrected()
        return "a" in self.each


Start = Callable[..., Machine]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    queue = MemoryQueue(tmp_path)
    return lambda *, is_right=False: Machine(queue, tmp_path, is_right=is_right)


async def test_all_machines_wait(start: Start) -> None:
    """Also one that begins to work later: three wrong passwords lock an account."""
    first, second = start(), start()
    await second.waits()

    await first.note_refused("a", "run-1", "refused")

    assert [await first.waits(), await second.waits(), await start().waits()] == [True] * 3


async def test_a_machine_with_other_secrets_goes_on(start: Start) -> None:
    """It does not free those that have the wrong ones."""
    wrong, right, third = start(), start(is_right=True), start()
    await wrong.note_refused("a", "run-1", "refused")

    assert [await right.waits(), await third.waits(), await wrong.waits()] == [False, True, True]
    assert not await right.waits()


async def test_it_is_asked_again_about_another_run(start: Start) -> None:
    """Its secrets may be those that were refused the next time."""
    wrong, right = start(), start(is_right=True)
    await wrong.note_refused("a", "run-1", "refused")
    assert not await right.waits()

    await wrong.note_refused("a", "run-2", "refused")
    right.is_right = False

    assert await right.waits()


async def test_what_is_corrected_on_one_is_tried_by_all(start: Start) -> None:
    """A secret that was wrong, and is another one now, frees the target everywhere."""
    first, second = start(), start()
    await first.note_refused("a", "run-1", "refused")
    assert await second.waits()

    first.is_right = True
    await anyio.sleep(60)

    assert [await first.waits(), await second.waits()] == [False, False]


async def test_a_person_frees_it_for_all(start: Start) -> None:
    """A reload on one machine, or a resume that signed in, is known to the others at their next round."""
    first, second = start(), start()
    await first.note_refused("a", "run-1", "refused")
    assert await second.waits()

    await second.end_after("a", 0)

    assert [await first.waits(), await second.waits()] == [False, False]
