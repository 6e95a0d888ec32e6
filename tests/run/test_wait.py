"""`--wait`: a run waits while another one is at work on its target, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker import clock
from presence_worker.errors import Locked, Terminated
from presence_worker.events import Event, Queued, RunStarted
from presence_worker.journal import target_lock
from presence_worker.run.commands import run_job
from presence_worker.run.prepare import Turn
from presence_worker.run.session import deadline
from tests.conftest import VIRTUAL_TIME
from tests.raw_server import raw_server

from .crm import Crm, here
from .given import Worker, away, next_words, write_csv
from .test_hosted import Host

pytestmark = pytest.mark.anyio
HOUR = 3600.0


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with raw_server(otherwise=Crm(here(range(1, 4)))) as server:
        yield Host(tmp_path / "host", server.url)


async def run_beside(host: Host, wait: float, held: float | None = None) -> Any:
    """Run a job while another run holds the target, for so many seconds or all the time."""
    write_csv(host.job, away([1, 2, 3]))
    with ExitStack() as stack:
        stack.enter_context(target_lock(host.context.target, host.context.archive.state_dir))

        def on_event(event: Event) -> None:
            if held and isinstance(event, Queued):
                asyncio.get_running_loop().call_later(held, stack.close)

        host.on_event = on_event
        return await run_job(str(host.job), host.context, wait=wait)


async def test_it_begins_as_soon_as_the_other_one_has_ended(host: Host) -> None:
    """Whoever watches learns first that it waits, and until when."""
    summary = await run_beside(host, held=600, wait=HOUR)

    assert summary.exit_code == 0
    assert 600 <= anyio.current_time() < 610
    kinds = [type(event) for event in host.events]
    assert (kinds[:2], kinds.count(Queued)) == ([Queued, RunStarted], 1)
    queued = host.events[0]
    assert isinstance(queued, Queued)
    left = (queued.until - datetime.now(UTC)).total_seconds()
    assert left == pytest.approx(HOUR, abs=60)


async def test_it_gives_up_in_time(host: Host) -> None:
    """Exit 7 then, as without waiting; nothing is left behind."""
    with pytest.raises(Locked, match="waited 5 min, but another run is at work"):
        await run_beside(host, wait=300)

    assert anyio.current_time() == pytest.approx(300, abs=1)
    assert list(host.runs.iterdir()) == []


async def test_a_deadline_that_comes_before_ends_the_waiting(host: Host) -> None:
    """A run that could not send anything any more does not begin."""
    settings = host.context.settings
    delivery = settings.delivery.model_copy(update={"deadline": 60.0})
    host.context = replace(host.context, settings=settings.model_copy(update={"delivery": delivery}))

    with pytest.raises(Locked):
        await run_beside(host, wait=HOUR)

    assert anyio.current_time() == pytest.approx(60, abs=1)


async def test_it_can_be_stopped(host: Host) -> None:
    """A signal ends the waiting at once."""
    asyncio.get_running_loop().call_later(10, host.shutdown.request, Terminated, "a signal")

    with pytest.raises(Terminated, match="stopped by a signal before anything was sent"):
        await run_beside(host, wait=HOUR)

    assert anyio.current_time() == pytest.approx(10, abs=1)


async def test_it_works_on_the_day_on_which_it_begins(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight may pass while it waits."""
    began = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(seconds=anyio.current_time()))
    settings = host.context.settings
    oslo = settings.input.model_copy(update={"timezone": "Europe/Oslo"})
    turn = Turn(replace(host.context, settings=settings.model_copy(update={"input": oslo})), HOUR)

    before = turn.context()
    while anyio.current_time() < 120:
        await turn.wait(Locked("at work"))
    after = turn.context()

    assert (before.day, before.waited) == (date(2026, 12, 1), 0)
    assert (after.day, after.waited) == (date(2026, 12, 2), 120)


def test_a_deadline_does_not_move() -> None:
    """It counts from when the run was called, not from when its turn came."""
    left = deadline(HOUR, lambda: 1000.0, 600.0)

    assert left() == HOUR - 600


def test_the_same_command_waits_again(worker: Worker) -> None:
    """What is printed after exit 7 has the option; without it nothing is waited for."""
    path = write_csv(worker.folder / "job.csv", away([1]))
    with target_lock(worker.url, worker.state):
        ended = worker("run", path, "--wait", "0.1s")

    assert ended.code == 7
    assert ended.summary["message"].startswith("waited ")
    assert "--wait" in next_words(ended)
    assert [event["target"] for event in ended.events if event["event"] == "run.queued"] == [worker.url]


@pytest.mark.parametrize("words", ["soon", "-5", "nan"])
def test_what_is_no_duration_is_refused(words: str, worker: Worker) -> None:
    """With what is expected."""
    ended = worker("run", "job.csv", "--wait", words)

    assert (ended.code, next_words(ended)) == (2, ["run", "--help"])
    assert ended.summary["message"].startswith("option --wait: must be seconds, or a number with ms")
