"""How well the worker keeps its pace while a service answers now fast, now slowly, and then not at all."""

from array import array
from collections.abc import Sequence
from pathlib import Path

from .child import BrokenTrialError, run
from .figures import Figure, at_least, at_most
from .job import write_job
from .trial import Extent, environment, service, trial, worker
from .unchanged import summary_of

RATE = 200  # requests per second
WINDOW = 1.0  # seconds
USED = 99  # percent of the rate, by the requests that arrived
ACHIEVED = 95  # percent, by the summary
MANNERS = ("--latency", "0.005", "0.3", "--trouble", "100")


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Send at a fixed rate to a service that takes 5 to 300 ms; the worst round counts."""
    rows, rounds = extent.of(6_000, quick=100), extent.of(3, quick=1)
    job, client = write_job(folder, rows), worker(extent.worker, rate=RATE, concurrency=64)
    achieved = [_achieved(folder / f"{number}", extent.worker, job) for number in range(rounds)]
    arrivals = [trial(client, job, rows=rows, manners=MANNERS).arrivals for _ in range(rounds)]
    busiest, used = [busiest_window(times) for times in arrivals], [rate_used(times) for times in arrivals]
    return [
        Figure(
            label="pace: requests in the busiest second",
            unit="requests",
            samples=busiest,
            ratio=max(busiest) / RATE,
            goal=at_most(RATE + 1, max(busiest), "max"),
        ),
        Figure(
            label="pace: share of the rate used",
            unit="%",
            samples=used,
            goal=at_least(USED, min(used), "min"),
        ),
        Figure(
            label="pace: rate.achieved, each row read and written",
            unit="%",
            samples=achieved,
            goal=at_least(ACHIEVED, min(achieved), "min"),
        ),
    ]


def _achieved(folder: Path, program: Path, job: Path) -> float:
    """Give what the summary says of the rate, in percent; each row is read before it is written."""
    folder.mkdir()
    reading = {"PRESENCE_WORKER_DELIVERY__READ_BEFORE": "each"}
    with service(folder / "arrivals", MANNERS) as url:
        client = worker(program, rate=RATE, concurrency=64)
        run(client(job, url), folder, environment(folder) | reading)
    summary = summary_of(folder)
    told, came = summary["requests"], len((folder / "arrivals").read_bytes()) // array("d").itemsize
    if told["put"] + told["get"] != came:
        raise BrokenTrialError(f"the summary tells of {told}, and {came} requests arrived")
    return float(summary["rate"]["achieved"] / RATE * 100)


def busiest_window(arrivals: Sequence[float]) -> int:
    """Give the largest number of arrivals in any half-open window of one second."""
    most = first = 0
    for count, last in enumerate(arrivals, 1):
        while last - arrivals[first] >= WINDOW:
            first += 1
        most = max(most, count - first)
    return most


def rate_used(arrivals: Sequence[float]) -> float:
    """Give the achieved rate while there is work, in percent of the configured one.

    The first PUT goes alone, which costs its latency. The last ones are those that failed before and wait for
    their next try, so that what comes up to the last but 100 is counted.
    """
    last = max(len(arrivals) - 100, 2)
    return (last - 1) / (arrivals[last - 1] - arrivals[0]) / RATE * 100
