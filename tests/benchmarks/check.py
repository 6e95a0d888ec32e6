"""How fast a job is read and validated, with nothing sent."""

from pathlib import Path

from .child import run
from .figures import Figure
from .job import write_job
from .trial import Extent, environment


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Check one large job."""
    rows, rounds = extent.of(1_000_000, quick=1_000), extent.of(3, quick=1)
    command = [f"{extent.worker}", "check", f"{write_job(folder, rows)}"]
    costs = [run(command, folder, environment(folder)) for _ in range(rounds)]
    speed = [rows / cost.cpu for cost in costs]
    peaks = [cost.peak for cost in costs]
    return [
        Figure(label=f"check: {rows} rows", unit="rows/s of CPU", samples=speed),
        Figure(label="check: memory", unit="MiB", samples=peaks),
    ]
