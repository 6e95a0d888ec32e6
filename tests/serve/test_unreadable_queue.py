"""A queue that cannot be read for a while ends nothing: the service says why, and goes on by itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.errors import DatabaseAway, StateFault, UsageFault
from presence_worker.serve.inboxes import watch_inboxes
from presence_worker.serve.service import Service
from presence_worker.serve.service_notes import REFUSED
from presence_worker.serve.target_pauses import TargetPauses
from tests.conftest import VIRTUAL_TIME

from .given import context_for, served, targets_of
from .memory_queue import MemoryQueue

pytestmark = pytest.mark.anyio
A_WHILE = 10.0  # seconds in which the queue is read again
AWAY = DatabaseAway("the database of fleet.database cannot be reached")


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


class Queue(MemoryQueue):
    """A queue that may be unable to forget."""

    may_forget = True

    def forget(self, name: str) -> None:
        if not self.may_forget:
            raise AWAY
        super().forget(name)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue(tmp_path / "queue")


@pytest.fixture
def service(queue: Queue, tmp_path: Path) -> Service:
    return Service(targets_of(a=context_for("http://127.0.0.1:9", tmp_path)), queue)


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (UsageFault("fleet.encryption_key_file: none of its keys fits"), "configuration"),
        (StateFault("the queue is broken"), "disk"),
        (AWAY, "database"),
    ],
)
async def test_it_waits_until_the_queue_can_be_read(
    queue: Queue, service: Service, fault: Exception, trouble: str
) -> None:
    """The same at the start and later, also with the folders that jobs come from."""
    troubles = []
    async with anyio.create_task_group() as tasks:
        queue.fault = fault
        tasks.start_soon(service.run)
        tasks.start_soon(watch_inboxes, service)
        for found in (fault, None, fault, None):
            queue.fault = found
            service.wake("a")
            await anyio.sleep(A_WHILE)
            troubles.append(service.trouble)
        tasks.cancel_scope.cancel()

    assert troubles == [trouble, None, trouble, None]


async def test_a_reload_without_the_database(
    queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a target waits for credentials, that cannot be noted; the service goes on."""
    queue.remember(REFUSED + "a", "run-1")
    monkeypatch.setattr(TargetPauses, "_are_corrected", lambda *_: False)
    async with served(targets_of(a=context_for("http://127.0.0.1:9", tmp_path)), queue) as service:
        queue.may_forget, queue.fault = False, AWAY

        await service.reload()
        while_away = service.trouble
        queue.may_forget, queue.fault = True, None
        await anyio.sleep(A_WHILE)
        later = service.trouble

    assert (while_away, later) == ("database", None)
