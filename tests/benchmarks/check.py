"""How fast a job is read and validated, with nothing sent."""

from pathlib import Path
from statistics import median

from .child import Cost, run
from .figures import Figure, at_least, below
from .job import write_job, write_job_with_days, write_json_job, write_workbook
from .trial import Extent, environment

KINDS = (  # what, how many rows, what writes them, and rows per second of CPU at least
    ("CSV", 1_000_000, write_job, 200_000),
    ("CSV with days", 200_000, write_job_with_days, 90_000),
    ("JSON", 200_000, write_json_job, 75_000),
)
WORKBOOK_SPEED = 20_000  # rows a second, at least
WORKBOOK_MEMORY = 400  # MiB, at most


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Check one large job of each kind."""
    figures: list[Figure] = []
    for kind, number, write, limit in KINDS:
        rows = extent.of(number, quick=1_000)
        costs = _costs(write(folder, rows), folder, extent)
        speed = [rows / cost.cpu for cost in costs]
        goal = at_least(limit, median(speed), "median")
        figures += [
            Figure(label=f"check: {kind}, {rows} rows", unit="rows/s of CPU", samples=speed, goal=goal),
            Figure(label=f"check: {kind}, memory", unit="MiB", samples=[cost.peak for cost in costs]),
        ]
    return figures


def measure_workbook(folder: Path, extent: Extent) -> list[Figure]:
    """Check one large workbook."""
    rows = extent.of(100_000, quick=1_000)
    costs = _costs(write_workbook(folder, rows), folder, extent)
    speed, peaks = [rows / cost.wall for cost in costs], [cost.peak for cost in costs]
    return [
        Figure(
            label=f"xlsx: check of {rows} rows",
            unit="rows/s",
            samples=speed,
            goal=at_least(WORKBOOK_SPEED, median(speed), "median"),
        ),
        Figure(
            label="xlsx: memory",
            unit="MiB",
            samples=peaks,
            goal=below(WORKBOOK_MEMORY, max(peaks), "max"),
        ),
    ]


def _costs(job: Path, folder: Path, extent: Extent) -> list[Cost]:
    command = [f"{extent.worker}", "check", f"{job}"]
    return [run(command, folder, environment(folder)) for _ in range(extent.of(5, quick=1))]
