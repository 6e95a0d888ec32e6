"""How long one waits for the worker: what its start costs, when its first PUT comes, and when it is gone."""

from pathlib import Path
from statistics import median

from .child import run
from .figures import Figure, Goal, at_most, below
from .job import write_job
from .trial import Client, Extent, environment, trial, worker

SMALL = 12  # rows
HELP, RUN = 0.06, 0.40  # seconds of CPU
FIRST = 0.5  # seconds from the start to the first PUT
ENDS = {400: 0.1, 20_000: 0.5}  # by rows: seconds from the last answer to the exit


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Start it again and again."""
    rounds, client = extent.of(11, quick=1), worker(extent.worker)
    helped = [_help(extent.worker, folder) for _ in range(rounds)]
    runs = [trial(client, write_job(folder, SMALL), rows=SMALL) for _ in range(rounds)]
    cpu, first = [seen.cost.cpu for seen in runs], [seen.arrivals[0] - seen.cost.started for seen in runs]
    return [
        _figure("--help", "s of CPU", helped, at_most(HELP, median(helped), "median")),
        _figure(f"run of {SMALL} rows", "s of CPU", cpu, at_most(RUN, median(cpu), "median")),
        _figure("to the first PUT", "s", first, below(FIRST, median(first), "median")),
        *(_ending(client, folder, rows, limit, extent) for rows, limit in ENDS.items()),
    ]


def _help(program: Path, folder: Path) -> float:
    return run([f"{program}", "--help"], folder, environment(folder)).cpu


def _ending(client: Client, folder: Path, full: int, limit: float, extent: Extent) -> Figure:
    """Measure from the last answer, which the service gives as soon as the last PUT has come."""
    rows, rounds = extent.of(full, quick=full // 20), extent.of(5, quick=1)
    job = write_job(folder, rows)
    runs = [trial(client, job, rows=rows) for _ in range(rounds)]
    waits = [seen.cost.started + seen.cost.wall - seen.arrivals[-1] for seen in runs]
    return _figure(f"last answer to exit, {rows} rows", "s", waits, at_most(limit, median(waits), "median"))


def _figure(what: str, unit: str, samples: list[float], goal: Goal) -> Figure:
    return Figure(label=f"startup: {what}", unit=unit, samples=samples, goal=goal)
