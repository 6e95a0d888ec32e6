"""What a row costs, and how much memory a run takes, as jobs grow."""

import resource
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from .child import BrokenTrialError, Cost, mib
from .figures import Figure, at_most
from .job import write_job
from .trial import Extent, trial, worker

PEAK = 80  # MiB at 1 000 000 rows
GROWTH = 10  # MiB from 10 000 rows to 1 000 000
DEARER = 1.10  # times what a row of a small job costs


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run small jobs, usual ones and huge ones in turn, blind and as fast as it goes."""
    sizes = [extent.of(10_000, quick=100), extent.of(20_000, quick=200), extent.of(1_000_000, quick=1_000)]
    jobs = [(rows, write_job(folder, rows)) for rows in sizes]
    client, rounds = worker(extent.worker), extent.of(3, quick=1)
    costs = [[trial(client, job, rows=rows).cost for rows, job in jobs] for _ in range(rounds)]
    _check(costs)
    return [*_memory(sizes, costs), *_cpu(sizes, costs)]


def _memory(sizes: Sequence[int], costs: Sequence[Sequence[Cost]]) -> list[Figure]:
    small, _, huge = ([cost.peak for cost in each] for each in zip(*costs, strict=True))
    growth = [after - before for before, after in zip(small, huge, strict=True)]
    return [
        Figure(label=f"growth: memory, {sizes[0]} rows", unit="MiB", samples=small),
        Figure(
            label=f"growth: memory, {sizes[2]} rows",
            unit="MiB",
            samples=huge,
            goal=at_most(PEAK, median(huge), "median"),
        ),
        Figure(
            label="growth: memory beyond the small job",
            unit="MiB",
            samples=growth,
            goal=at_most(GROWTH, median(growth), "median"),
        ),
    ]


def _cpu(sizes: Sequence[int], costs: Sequence[Sequence[Cost]]) -> list[Figure]:
    _, usual, huge = (
        [cost.cpu / rows * 1e6 for cost in each]
        for rows, each in zip(sizes, zip(*costs, strict=True), strict=True)
    )
    ratio = median(after / before for before, after in zip(usual, huge, strict=True))
    return [
        Figure(label=f"growth: CPU, {sizes[1]} rows", unit="µs/row", samples=usual),
        Figure(
            label=f"growth: CPU, {sizes[2]} rows",
            unit="µs/row",
            samples=huge,
            ratio=ratio,
            goal=at_most(DEARER, ratio, "ratio"),
        ),
    ]


def _check(costs: Sequence[Sequence[Cost]]) -> None:
    own = mib(resource.getrusage(resource.RUSAGE_SELF))
    if min(cost.peak for each in costs for cost in each) <= own:
        # a child starts as our copy, and Linux counts that in
        raise BrokenTrialError(
            f"the benchmarks themselves take {own:.0f} MiB, which hides the worker's memory"
        )
