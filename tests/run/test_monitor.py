"""While a run works it says how far it is, what it waits for, and how many requests it takes."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import anyio
import pytest
import structlog

from presence_worker.cli.log import log_event
from presence_worker.cli.progress import ProgressLine
from presence_worker.cli.remarks import words_on
from presence_worker.delivery import Halt, Policy
from presence_worker.errors import Stopped
from presence_worker.events import Activity, Event, emit_to
from presence_worker.model import Outcome, Result
from presence_worker.run.announcer import Announcer, Monitor
from presence_worker.settings import Delivery
from tests.conftest import VIRTUAL_TIME
from tests.delivery.given import GONE, THROTTLED, UPDATED, change
from tests.raw_server import Peer, Request, answer, echo

from .given import On, Worker, away, raw_up, write_csv

Logs = list[Any]


@pytest.fixture
def anyio_backend() -> str | tuple[str, Mapping[str, Any]]:
    return VIRTUAL_TIME


class Terminal:
    """Keeps what is said at the terminal, and what its line shows."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self.line = ProgressLine(anyio.current_time)

    def hear(self, event: Event) -> None:
        """Keep it."""
        if words := words_on(event):
            self.remarks.append(words)
        self.line.show(event)


class Night:
    """Owns a policy that others drive, and the monitor of it."""

    def __init__(self, total: int, **settings: Any) -> None:
        clock = anyio.current_time
        delivery = Delivery.model_validate({"rate": 2, **settings})
        self.halt = Halt(20.0, clock)
        self.policy = Policy(delivery, self.halt, clock=clock, seconds_left=lambda: float("inf"))
        self.terminal = Terminal()
        self.said = Announcer(emit_to(log_event, self.terminal.hear), "night", "https://crm", total)
        self.monitor = Monitor(
            self.said, self.policy, self.halt, clock=clock, seconds_left=lambda: float("inf")
        )

    def learn(self, outcome: Outcome, *, times: int = 1) -> None:
        """Let requests end like this."""
        for row in range(times):
            self.policy.gate.learn(change(row), outcome, probe=False)


@asynccontextmanager
async def night(**settings: Any) -> AsyncIterator[tuple[Night, Logs]]:
    """Comment on a night; give it, and what is logged."""
    it = Night(100, **settings)
    with structlog.testing.capture_logs() as logs:
        async with anyio.create_task_group() as beside:
            beside.start_soon(it.monitor.run)
            yield it, logs
            beside.cancel_scope.cancel()


def named(logs: Logs, name: str) -> Logs:
    return [event for event in logs if event["event"] == name]


@pytest.mark.anyio
async def test_progress_every_half_minute() -> None:
    """It has the rows of the step and the requests a second since the last such event."""
    async with night() as (it, logs):
        it.learn(UPDATED)
        it.said.begin(Activity.SENDING, 40)
        for _ in range(35):
            await it.policy.pace.slot()
            it.said.row_settled(1, Result.UPDATED)
        await anyio.sleep(75)

    first, second, *more = named(logs, "run.progress")
    assert (first["done"], first["total"], first["waiting_since"]) == (35, 40, None)
    assert (first["rate"] > 1, second["rate"], len(more)) == (True, 0, 1)


@pytest.mark.anyio
async def test_a_run_that_was_halted_does_not_go_on() -> None:
    """When a pause ends while the last requests are finished, nothing says that the run goes on."""
    async with night() as (it, logs):
        it.learn(UPDATED)
        it.policy.pace.pause(30)
        await anyio.sleep(10)
        it.halt(Stopped("told to stop"))
        await anyio.sleep(30)

    assert len(named(logs, "run.waiting")) == 1
    assert named(logs, "run.waiting_over") == []
    assert not any("goes on" in words for words in it.terminal.remarks[1:])


@pytest.mark.anyio
async def test_a_service_that_does_not_answer_at_the_start() -> None:
    """Terminal and log say what is waited for, since when and until when; and that it is over."""
    async with night() as (it, logs):
        it.said.begin(Activity.SENDING, 40)
        it.learn(GONE._replace(detail="cannot connect to crm:443: refused"))
        await anyio.sleep(31)
        line = it.terminal.line.line(80)
        it.learn(UPDATED)
        await anyio.sleep(2)

    (waiting,), (progress,) = named(logs, "run.waiting"), named(logs, "run.progress")
    since, until = (datetime.fromisoformat(waiting[name]) for name in ("since", "until"))
    assert waiting["cause"] == "cannot connect to crm:443: refused"
    assert (until - since).total_seconds() == pytest.approx(30, abs=1)
    assert datetime.fromisoformat(progress["waiting_since"])
    assert len(named(logs, "run.waiting_over")) == 1
    assert re.fullmatch("SuperOffice does not answer · waiting 0:3[01] · giving up in 0:00", line)
    first, last = it.terminal.remarks
    assert re.search(r"does not answer \(cannot connect.* since [-\d: ]+ .* by [-\d: ]+ it stops", first)
    assert last == "SuperOffice answers again; the run goes on"


