"""What a night costs on which nobody has moved: all is read, and nothing is sent."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from .child import SERVER_CORE, BrokenTrialError, Cost, pin, run
from .figures import Figure, at_least
from .job import write_job_of_present
from .trial import ENDING, Extent, environment, worker

LEAST = 20_000  # rows per second of CPU


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run a job of which all rows hold already against a sandbox of its own, a process of its own."""
    rows, rounds = extent.of(20_000, quick=200), extent.of(5, quick=1)
    job = write_job_of_present(folder, rows)
    costs = [_night(extent.worker, job, rows) for _ in range(rounds)]
    speed = [rows / cost.cpu for cost in costs]
    goal = at_least(LEAST, median(speed), "median")
    return [
        Figure(label=f"unchanged: {rows} rows", unit="rows/s of CPU", samples=speed, goal=goal),
        Figure(label="unchanged: memory", unit="MiB", samples=[cost.peak for cost in costs]),
    ]


def _night(program: Path, job: Path, rows: int) -> Cost:
    """Carry one run out; raise BrokenTrialError unless all its rows were unchanged."""
    with TemporaryDirectory(prefix="benchmark-") as name, sandbox(program, rows) as url:
        folder = Path(name)
        reading = {"PRESENCE_WORKER_DELIVERY__READ_BEFORE": "auto"}
        cost = run(worker(program)(job, url), folder, environment(folder) | reading)
        unchanged = summary_of(folder)["counts"]["unchanged"]
    if unchanged != rows:
        raise BrokenTrialError(f"{unchanged} of {rows} rows were unchanged")
    return cost


def summary_of(folder: Path) -> Any:
    """Give the summary of the only run that a folder has the state of."""
    (summary,) = folder.glob("state/runs/*/summary.json")
    return json.loads(summary.read_bytes())


@contextmanager
def sandbox(program: Path, people: int, *options: str) -> Iterator[str]:
    """Let a sandbox with so many people answer; give its root URL."""
    command = [f"{program}", "sandbox", "--people", f"{people}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            pin(process, SERVER_CORE)
            assert process.stdout is not None
            yield process.stdout.readline().decode().strip()
            process.terminate()
            process.wait(ENDING)
        finally:
            process.kill()
