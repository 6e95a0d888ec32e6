"""How long one waits for the worker: for its help, and for the first PUT of a small job."""

from pathlib import Path
from statistics import median

from .child import run
from .figures import Figure, below
from .job import write_job
from .trial import Client, Extent, environment, trial, worker

ROWS = 10
HELP = 0.15  # seconds
FIRST = 0.5  # seconds


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Start it again and again."""
    rounds, job = extent.of(11, quick=1), write_job(folder, ROWS)
    client = worker(extent.worker)
    helped = [_help(extent.worker, folder) for _ in range(rounds)]
    first = [_first_put(client, job) for _ in range(rounds)]
    return [
        Figure(label="startup: --help", unit="s", samples=helped, goal=below(HELP, median(helped), "median")),
        Figure(
            label="startup: to the first PUT",
            unit="s",
            samples=first,
            goal=below(FIRST, median(first), "median"),
        ),
    ]


def _help(program: Path, folder: Path) -> float:
    return run([f"{program}", "--help"], folder, environment(folder)).wall


def _first_put(client: Client, job: Path) -> float:
    seen = trial(client, job, rows=ROWS)
    return seen.arrivals[0] - seen.cost.started