@pytest.mark.anyio
async def test_an_outage_in_mid_run() -> None:
    """When the gate closes it is said, with the patience that is left for it."""
    async with night(outage_patience=600) as (it, logs):
        it.learn(UPDATED)
        await anyio.sleep(100)
        it.learn(GONE, times=10)
        await anyio.sleep(5)

    (waiting,) = named(logs, "run.waiting")
    since, until = (datetime.fromisoformat(waiting[name]) for name in ("since", "until"))
    assert (until - since).total_seconds() == pytest.approx(600, abs=1)


@pytest.mark.anyio
async def test_a_long_pause() -> None:
    """A service that asks for it is waited for, and the run says until when; a moment is not worth a word."""
    async with night() as (it, logs):
        it.learn(UPDATED)
        it.policy.pace.pause(2)
        await anyio.sleep(4)
        short = named(logs, "run.waiting")
        it.learn(THROTTLED)
        it.policy.pace.pause(200)
        await anyio.sleep(205)

    (waiting,) = named(logs, "run.waiting")
    since, until = (datetime.fromisoformat(waiting[name]) for name in ("since", "until"))
    assert short == []
    assert (until - since).total_seconds() == pytest.approx(200, abs=2)
    assert [words.split(".")[0] for words in it.terminal.remarks] == [
        "SuperOffice asks for a pause",
        "The pause is over; the run goes on",
    ]


@pytest.mark.anyio
async def test_no_answer_at_all() -> None:
    """A first request that hangs is a wait as well, before anything is known of it."""
    async with night() as (_, logs):
        await anyio.sleep(8)

    (waiting,) = named(logs, "run.waiting")
    assert waiting["cause"] == "no answer yet"


def announced(worker: Worker, command: str = "run", rows: int = 20) -> tuple[Logs, dict[str, int]]:
    """Give what a command announces, and the requests it made."""
    ran = worker(command, write_csv(worker.folder / "job.csv", away(range(1, rows + 1))))
    return named(ran.events, "run.announced"), ran.summary["requests"]


def test_requests_are_announced(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most so many after the query, exactly so many before the first PUT, with the time they take."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "none")
    worker.read_before = "each"

    (first, last), made = announced(worker)

    assert (first["final"], last["final"]) == (False, True)
    assert first["requests"] >= last["requests"] == made["put"] + made["get"] == 40
    assert last["seconds"] == pytest.approx(last["requests"] / last["rate"], abs=0.1)


def test_after_the_query_the_reads_are_known(worker: Worker) -> None:
    """Who is present is not read, and who is not known is."""
    worker.read_before = "auto"

    (first, last), made = announced(worker)

    assert first["requests"] == last["requests"] == made["put"] + made["get"]


def test_without_reading_there_is_one_number(worker: Worker) -> None:
    """Blind PUTs are known exactly from the start."""
    (last,), made = announced(worker)

    assert (last["final"], last["requests"]) == (True, made["put"])


def test_a_plan_announces_its_reads(worker: Worker) -> None:
    """It sends nothing: no PUT is counted, and nothing is final."""
    worker.read_before = "each"

    (only,), made = announced(worker, "plan")

    assert (only["final"], only["requests"]) == (False, made["get"])


def test_a_resumed_run_announces_all_of_it(on: On) -> None:
    """Requests of earlier sessions are among those that are said."""
    answers = [echo, answer(401)]

    async def act(peer: Peer, request: Request) -> None:
        await answers[len(server.requests) > 5](peer, request)

    with raw_up(act) as server:
        worker = on(server)
        worker.read_before = "off"
        stopped = worker("run", write_csv(worker.folder / "job.csv", away(range(1, 21))))
        answers[1] = echo
        resumed = worker("resume")

    (last,), made = named(resumed.events, "run.announced"), resumed.summary["requests"]
    assert (stopped.code, resumed.code, last["final"]) == (6, 0, True)
    assert last["requests"] == made["put"] + made["get"] > 20
