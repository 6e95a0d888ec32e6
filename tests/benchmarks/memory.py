"""Peak memory of the worker, which must not grow with the job."""

import resource
from pathlib import Path
from statistics import median

from .child import BrokenTrialError, mib
from .figures import Figure, below
from .job import write_job
from .trial import Extent, trial, worker

GROWTH = 30  # MiB


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run a small and a large job, and if wanted a huge one."""
    rounds = extent.of(3, quick=1)
    small, large = extent.of(5_000, quick=100), extent.of(100_000, quick=500)
    huge = extent.of(1_000_000, quick=1_000)
    base = _peaks(folder, extent, small, rounds)
    figures = [Figure(label=f"memory: {small} rows", unit="MiB", samples=base)]
    for rows, times in [(large, rounds), *([(huge, 1)] if extent.million else [])]:
        peaks = _peaks(folder, extent, rows, times)
        figures += _grown(rows, peaks, median(base))
    return figures


def _grown(rows: int, peaks: list[float], base: float) -> list[Figure]:
    growth = [peak - base for peak in peaks]
    goal = below(GROWTH, median(growth), "median")
    return [
        Figure(label=f"memory: {rows} rows", unit="MiB", samples=peaks, ratio=median(peaks) / base),
        Figure(label=f"memory: growth to {rows} rows", unit="MiB", samples=growth, goal=goal),
    ]


def _peaks(folder: Path, extent: Extent, rows: int, rounds: int) -> list[float]:
    job = write_job(folder, rows)
    peaks = [trial(worker(extent.worker), job, rows=rows).cost.peak for _ in range(rounds)]
    own = mib(resource.getrusage(resource.RUSAGE_SELF))
    if min(peaks) <= own:  # a child starts as our copy, and Linux counts that in
        raise BrokenTrialError(
            f"the benchmarks themselves take {own:.0f} MiB, which hides the worker's memory"
        )
    return peaks
