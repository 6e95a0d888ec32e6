"""How much of what a slow service allows is used, beside wrk."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from .figures import NEAR, Figure, at_least
from .job import write_job
from .peers import wrk
from .trial import Extent, trial, worker

IN_FLIGHT = 128
MANNERS = ("--latency", "0.05", "0.05")
OF_WRK = 0.98


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Send with 128 in flight to a service that takes 50 ms, in turn with wrk."""
    rows, rounds = extent.of(20_000, quick=500), extent.of(5, quick=1)
    job, client = write_job(folder, rows), worker(extent.worker, concurrency=IN_FLIGHT)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(per_second(trial(client, job, rows=rows, manners=MANNERS).arrivals))
        theirs.append(wrk(in_flight=IN_FLIGHT, manners=MANNERS))
    peer = [figure for figure in theirs if figure is not None]
    ratio = median(own / other for own, other in zip(ours, peer, strict=True)) if peer else None
    return [
        *(
            [Figure(label="throughput: wrk, 50 ms, 128 in flight", unit="PUTs/s", samples=peer)]
            if peer
            else []
        ),
        Figure(
            label="throughput: worker, likewise",
            unit="PUTs/s",
            samples=ours,
            ratio=ratio,
            goal=None if ratio is None else at_least(OF_WRK, ratio, "worker / wrk", near=NEAR),
        ),
    ]


def per_second(arrivals: Sequence[float]) -> float:
    """Give the PUTs a second between the second arrival and the last; the first goes alone."""
    return (len(arrivals) - 2) / (arrivals[-1] - arrivals[1])
