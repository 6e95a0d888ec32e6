"""What becomes of the pace when a run is stopped, throttled, or meant to be faster than it can be."""

from collections.abc import Sequence
from pathlib import Path

from .child import Freeze
from .figures import Figure, at_least, at_most
from .job import write_job
from .pace import RATE, WINDOW, busiest_window
from .trial import Extent, trial, worker

RECOVERED = 95  # percent of the rate
FAST = 10_000  # PUTs per second


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Upset runs in several ways; the busiest second of a whole run counts, and the rate once it is over."""
    rows, upset = (
        extent.of(8_000, quick=700),
        float(extent.of(5, quick=1)),
    )  # seconds till it, and that it lasts
    recovery = extent.of(20, quick=0)
    job = write_job(folder, rows)
    client = worker(extent.worker, rate=RATE, concurrency=64)
    frozen = trial(client, job, rows=rows, frozen=Freeze(after=upset, lasting=upset)).arrivals
    storm = trial(client, job, rows=rows, manners=("--storm", f"{upset}", f"{upset}")).arrivals
    fast = trial(worker(extent.worker, rate=FAST), job, rows=rows).arrivals
    return [
        *_figures(f"SIGSTOP for {upset:g} s", frozen, 2 * upset, recovery),
        *_figures(f"429 for {upset:g} s", storm, 2 * upset, recovery),
        Figure(
            label="upsets: 10 000/s, busiest second",
            unit="PUTs",
            samples=[busiest_window(fast)],
            goal=at_most(FAST + 1, busiest_window(fast), "max"),
        ),
    ]


def _figures(upset: str, arrivals: Sequence[float], over: float, recovery: float) -> list[Figure]:
    busiest, later = busiest_window(arrivals), rate_from(over + recovery, arrivals)
    return [
        Figure(
            label=f"upsets: {upset}, busiest second",
            unit="PUTs",
            samples=[busiest],
            goal=at_most(RATE + 1, busiest, "max"),
        ),
        Figure(
            label=f"upsets: {upset}, rate {recovery:g} s later",
            unit="%",
            samples=[later],
            goal=at_least(RECOVERED, later, "rate"),
        ),
    ]


def rate_from(begin: float, arrivals: Sequence[float]) -> float:
    """Give the rate used from *begin* (seconds after the first PUT) on, in percent of the configured one.

    The last second, in which there is no work for all any more, does not count. A run that ends before is
    judged from its middle.
    """
    end = arrivals[-1] - arrivals[0] - WINDOW
    begin = begin if begin < end else end / 2
    return sum(begin <= moment - arrivals[0] < end for moment in arrivals) / (end - begin) / RATE * 100
