"""CPU per row of the whole worker, beside a bare loop that sends the same PUTs."""

from pathlib import Path
from statistics import median

from .figures import Figure, at_least
from .job import write_job
from .trial import Client, Extent, bare_loop, trial, worker


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Run both in turn, so that whatever else the machine does hits both alike."""
    rows, rounds = extent.of(20_000, quick=200), extent.of(5, quick=1)
    job = write_job(folder, rows)
    clients = bare_loop(), worker(extent.worker)
    pairs = [tuple(_per_row(client, job, rows) for client in clients) for _ in range(rounds)]
    bare, ours = zip(*pairs, strict=True)
    ratio = median(base / own for base, own in pairs)
    return [
        Figure(label=f"cpu: bare loop, {rows} rows", unit="µs/row", samples=bare),
        Figure(
            label=f"cpu: worker, {rows} rows",
            unit="µs/row",
            samples=ours,
            ratio=ratio,
            goal=at_least(0.50, ratio, "bare / worker"),
        ),
    ]


def _per_row(client: Client, job: Path, rows: int) -> float:
    return trial(client, job, rows=rows).cost.cpu / rows * 1e6
