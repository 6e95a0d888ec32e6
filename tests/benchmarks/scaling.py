"""What jobs of any size cost at a given quota: measured by the row, then reckoned and simulated on paper."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .child import run
from .echo_server import GOLDEN
from .figures import Figure
from .job import write_job
from .trial import Extent, environment, service, worker
from .unchanged import summary_of

JOBS = (100_000, 1_000_000, 10_000_000)  # rows of one job
QUOTAS = (10, 100, 1_000)  # requests a second that a service allows
TENANTS = (10, 100, 1_000)
OF_A_TENANT = 2_000  # rows a night
QUOTA = 10  # requests a second, for each tenant
LATENCY = (0.02, 0.18)  # seconds, at least and at most
CONCURRENCY = 32
AGAIN = 100  # every so many requests are to be repeated


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a job takes, as measured."""

    cpu: float  # seconds a row
    start: float  # seconds of CPU that a process takes before its first row
    memory: float  # MiB a process
    disk: float  # bytes a row, journal and reports together


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Reckon from a run of this machine; nothing is judged, for a quota is not ours."""
    few, many = extent.of(1_000, quick=100), extent.of(50_000, quick=500)
    cost = _measured(folder, extent, few, many)
    return [
        Figure(label="scaling: CPU", unit="µs/row", samples=[cost.cpu * 1e6]),
        Figure(label="scaling: memory of a process", unit="MiB", samples=[cost.memory]),
        Figure(label="scaling: disk", unit="bytes/row", samples=[cost.disk]),
        *_jobs(cost, extent.of(100_000, quick=1_000)),
        *_tenants(cost),
    ]


def _jobs(cost: Cost, sample: int) -> Iterator[Figure]:
    """Give the hours that one job takes at each quota, with the rate of a part of it that was simulated."""
    for quota in QUOTAS:
        rate = sample / simulated(sample, quota, cost.cpu)
        for rows in JOBS:
            hours = rows / rate / 3600
            label = f"scaling: {rows} rows at {quota}/s (simulated: {rate:.0f}/s)"
            yield Figure(label=label, unit="h", samples=[hours])


def _tenants(cost: Cost) -> Iterator[Figure]:
    """Give how many cores and how much memory the runs of many tenants take that are all at work at once."""
    for tenants in TENANTS:
        label = f"scaling: {tenants} tenants of {OF_A_TENANT} rows at {QUOTA}/s, at once"
        cpu = tenants * (cost.start + cost.cpu * OF_A_TENANT)
        yield Figure(label=f"{label}, cores", unit="cores", samples=[tenants * QUOTA * cost.cpu])
        yield Figure(label=f"{label}, memory", unit="GiB", samples=[tenants * cost.memory / 1024])
        yield Figure(label=f"{label}, CPU of a night", unit="s", samples=[cpu])


def simulated(requests: int, quota: float, cpu: float) -> float:
    """Give the seconds that so many requests take, event by event.

    A request goes out when the quota has a place for it, one of the senders is free and the processor, which
    one process has one of, is; it keeps its sender until it is answered. Some are to be repeated.
    """
    free = [0.0] * CONCURRENCY  # when each sender is
    place = processor = 0.0
    for number in range(requests + requests // AGAIN):
        began = max(heapq.heappop(free), place, processor)
        place, processor = max(place, began) + 1 / quota, began + cpu
        heapq.heappush(free, began + latency(number))
    return max(free)


def latency(number: int) -> float:
    """Give the seconds the service takes for a request: evenly spread, and the same in every simulation."""
    least, most = LATENCY
    return least + (most - least) * (number * GOLDEN % 2**32) / 2**32


def _measured(folder: Path, extent: Extent, few: int, many: int) -> Cost:
    """Tell what a row costs from what a large job takes more than a small one."""
    small, large = (_run(folder / f"{rows}", extent, rows) for rows in (few, many))
    cpu = (large[0] - small[0]) / (many - few)
    return Cost(
        cpu=cpu,
        start=small[0] - cpu * few,
        memory=large[1],
        disk=(large[2] - small[2]) / (many - few),
    )


def _run(folder: Path, extent: Extent, rows: int) -> tuple[float, float, int]:
    """Give the CPU seconds, the peak memory in MiB and the bytes on disk of one run."""
    folder.mkdir()
    job = write_job(folder, rows)
    with service(folder / "arrivals") as url:
        cost = run(worker(extent.worker)(job, url), folder, environment(folder))
    assert summary_of(folder)["counts"]["updated"] == rows
    return cost.cpu, cost.peak, sum(file.stat().st_size for file in folder.glob("state/runs/*/*"))
