"""A folder and a service that works: HR drops files, and reads the answers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import pytest

from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.run.commands import answer_hr
from presence_worker.sandbox import People, serve
from presence_worker.serve.inboxes import watch_inboxes
from presence_worker.serve.served_targets import LoadedTargets, ServedTargets
from presence_worker.serve.service import Service
from presence_worker.settings.serve import Inbox, Serve
from tests.serve.given import context_for, served

T = TypeVar("T")
pytestmark = pytest.mark.anyio
REASON = "Burnout"  # of an absence: personal
GOOD = f"associateId,status,message\n12,StatusNotAvailable,{REASON}\n"
WRONG = "a picture"


class Hr:
    """Owns the folders of a service's configuration."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.inboxes: list[Inbox] = []

    def open(self, name: str) -> Path:
        """Have this folder alone from now on."""
        folder = self.home / name
        folder.mkdir()
        self.inboxes = [Inbox(folder=folder, every=0.01)]
        return folder

    def targets(self, url: str) -> ServedTargets:
        """Give the targets with the folders as they are when the configuration is read."""
        context = context_for(url, self.home / "state")

        def load() -> LoadedTargets:
            settings = Serve(inbox=self.inboxes)
            return LoadedTargets(each={"a": context}, broken={}, common=context, serve=settings)

        return ServedTargets(load)


@asynccontextmanager
async def watched(hr: Hr) -> AsyncIterator[Service]:
    """A service with a target in the sandbox, and folders."""
    queue = FolderQueue(hr.home / "state")
    async with (
        serve(People()) as sandbox,
        served(hr.targets(sandbox.url), queue) as service,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(watch_inboxes, service)
        yield service
        tasks.cancel_scope.cancel()


async def seen(look: Callable[[], Sequence[T]]) -> T:
    """Wait until there is something; give it."""
    with anyio.fail_after(60):
        while not (found := look()):  # noqa: ASYNC110 - a folder has no events
            await anyio.sleep(0.01)
    return found[0]


def answers(folder: Path) -> Sequence[Path]:
    return [*folder.rglob("[!.]*.result.txt")]


async def test_hr_reads_what_was_done(tmp_path: Path) -> None:
    """The answer is what `report --as text` says. It has no reason of an absence."""
    hr = Hr(tmp_path)
    folder = hr.open("hr")
    async with watched(hr) as service:
        (folder / "leave.csv").write_text(GOOD)

        answer = await seen(lambda: answers(folder))

        run_id = answer.parent.name
        lines = answer_hr(run_id, service.targets.context("a"))
    assert answer.relative_to(folder) == Path("done", run_id, "leave.csv.result.txt")
    assert answer.read_text().splitlines() == lines
    assert "leave.csv" in lines[0]
    assert REASON not in answer.read_text()
    assert (answer.parent / "leave.csv").read_text() == GOOD


async def test_hr_reads_why_a_file_was_refused(tmp_path: Path) -> None:
    """A file that cannot be read goes to the other folder."""
    hr = Hr(tmp_path)
    folder = hr.open("hr")
    async with watched(hr):
        (folder / "leave.csv").write_text(WRONG)

        answer = await seen(lambda: answers(folder))

    assert answer.parent.parent == folder / "refused"
    assert "Your file was not used, and nothing was changed." in answer.read_text()


async def test_a_folder_is_added_later(tmp_path: Path) -> None:
    """A configuration that is read again may have other folders; what was taken is still answered."""
    hr = Hr(tmp_path)
    old = hr.open("old")
    async with watched(hr) as service:
        (old / "leave.csv").write_text(GOOD)
        await seen(service.queue.jobs)
        new = hr.open("new")
        await service.reload()
        (new / "leave.csv").write_text(GOOD)

        found = [await seen(partial(answers, folder)) for folder in (old, new)]

    assert [answer.parent.parent.name for answer in found] == ["done", "done"]
