"""Messages about hosted jobs: sent beside the work, with a link to the run's page."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.clock import now
from presence_worker.errors import UsageFault
from presence_worker.notify.compose import news_without_run
from presence_worker.notify.notification_store import NotificationStore
from presence_worker.notify.notifier import Notifier
from presence_worker.queue.folder_queue import FolderQueue
from presence_worker.run_context import RunContext
from presence_worker.run_states import JobCommand
from presence_worker.runs.fingerprint import fingerprint_of
from presence_worker.sandbox import People, serve
from presence_worker.serve.messenger import Messenger
from presence_worker.serve.served_targets import LoadedTargets, ServedTargets
from tests.raw_server import Peer, RawServer, Request, answer, raw_server

from .given import ask, context_for, ended, served, submit, targets_of
from .memory_queue import MemoryQueue
from .stalling import Stalling
from .test_restart import kill_run

pytestmark = pytest.mark.anyio
URL = "https://presence.example.com"


class Inbox:
    """Owns the messages that a webhook has received."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.has_come = anyio.Event()

    async def __call__(self, peer: Peer, request: Request) -> None:
        self.messages.append(json.loads(request.body))
        await answer(200)(peer, request)
        self.has_come.set()

    async def next(self) -> dict[str, Any]:
        """Wait for one message more."""
        await self.has_come.wait()
        self.has_come = anyio.Event()
        return self.messages[-1]


@pytest.fixture
async def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def receiver(inbox: Inbox) -> AsyncIterator[RawServer]:
    async with raw_server(otherwise=inbox) as server:
        yield server


def context_with(receiver: RawServer, url: str, state: Path, **sections: Any) -> RunContext:
    notify = {"on": "all", "webhook": [{"url": f"{receiver.url}/hook"}], **sections.pop("notify", {})}
    return context_for(url, state, "a", notify=notify, serve={"public_url": URL}, **sections)


async def test_an_ending_is_sent_with_its_link(inbox: Inbox, receiver: RawServer, tmp_path: Path) -> None:
    """One message for each ending; a plan that waits for nobody is not worth one."""
    async with serve(People(5)) as up:
        context = context_with(receiver, up.url, tmp_path / "state")
        async with served(targets_of(a=context), MemoryQueue(tmp_path / "queue")) as service:
            await ended(service, await submit(service, range(1, 3), command=JobCommand.PLAN))
            job = await ended(service, await submit(service, range(1, 3)))
            message = await inbox.next()

    assert (message["run_id"], message["state"], message["exit_code"]) == (job.run_id, "finished", 0)
    assert (message["target"], message["link"]) == ("a", f"{URL}/runs/{job.run_id}")
    assert len(inbox.messages) == 1


async def test_a_receiver_that_hangs_holds_nothing_up(tmp_path: Path) -> None:
    """The next job of the target begins, and ends, before the message about the first one is sent."""
    heard, may_answer = anyio.Event(), anyio.Event()

    async def hang(peer: Peer, request: Request) -> None:
        heard.set()
        await may_answer.wait()
        await answer(200)(peer, request)

    async with serve(People(5)) as up, raw_server(otherwise=hang) as receiver:
        context = context_with(receiver, up.url, tmp_path / "state")
        async with served(targets_of(a=context), MemoryQueue(tmp_path / "queue")) as service:
            await submit(service, range(1, 3))
            await heard.wait()
            job = await ended(service, await submit(service, range(1, 3)))
            may_answer.set()

    assert job.exit_code == 0


async def test_a_job_that_cannot_begin_is_reported(inbox: Inbox, receiver: RawServer, tmp_path: Path) -> None:
    """Such as an `apply` that comes too late: no run has ended, but a person waits for one."""
    async with serve(People(5)) as up:
        old = {"safety": {"max_resume_age": 0.000001}}
        context = context_with(receiver, up.url, tmp_path / "state", **old)
        async with served(targets_of(a=context), MemoryQueue(tmp_path / "queue")) as service:
            plan = await ended(service, await submit(service, range(1, 3), command=JobCommand.PLAN))
            seen = fingerprint_of(str(plan.run_id), context)
            job = await ended(service, await ask(service, JobCommand.APPLY, plan, seen))
            message = await inbox.next()

    assert (job.exit_code, job.run_id) == (2, plan.run_id)
    assert (message["exit_code"], message["run_id"]) == (2, None)


async def test_what_was_not_queued_can_be_reported(inbox: Inbox, receiver: RawServer, tmp_path: Path) -> None:
    """Such as a job of the schedule whose time was missed."""
    context = context_with(receiver, "http://127.0.0.1:9", tmp_path / "state")
    async with served(targets_of(a=context), MemoryQueue(tmp_path / "queue")) as service:
        service.report("a", 6, "stopped")
        message = await inbox.next()

    assert (message["target"], message["run_id"], message["exit_code"]) == ("a", None, 6)


