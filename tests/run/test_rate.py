"""The rate a run achieved: all its requests, in the time in which there were any to make; in virtual time."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from presence_worker.model import NOT_PRESENT
from presence_worker.report.summary import Effort
from presence_worker.run.commands import run_job
from tests.conftest import VirtualTimeLoop
from tests.raw_server import Peer, Request, answer, raw_server

from .crm import Crm, here
from .given import write_csv
from .test_hosted import Host

ROWS, RATE = 150, 10
LATENCY = 0.05  # seconds
Trouble = Callable[[int, float], bool]  # the number of a request and its time: whether it is refused


async def _run(folder: Path, refused: Trouble, status: int, latency: float, **delivery: Any) -> Effort:
    """Run a job that reads each row before it writes it; a refusal asks for patience, 20 seconds with 429."""
    crm, clock, times = Crm(here(range(1, ROWS + 1))), asyncio.get_running_loop().time, list[float]()
    patience = [("Retry-After", "20")] if status == 429 else []

    async def act(peer: Peer, request: Request) -> None:
        times.append(clock())
        await asyncio.sleep(latency)
        is_refused = refused(len(times), times[-1] - times[0])
        await (answer(status, headers=patience) if is_refused else crm)(peer, request)

    async with raw_server(otherwise=act) as server:
        settings = {"rate": RATE, "read_before": "each", "adaptive": False} | delivery
        host = Host(folder, server.url, **settings)
        write_csv(host.job, [(number, NOT_PRESENT, "away") for number in range(1, ROWS + 1)])
        summary = await run_job(str(host.job), host.context)

    assert summary.counts["updated"] == ROWS
    assert sum(number or 0 for number in summary.effort.requests[:2]) == len(times)  # put, get
    return summary.effort


@pytest.mark.parametrize(
    ("refused", "status", "longer"),
    [
        pytest.param(lambda _number, _time: False, 200, 0, id="no trouble"),
        pytest.param(lambda number, _time: number in (50, 200), 429, 40, id="pauses"),
        pytest.param(lambda _number, time: 8 < time < 68, 503, 60, id="away"),
    ],
)
def test_what_the_service_does_not_want_is_no_time_to_work(
    refused: Trouble, status: int, longer: float, tmp_path: Path
) -> None:
    """All requests count, and no time in which the service is away, or has asked for a pause."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        effort = runner.run(_run(tmp_path, refused, status, LATENCY))

    assert (effort.duration_s or 0) >= 2 * ROWS / RATE + longer - 1
    assert 0.95 * RATE <= (effort.rate.achieved or 0) <= 1.01 * RATE


def test_a_service_that_is_slow_is_time_to_work(tmp_path: Path) -> None:
    """Where so many in flight cannot use the rate, what was achieved is what went out."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        effort = runner.run(_run(tmp_path, lambda _number, _time: False, 200, 0.5, concurrency=2))

    assert effort.rate.achieved == pytest.approx(4, rel=0.05)
