"""CPU per row of the whole worker, beside others that send the same PUTs."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median

from .figures import NEAR, Figure, Goal, at_least, at_most
from .job import write_job
from .peers import peers
from .trial import Client, Extent, bare_loop, trial, worker

ROWS, MANY = 20_000, 100_000
OF_BARE = {ROWS: 0.80, MANY: 0.85}  # the worker's share that the bare loop is, at least
TIMES_CURL = 2.6  # what the worker may cost beside curl
FEWER = 10  # the slow peers get so many times fewer rows
SLOW = ("requests", "httpx")


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run usual jobs with all clients, then large ones with the two that matter."""
    own = {"bare loop": bare_loop(), "worker": worker(extent.worker)}
    return [*_compared({**own, **peers()}, ROWS, folder, extent), *_compared(own, MANY, folder, extent)]


def _compared(clients: Mapping[str, Client], full: int, folder: Path, extent: Extent) -> list[Figure]:
    """Run all in turn, so that whatever else the machine does hits all alike."""
    rows, rounds = extent.of(full, quick=full // 100), extent.of(5, quick=1)
    sizes = {name: rows // FEWER if name.startswith(SLOW) else rows for name in clients}
    jobs = {size: write_job(folder, size) for size in sizes.values()}
    costs: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(rounds):
        for name, client in clients.items():
            costs[name].append(_per_row(client, jobs[sizes[name]], sizes[name]))
    return [_figure(name, sizes[name], costs, OF_BARE[full]) for name in clients]


def _per_row(client: Client, job: Path, rows: int) -> float:
    return trial(client, job, rows=rows).cost.cpu / rows * 1e6


def _figure(name: str, rows: int, costs: Mapping[str, list[float]], of_bare: float) -> Figure:
    ratio, goal = _judged(name, costs, of_bare)
    return Figure(
        label=f"cpu: {name}, {rows} rows", unit="µs/row", samples=costs[name], ratio=ratio, goal=goal
    )


def _judged(name: str, costs: Mapping[str, list[float]], of_bare: float) -> tuple[float | None, Goal | None]:
    """Give how a client compares with the worker, round by round, and the goal for that."""
    if name == "bare loop":
        return None, None
    if name == "worker":
        ratio = median(bare / own for bare, own in zip(costs["bare loop"], costs[name], strict=True))
        return ratio, at_least(of_bare, ratio, "bare / worker", near=NEAR)
    ratio = median(own / other for own, other in zip(costs["worker"], costs[name], strict=True))
    return ratio, at_most(TIMES_CURL, ratio, "worker / curl", near=NEAR) if name.startswith("curl") else None
