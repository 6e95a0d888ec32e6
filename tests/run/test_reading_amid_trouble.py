"""Trouble while the current statuses are read: nothing was sent yet, and whoever resumes reads on."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from presence_worker.model import NOT_PRESENT, PRESENT
from tests.raw_server import HANG, RawServer, answer, say

from .crm import Crm, absent, here, looked_at, queries
from .given import (
    Ended,
    Row,
    Worker,
    away,
    raw_up,
    read_report,
    results,
    slowly,
    started,
    wait_until,
    write_csv,
)

CODES = {"SIGINT": 130, "SIGTERM": 143, "deadline": 6}
AWAY = answer(503)
SLOW = 0.03  # seconds an answer takes, where the reading shall be met amid its work
ROWS: list[Row] = [*away(range(1, 31)), *[(each, NOT_PRESENT, "ill") for each in range(31, 41)]]


@pytest.fixture
def crm() -> Crm:
    """Forty people who are away: of the job, thirty rows hold already."""
    return Crm(absent(range(1, 41)))


@pytest.fixture
def on(worker_on: Callable[[RawServer], Worker], monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Worker]:
    """Makes somebody who reads before writing, and who probes a service that is away at once."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__PROBE_INTERVAL", "5ms")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__BACKOFF_BASE", "0")

    def reading(server: RawServer) -> Worker:
        worker = worker_on(server)
        worker.read_before = "auto"
        return worker

    return reading


def run(worker: Worker, *options: str) -> Ended:
    return worker("run", write_csv(worker.folder / "job.csv", ROWS), *options)


def assert_all_is_done(worker: Worker, ended: Ended, server: RawServer) -> None:
    """All rows are settled as they would have been without any trouble."""
    assert results(worker.folder_of(ended)) == ["unchanged"] * 30 + ["updated"] * 10
    assert len(server.puts) == 10
    assert ended.code == 0


@pytest.mark.parametrize("when", ["at first", "amid the looks"])
def test_an_outage_is_waited_out(when: str, crm: Crm, on: Callable[[Any], Worker]) -> None:
    """The service is away for a while, and then the reading goes on."""
    trouble = iter([AWAY] * 4)

    async def troubled(peer: Any, request: Any) -> None:
        if when == "at first" or "/20/" in request.path:
            await next(trouble, crm)(peer, request)
        else:
            await crm(peer, request)

    with raw_up(troubled) as server:
        worker = on(server)

        done = run(worker)

    assert next(trouble, None) is None
    assert_all_is_done(worker, done, server)


