"""What report.html costs: CPU for each row, and bytes beyond the rows."""

import time
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import BinaryIO

from presence_worker.journal import Journal
from presence_worker.report.csv_files import write_report
from presence_worker.report.page import write_page
from tests.journal.given import UPDATED, deliver, staged

from .figures import Figure, at_most
from .trial import Extent

MOST_CPU = 10  # microseconds for each row
MOST_BYTES = 300  # kB that are no rows


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Write the page of a usual job and of a large one, of this version: `--worker` has no say in it."""
    rounds = extent.of(5, quick=1)
    usual, large = extent.of(10_000, quick=100), extent.of(100_000, quick=500)
    with closing(_night(folder / "usual", usual)) as journal:
        cpu = [_cpu(journal, usual) for _ in range(rounds)]
        beyond = (_size(write_page, journal) - _size(write_report, journal)) / 1000
    with closing(_night(folder / "large", large)) as journal:
        more = [_cpu(journal, large) for _ in range(rounds)]
    goal = at_most(MOST_CPU, median(cpu), "median")
    size = at_most(MOST_BYTES, beyond, "median")
    return [
        Figure(label=f"report: page of {usual} rows", unit="µs/row", samples=cpu, goal=goal),
        Figure(label="report: more than report.csv", unit="kB", samples=[beyond], goal=size),
        Figure(label=f"report: page of {large} rows", unit="µs/row", samples=more),
    ]


def _night(path: Path, rows: int) -> Journal:
    journal = staged(path, rows)
    deliver(journal, dict.fromkeys(range(1, rows + 1), UPDATED))
    return journal


def _cpu(journal: Journal, rows: int) -> float:
    begun = time.process_time()
    write_page(journal, BytesIO())
    return (time.process_time() - begun) / rows * 1e6


def _size(write: Callable[[Journal, BinaryIO], int], journal: Journal) -> int:
    file = BytesIO()
    write(journal, file)
    return file.tell()