async def test_a_late_job_is_reported_once(inbox: Inbox, receiver: RawServer, tmp_path: Path) -> None:
    """Each round looks for late jobs; the same one is not sent, and not counted, again and again."""
    context = context_with(receiver, "http://127.0.0.1:9", tmp_path / "s", report={"expected_every": 0.001})
    loaded, messenger = targets_of(a=context).loaded, Messenger()
    async with messenger.working():
        for _ in range(3):
            await asyncio.wrap_future(messenger.send_waiting(loaded))
    with closing(NotificationStore.open(context.archive.state_dir, 1.0)) as store:
        memory = store.last_trouble("a", "webhook")

    assert [message["state"] for message in inbox.messages] == ["late"]
    assert memory
    assert memory.kept_back == 0


async def test_a_message_that_was_not_delivered_goes_out_later(
    inbox: Inbox, receiver: RawServer, tmp_path: Path
) -> None:
    """The service tries the outbox again in each round."""
    context = context_with(receiver, "http://127.0.0.1:9", tmp_path / "s")
    loaded, messenger = targets_of(a=context).loaded, Messenger()
    with closing(NotificationStore.open(context.archive.state_dir, 1.0)) as store:
        Notifier(context, store).report(news_without_run("a", 2, "refused", None, now()))
    async with messenger.working():
        await asyncio.wrap_future(messenger.send_waiting(loaded))

    assert [message["exit_code"] for message in inbox.messages] == [2]


class Ending(Inbox):
    """Owns what a dead man's switch and a webhook hear while a service ends, and while the next one works."""

    def __init__(self) -> None:
        super().__init__()
        self.pings: list[str] = []

    async def __call__(self, peer: Peer, request: Request) -> None:
        if request.path == "/hook":
            await super().__call__(peer, request)
        else:
            self.pings.append(request.path.partition("?")[0])
            await answer(200)(peer, request)


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_run_that_the_service_goes_on_with(tmp_path: Path, *, is_killed: bool) -> None:
    """Nobody hears of it until its later ending: neither when the service ends, nor when the next begins."""
    crm, heard = Stalling(range(1, 11)), Ending()
    async with raw_server(otherwise=crm) as server, raw_server(otherwise=heard) as receiver:
        notify = {"ping": [{"url": f"{receiver.url}/ping"}]}
        slow = {"concurrency": 1, "probe_interval": 0.01, "outage_patience": 0.1}
        context = context_with(receiver, server.url, tmp_path / "state", notify=notify, delivery=slow)
        queue = FolderQueue(context.archive.state_dir)
        async with served(targets_of(a=context), queue) as service:
            job = await submit(service, range(1, 11))
            await crm.is_asked.wait()
            crm.may_answer.set()
        left = queue.find(job.id)
        if is_killed and left:
            kill_run(left, context)
        before, pinged = [*heard.messages], [*heard.pings]
        await send_waiting(context)  # as `notify --late` of another program does
        async with served(targets_of(a=context), queue) as service:
            await ended(service, job)
            message = await heard.next()

    assert (before, pinged) == ([], ["/ping/start"])
    assert [message["state"] for message in heard.messages] == ["finished"] == [message["state"]]
    assert set(heard.pings) == {"/ping/start", "/ping/0"}


async def send_waiting(context: RunContext) -> None:
    messenger = Messenger()
    async with messenger.working():
        await asyncio.wrap_future(messenger.send_waiting(targets_of(a=context).loaded))


async def test_a_run_that_is_given_up_is_reported(tmp_path: Path, inbox: Inbox, receiver: RawServer) -> None:
    """Also where the service was killed before it could send it."""
    crm = Stalling(range(1, 11))
    async with raw_server(otherwise=crm) as server:
        slow = {"concurrency": 1, "probe_interval": 0.01, "outage_patience": 0.1}
        context = context_with(receiver, server.url, tmp_path / "state", delivery=slow)
        queue = FolderQueue(context.archive.state_dir)
        async with served(targets_of(a=context), queue) as service:
            job = await submit(service, range(1, 11))
            await crm.is_asked.wait()
            crm.may_answer.set()
        left = queue.end(job.id, run_id=None, exit_code=1, headline="It died.", has_failed=True)
        kill_run(left, context)
        await send_waiting(context)

    assert [(each["state"], each["exit_code"]) for each in inbox.messages] == [("stopped", 1)]


async def test_a_configuration_that_is_broken(inbox: Inbox, receiver: RawServer, tmp_path: Path) -> None:
    """The channels of the old one say it, once, until it is correct again."""
    context = context_with(receiver, "http://127.0.0.1:9", tmp_path / "state")
    targets = targets_of(a=context)
    good, is_broken = targets.loaded, False

    def load() -> LoadedTargets:
        if is_broken:
            raise UsageFault("line 5")
        return good

    targets = ServedTargets(load)
    async with served(targets, MemoryQueue(tmp_path / "queue")) as service:
        is_broken = True
        await service.reload()
        message = await inbox.next()
        await service.reload()
        service.report("a", 6, "stopped", "the next one")
        await inbox.next()

    assert (message["exit_code"], message["headline"][:32]) == (2, "The configuration has an error. ")
    assert [each["exit_code"] for each in inbox.messages] == [2, 6]