@pytest.mark.parametrize("when", ["the query", "the looks"])
def test_an_outage_that_lasts_stops_the_run(
    when: str, crm: Crm, on: Callable[[Any], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 6, nothing sent; `resume` reads anew, and does what is to be done."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "100ms")
    with raw_up(crm) as server:
        worker = on(server)
        if when == "the query":
            crm.on_query = AWAY
        else:
            crm.on_every_get = AWAY
        stopped = run(worker)
        sent = len(server.puts)
        crm.on_query = crm.on_every_get = None

        resumed = worker.follow(stopped)

    assert (stopped.code, stopped.summary["state"], sent) == (6, "stopped", 0)
    assert set(results(worker.folder_of(resumed))) == {"unchanged", "updated"}
    assert_all_is_done(worker, resumed, server)


def test_limits_hold_on_resume(
    crm: Crm, on: Callable[[Any], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that could not be judged yet is judged when it is resumed."""
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__OUTAGE_PATIENCE", "50ms")
    with raw_up(crm) as server:
        worker = on(server)
        crm.on_query = AWAY
        stopped = run(worker, "--max-changes", "9")
        crm.on_query = None

        held = worker.follow(stopped)
        sent = len(server.puts)
        applied = worker.follow(held)

    assert (stopped.code, held.code, sent) == (6, 5, 0)
    assert held.summary["state"] == "held"
    assert_all_is_done(worker, applied, server)


def test_credentials_that_end_amid_the_looks(crm: Crm, on: Callable[[Any], Worker]) -> None:
    """Exit 6, nothing sent."""
    crm.on_get[20] = answer(401)
    with raw_up(crm) as server:
        worker = on(server)

        stopped = run(worker)
        sent = len(server.puts)
        crm.on_get.clear()
        resumed = worker("resume")

    assert (stopped.code, sent) == (6, 0)
    assert_all_is_done(worker, resumed, server)


@pytest.mark.parametrize("when", ["the query", "the looks"])
@pytest.mark.parametrize("how", CODES)
def test_told_to_stop(
    how: str, when: str, crm: Crm, on: Callable[[Any], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal or the deadline ends the reading in order; `resume` does the rest."""

    async def stop_and_hang(peer: Any, request: Any) -> None:
        if how != "deadline" and len(server.requests) == number:
            os.kill(os.getpid(), signal.Signals[how])
        await HANG(peer, request)

    if how != "deadline" and sys.platform == "win32":
        pytest.skip("no signals of another process there")
    monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__DRAIN", "20ms")
    if how == "deadline":
        monkeypatch.setenv("PRESENCE_WORKER_DELIVERY__DEADLINE", "100ms")
    number = 1 if when == "the query" else 9
    if when == "the query":
        crm.on_query = stop_and_hang
    else:
        crm.on_every_get = stop_and_hang
    with raw_up(crm) as server:
        worker = on(server)

        stopped = run(worker)
        sent = len(server.puts)
        crm.on_query = crm.on_every_get = None
        monkeypatch.delenv("PRESENCE_WORKER_DELIVERY__DEADLINE", raising=False)

        resumed = worker.follow(stopped)

    assert stopped.code == CODES[how]
    assert (stopped.summary["state"], sent) == ("stopped", 0)
    assert stopped.summary["counts"]["not_sent"] == 40
    assert_all_is_done(worker, resumed, server)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals of another process there")
def test_told_to_stop_amid_many_rows_that_hold(on: Callable[[Any], Worker]) -> None:
    """Nobody has to be asked for any of them, and the signal is heard all the same."""
    people = range(1, 4001)
    crm = Crm(here(people))

    async def signalling(peer: Any, request: Any) -> None:
        await crm(peer, request)
        if request.path.endswith(f"skip={len(people)}"):  # the last page: now the rows are gone through
            await asyncio.sleep(0.005)
            os.kill(os.getpid(), signal.SIGTERM)

    with raw_up(signalling) as server:
        worker = on(server)
        path = write_csv(worker.folder / "job.csv", [(number, PRESENT, "") for number in people])

        stopped = worker("run", path)

    assert (stopped.code, stopped.summary["state"], server.puts) == (143, "stopped", [])
    assert stopped.summary["counts"]["not_sent"] > 0


@pytest.mark.parametrize("looks", [0, 10])
def test_killed_amid_the_reading(looks: int, crm: Crm, on: Callable[[Any], Worker]) -> None:
    """Nothing was sent, so nothing is in doubt; `resume` reads anew, and limits hold."""
    with raw_up(slowly(crm, SLOW)) as server:
        worker = on(server)
        path = write_csv(worker.folder / "job.csv", ROWS)
        with started("run", path, *worker.options, "--concurrency", "2") as process:
            wait_until(lambda: queries(server) > 0 and len(looked_at(server)) >= looks)
            process.kill()
        found = worker("report", "last")
        lines = read_report(worker.folder_of(found))

        resumed = worker("resume")

    assert found.summary["state"] == "stopped"
    assert {line["result"] for line in lines} <= {"not_sent", "unchanged"}
    assert_all_is_done(worker, resumed, server)


def test_killed_between_reading_and_the_last_put(
    on: Callable[[Any], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read is known: it is not read again, and undo still knows what was there before."""
    monkeypatch.setenv("PRESENCE_WORKER_SAFETY__MAX_CHANGES", "none")
    crm = Crm(here(range(1, 41)))
    with raw_up(slowly(crm, 0.005)) as server:
        worker = on(server)
        path = write_csv(worker.folder / "job.csv", away(range(1, 41)))
        with started("run", path, *worker.options, "--concurrency", "1") as process:
            wait_until(lambda: len(server.puts) > 5)
            process.kill()
        read = queries(server)

        resumed = worker("resume")
        undone = worker("undo", "last")

    assert (resumed.code, results(worker.folder_of(resumed))) == (0, ["updated"] * 40)
    assert {line["before_status"] for line in read_report(worker.folder_of(resumed))} == {"StatusNormal"}
    assert (undone.code, queries(server)) == (0, 2 * read)
    assert {status for status, _ in crm.held.values()} == {"StatusNormal"}


def test_who_was_written_since_is_not_even_read(crm: Crm, on: Callable[[Any], Worker]) -> None:
    """A later run knows better; the row is rejected."""
    crm.on_query = say()
    with raw_up(crm) as server:
        worker = on(server)
        path = write_csv(worker.folder / "job.csv", ROWS)
        with started("run", path, *worker.options) as process:
            wait_until(lambda: queries(server) > 0)
            process.kill()
        crm.on_query = None
        (older,) = (worker.state / "runs").iterdir()
        worker("run", write_csv(worker.folder / "later.csv", [(40, NOT_PRESENT, "later")]))
        before = len(looked_at(server))

        resumed = worker("resume", older.name)

    assert results(worker.folder_of(resumed))[-1] == "rejected"
    assert read_report(worker.folder_of(resumed))[-1]["reason"] == "moved_since_run"
    assert looked_at(server).count(40) == 1
    assert len(looked_at(server)) == before + 39
    assert crm.held[40] == (NOT_PRESENT, "later")
