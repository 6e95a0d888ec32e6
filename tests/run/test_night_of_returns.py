"""A night on which 400 of 5 000 people come back, at 10 requests a second: real runs in virtual time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from presence_worker.events import Announced
from presence_worker.model import PRESENT
from presence_worker.run.commands import run_job
from tests.conftest import VirtualTimeLoop
from tests.delivery.given import worst_second
from tests.raw_server import Peer, Request, raw_server

from .crm import Crm, absent, here
from .given import write_csv
from .test_hosted import Host

PEOPLE, RETURNS, RATE = 5000, 400, 10
PAGES = 8  # of the query of 5 000 users


@dataclass(frozen=True, kw_only=True)
class Night:
    """What a night took."""

    seconds: float
    requests: int
    announced: Sequence[tuple[bool, int]]  # whether it is final, and the number
    times: Sequence[float]  # when the service got each request


async def night(folder: Path, read_before: str, latency: float, page: float) -> Night:
    """Let everybody who is away come back; a *page* of the query takes longer than other requests."""
    crm, times = Crm(absent(range(1, RETURNS + 1)) | here(range(RETURNS + 1, PEOPLE + 1))), []
    clock = asyncio.get_running_loop().time

    async def act(peer: Peer, request: Request) -> None:
        times.append(clock())
        await asyncio.sleep(page if "/User?" in request.path else latency)
        await crm(peer, request)

    async with raw_server(otherwise=act) as server:
        host = Host(folder, server.url, rate=RATE, read_before=read_before)
        write_csv(host.job, [(number, PRESENT, "") for number in range(1, RETURNS + 1)])
        summary = await run_job(str(host.job), host.context)

    assert summary.counts["updated"] == RETURNS
    told = [(event.is_final, event.requests) for event in host.events if isinstance(event, Announced)]
    made = sum(number or 0 for number in summary.effort.requests[:2])  # put, get
    assert made == len(times)
    return Night(seconds=summary.effort.duration_s or 0, requests=made, announced=told, times=times)


@pytest.mark.parametrize(("latency", "page"), [(0.005, 0.02), (0.05, 0.3), (0.3, 0.4)])
@pytest.mark.parametrize(
    ("read_before", "requests"), [("auto", PAGES + 2 * RETURNS), ("query", PAGES + RETURNS)]
)
def test_it_takes_what_its_requests_take(
    read_before: str, requests: int, latency: float, page: float, tmp_path: Path
) -> None:
    """At most a tenth longer, with half the requests by `query`; and never more than the rate allows."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        made = runner.run(night(tmp_path, read_before, latency, page))

    assert made.announced == [(False, requests), (True, requests)]
    assert made.requests == requests
    assert made.seconds <= 1.1 * requests / RATE
    assert worst_second(made.times) <= RATE + 1
