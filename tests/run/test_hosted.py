"""Hosted: any program runs jobs in its own event loop, watches them, and tells them to stop."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from presence_worker.errors import Terminated
from presence_worker.events import (
    Activity,
    DeliveryEnded,
    DeliveryStarted,
    Event,
    RowRead,
    RowSettled,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
)
from presence_worker.journal import Archive
from presence_worker.model import Result
from presence_worker.run.commands import resume_run, run_job
from presence_worker.run_context import RunContext
from presence_worker.run_states import Intent, State
from presence_worker.sandbox import People, serve
from presence_worker.settings import Settings
from presence_worker.shutdown import Shutdown
from presence_worker.superoffice import open_client, target_name
from tests.raw_server import Act, Peer, Request, answer, raw_server

from .crm import Crm
from .given import away, write_csv

pytestmark = pytest.mark.anyio
ROWS = 40
LONGEST_GAP = 2.0  # seconds, on the slowest machine; tests/benchmarks measures the figure itself
SIGNALS = (signal.SIGINT, signal.SIGTERM)
WAY = [
    RunStarted,
    DeliveryStarted,
    StepStarted,
    StepEnded,
    StepStarted,
    StepEnded,
    DeliveryEnded,
    RunEnded,
]


class Host:
    """Owns a state directory and a job: runs it as a program does that has other things to do."""

    def __init__(self, folder: Path, url: str, **delivery: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.job = folder / "job.csv"
        self.shutdown = Shutdown()
        self.events: list[Event] = []
        self.on_event: Callable[[Event], None] = lambda _: None
        settings = Settings(
            target={"base_url": url},
            auth={"username": "host", "password": "any"},
            delivery={"rate": 100_000, **delivery},
            safety={"max_changes": "none"},
            storage={"state_dir": folder / "state"},
        )
        self.runs = folder / "state" / "runs"
        self.context = RunContext(
            settings=settings,
            day=date(2026, 12, 1),
            archive=Archive(settings.storage.state_dir),
            target=target_name(settings.target, settings.auth.login_url),
            options=(),
            input_options=(),
            open_service=partial(open_client, settings),
            subscriber=self._hear,
            shutdown=self.shutdown,
        )

    async def run(self, rows: int = ROWS, intent: Intent = Intent.RUN) -> Any:
        write_csv(self.job, away(range(1, rows + 1)))
        return await run_job(str(self.job), self.context, intent=intent)

    async def resume(self) -> Any:
        """Resume as the next process does."""
        self.shutdown = Shutdown()
        return await resume_run(None, replace(self.context, shutdown=self.shutdown), any_age=False)

    def stop(self) -> None:
        self.shutdown.request(Terminated, "the host")

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def kinds(self) -> Sequence[type[Event]]:
        """Return the kinds of events that were heard, without those of single rows."""
        return [type(event) for event in self.events if type(event) in WAY]


@asynccontextmanager
async def crm_up(crm: Crm) -> AsyncIterator[str]:
    async with raw_server(otherwise=crm) as server:
        yield server.url


def present(rows: int = ROWS) -> Crm:
    return Crm(dict.fromkeys(range(1, rows + 1), ("StatusNormal", "")))


async def test_two_runs_go_on_side_by_side(tmp_path: Path) -> None:
    """Two targets, one loop: each run begins before the other one ends, and each is told apart."""
    async with serve(People(ROWS)) as one, serve(People(ROWS)) as other:
        hosts = [Host(tmp_path / name, up.url) for name, up in (("a", one), ("b", other))]
        order: list[str] = []
        for host in hosts:
            host.on_event = lambda event: order.append(type(event).__name__)
        async with anyio.create_task_group() as group:
            for host in hosts:
                group.start_soon(host.run)

    for host in hosts:
        (ended,) = [event for event in host.events if isinstance(event, RunEnded)]
        settled = [event.result for event in host.events if isinstance(event, RowSettled)]
        assert (ended.state, ended.exit_code, settled) == (State.FINISHED, 0, [Result.UPDATED] * ROWS)
        assert {(event.run_id, event.target) for event in host.events} == {(ended.run_id, ended.target)}
        assert host.kinds()[:2] == WAY[:2]
        assert host.kinds()[-2:] == WAY[-2:]
    assert order.index("RunEnded") > len(order) - 1 - order[::-1].index("RunStarted")


async def test_the_loop_goes_on_beside_ten_runs(tmp_path: Path) -> None:
    """Whatever they read, store and report, whoever else works in the loop is not kept waiting."""
    gaps: list[float] = []

    async def beat() -> None:
        while True:
            before = time.monotonic()
            await anyio.sleep(0.005)
            gaps.append(time.monotonic() - before)

    async with anyio.create_task_group() as heart:
        heart.start_soon(beat)
        async with anyio.create_task_group() as group:
            for number in range(10):
                group.start_soon(_run_alone, tmp_path / str(number))
        heart.cancel_scope.cancel()

    assert max(gaps) < LONGEST_GAP


async def _run_alone(folder: Path) -> None:
    async with serve(People(500)) as up:
        summary = await Host(folder, up.url).run(500)
    assert summary.state == State.FINISHED


async def test_told_to_stop_while_the_job_is_staged(tmp_path: Path) -> None:
    """Between two rows: nothing was sent, nothing is left, and the reason says who wanted it."""
    async with crm_up(present()) as url:
        host = Host(tmp_path, url)
        host.on_event = lambda event: host.stop() if isinstance(event, RunStarted) else None

        with pytest.raises(Terminated, match=r"^stopped by the host before anything was sent$"):
            await host.run(100_000)

    assert list(host.runs.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
async def test_told_to_stop_while_nobody_writes_the_job(tmp_path: Path) -> None:
    """A thread that waits for input is left behind, but not the target: the next run need not wait for it."""
    async with crm_up(present()) as url:
        host, before = Host(tmp_path, url), set(threading.enumerate())
        os.mkfifo(host.job)
        host.on_event = lambda event: host.stop() if isinstance(event, RunStarted) else None
        with pytest.raises(Terminated):
            await run_job(str(host.job), host.context)
        left = list(host.runs.iterdir())
        next_one = Host(tmp_path, url)
        next_one.job = tmp_path / "next.csv"
        summary = await next_one.run()
        with host.job.open("w") as job:
            job.write("associateId,status\n1,Away\n")
        while any(each.daemon for each in {*threading.enumerate()} - before):  # noqa: ASYNC110 - a thread's end
            await anyio.sleep(0.005)

    assert (left, summary.state) == ([], State.FINISHED)
    assert [run.name for run in host.runs.iterdir()] == [summary.run_id]


async def test_a_host_that_cancels_its_task(tmp_path: Path) -> None:
    """It is as if the run had been told to stop; nothing is left of one that was not staged."""
    async with crm_up(present()) as url:
        host = Host(tmp_path, url)
        with anyio.CancelScope() as scope:
            host.on_event = lambda event: scope.cancel() if isinstance(event, RunStarted) else None
            await host.run(100_000)

    assert scope.cancelled_caught
    assert host.shutdown.is_requested
    assert list(host.runs.iterdir()) == []


async def test_a_host_that_cancels_its_task_may_run_again_at_once(tmp_path: Path) -> None:
    """A task that is cancelled ends when its run has let go of everything."""
    async with crm_up(present()) as url:
        host = Host(tmp_path, url)
        task = asyncio.create_task(host.run())

        def cancel(event: Event) -> None:
            if isinstance(event, StepEnded):
                task.cancel()

        host.on_event = cancel
        with pytest.raises(asyncio.CancelledError):
            await task
        host.on_event = lambda _: None

        summary = await host.resume()

    assert (summary.state, summary.exit_code) == (State.FINISHED, 0)


def stopping(host: Host, act: Act) -> Act:
    """Do *act* once the host has told its run to stop."""

    async def stop_and_act(peer: Peer, request: Request) -> None:
        host.stop()
        await act(peer, request)

    return stop_and_act


def while_users_are_read(host: Host, crm: Crm) -> None:
    crm.on_query = stopping(host, crm._page(0))  # noqa: SLF001 - what it would have answered


def while_rows_are_read(host: Host, crm: Crm) -> None:
    crm.on_get[3] = stopping(host, answer(200, b'{"Status":"StatusNormal","Message":""}'))


def while_rows_are_sent(host: Host, _: Crm) -> None:
    host.on_event = lambda event: (
        host.stop() if isinstance(event, StepStarted) and event.activity is Activity.SENDING else None
    )


def while_the_service_is_away(host: Host, crm: Crm) -> None:
    crm.on_put = stopping(host, answer(503))


@pytest.mark.parametrize("how", ["auto", "each"])
@pytest.mark.parametrize(
    "phase", [while_users_are_read, while_rows_are_read, while_rows_are_sent, while_the_service_is_away]
)
async def test_told_to_stop_in_mid_run(phase: Callable[[Host, Crm], None], how: str, tmp_path: Path) -> None:
    """The run ends in order, is stopped, and can be resumed: each row is set once, and only once."""
    crm = Crm(dict.fromkeys(range(1, ROWS + 1), ("StatusNotAvailable", "old")))
    async with raw_server(otherwise=crm) as server:
        host = Host(tmp_path, server.url, read_before=how, concurrency=2, probe_interval=3600)
        phase(host, crm)
        is_asked = not (phase is while_users_are_read and how == "each")

        stopped = await host.run()
        crm.on_query, crm.on_put = None, None
        crm.on_get.clear()
        host.on_event = lambda _: None
        if is_asked:
            resumed = await host.resume()

    if is_asked:
        assert (stopped.state, stopped.exit_code) == (State.STOPPED, Terminated.exit_code)
        assert "Stopped by the host; requests in progress were finished." in (stopped.message or "")
        assert (resumed.state, resumed.exit_code) == (State.FINISHED, 0)
    assert {message for _, message in crm.held.values()} == {f"back on {n}" for n in range(1, ROWS + 1)}


async def test_told_to_stop_while_it_is_finished(tmp_path: Path) -> None:
    """A run whose rows are all settled is about to end anyway: nothing is lost, nothing is left to do."""
    async with crm_up(present()) as url:
        host = Host(tmp_path, url)
        host.on_event = lambda event: host.stop() if isinstance(event, DeliveryEnded) else None

        summary = await host.run()

    assert (summary.state, summary.exit_code) == (State.FINISHED, 0)
    assert (tmp_path / "state" / "runs" / str(summary.run_id) / "report.html").exists()


async def test_signals_are_the_hosts(tmp_path: Path) -> None:
    """A run installs no listener, neither while it works nor afterwards."""
    before = [signal.getsignal(number) for number in SIGNALS]
    meanwhile: list[Any] = []
    async with crm_up(present()) as url:
        host = Host(tmp_path, url)
        host.on_event = lambda _: meanwhile.append([signal.getsignal(number) for number in SIGNALS])
        await host.run()

    assert all(found == before for found in meanwhile)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_loop_in_another_thread(tmp_path: Path) -> None:
    """Signals can be listened to in the main thread alone; a run needs none."""
    ends: list[State] = []

    async def host() -> None:
        async with crm_up(present()) as url:
            ends.append((await Host(tmp_path, url).run()).state)

    thread = threading.Thread(target=lambda: asyncio.run(host()))
    thread.start()
    thread.join()

    assert ends == [State.FINISHED]


async def test_a_subscriber_that_fails_does_no_harm(tmp_path: Path) -> None:
    """What was sent is written down, and the run ends as if nobody had listened."""

    def fail(event: Event) -> None:
        raise ValueError(event)

    async with crm_up(present()) as url:
        host = Host(tmp_path, url)
        host.on_event = fail
        summary = await host.run()

    assert (summary.state, summary.counts[Result.UPDATED]) == (State.FINISHED, ROWS)


async def test_another_thread_may_tell_it_to_stop(tmp_path: Path) -> None:
    """Such as that of a window or of a web server: the run ends in its own loop."""
    async with crm_up(present()) as url:
        host = Host(tmp_path, url)

        def stop_from_thread(event: Event) -> None:
            if isinstance(event, RowSettled):
                threading.Thread(target=host.stop).start()

        host.on_event = stop_from_thread
        summary = await host.run()

    assert (summary.state, summary.exit_code) == (State.STOPPED, 143)


async def test_events_say_which_rows_take_a_request(tmp_path: Path) -> None:
    """Rows that the list of users answers, or that a later run has set, say nothing about the speed."""
    async with crm_up(present()) as url:
        host = Host(tmp_path, url, concurrency=1)
        host.on_event = lambda event: host.stop() if isinstance(event, RowSettled) else None
        stopped = await host.run()
        changed = {event.row for event in host.events if isinstance(event, RowSettled)}
        host.on_event = lambda _: None
        host.shutdown = Shutdown()
        host.context = replace(host.context, shutdown=host.shutdown)
        await host.run()
        asked = {event.row for event in host.events if isinstance(event, RowRead) and event.was_asked}
        sent = {event.was_sent for event in host.events if isinstance(event, RowSettled)}
        host.events.clear()
        await resume_run(stopped.run_id, host.context, any_age=False)

    overtaken = {event.was_sent for event in host.events if isinstance(event, RowSettled)}
    assert (asked, sent, overtaken) == (changed, {True}, {False})  # a comment is not in the list
