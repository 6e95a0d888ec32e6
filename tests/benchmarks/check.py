"""How fast a job is read and validated, with nothing sent."""

from pathlib import Path
from statistics import median

from .child import Cost, run
from .figures import Figure, at_least, below
from .job import write_job, write_workbook
from .trial import Extent, environment

SPEED = 150_000  # rows per second of CPU, at least
WORKBOOK_SPEED = 20_000  # rows a second, at least
WORKBOOK_MEMORY = 400  # MiB, at most


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Check one large job."""
    rows = extent.of(1_000_000, quick=1_000)
    costs = _costs(write_job(folder, rows), folder, extent)
    speed = [rows / cost.cpu for cost in costs]
    return [
        Figure(
            label=f"check: {rows} rows",
            unit="rows/s of CPU",
            samples=speed,
            goal=at_least(SPEED, median(speed), "median"),
        ),
        Figure(label="check: memory", unit="MiB", samples=[cost.peak for cost in costs]),
    ]


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
