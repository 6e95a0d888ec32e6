"""What the journal and the report files cost for each row, of this version: `--worker` has no say in it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from presence_worker.journal import Journal
from presence_worker.report import write_reports
from presence_worker.report.page import page
from presence_worker.report.row_files import Story, Writer, table
from tests.journal.given import UPDATED, deliver, row, staged
from tests.report.given import pieces

from .figures import Figure, at_least, at_most
from .trial import Extent

MOST_CPU = 10  # microseconds for each row of a page
MOST_BYTES = 300  # kB that are no rows
ALL_FILES = 8  # microseconds for each row
STAGED = 100_000  # rows a second


def measure(folder: Path, extent: Extent) -> list[Figure]:
    """Write the page of a usual job and of a large one, then all files of a huge one."""
    rounds = extent.of(5, quick=1)
    usual, large = extent.of(10_000, quick=100), extent.of(100_000, quick=500)
    with closing(_night(folder / "usual", usual)) as journal:
        cpu = [_cpu(journal, usual) for _ in range(rounds)]
        beyond = (_size(page, journal) - _size(table, journal)) / 1000
    with closing(_night(folder / "large", large)) as journal:
        more = [_cpu(journal, large) for _ in range(rounds)]
    goal = at_most(MOST_CPU, median(cpu), "median")
    size = at_most(MOST_BYTES, beyond, "median")
    return [
        Figure(label=f"report: page of {usual} rows", unit="µs/row", samples=cpu, goal=goal),
        Figure(label="report: more than report.csv", unit="kB", samples=[beyond], goal=size),
        Figure(label=f"report: page of {large} rows", unit="µs/row", samples=more),
        _all_files(folder / "huge", extent.of(1_000_000, quick=1_000), rounds),
    ]


def measure_staging(folder: Path, extent: Extent) -> list[Figure]:
    """Store rows that are judged already, in one transaction on disk."""
    rows, rounds = extent.of(200_000, quick=1_000), extent.of(5, quick=1)
    speed = [rows / _staging(folder / f"{number}", rows) for number in range(rounds)]
    goal = at_least(STAGED, median(speed), "median")
    return [Figure(label=f"staging: {rows} rows", unit="rows/s of CPU", samples=speed, goal=goal)]


def _staging(path: Path, rows: int) -> float:
    path.mkdir()
    judged = [row(number) for number in range(1, rows + 1)]
    begun = time.process_time()
    staged(path / "journal.sqlite", judged).close()
    return time.process_time() - begun


def _all_files(folder: Path, rows: int, rounds: int) -> Figure:
    folder.mkdir()
    with closing(_night(folder / "journal.sqlite", rows)) as journal:
        costs = list(_each(lambda: write_reports(folder, journal), rounds))
    samples = [cost / rows * 1e6 for cost in costs]
    goal = at_most(ALL_FILES, median(samples), "median")
    return Figure(label=f"report: all files of {rows} rows", unit="µs/row", samples=samples, goal=goal)


def _each(write: Callable[[], object], rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        begun = time.process_time()
        write()
        yield time.process_time() - begun


def _night(path: Path, rows: int) -> Journal:
    journal = staged(path, rows)
    deliver(journal, dict.fromkeys(range(1, rows + 1), UPDATED))
    return journal


def _cpu(journal: Journal, rows: int) -> float:
    (cost,) = _each(lambda: _size(page, journal), 1)
    return cost / rows * 1e6


def _size(make: Callable[[Story], Writer], journal: Journal) -> int:
    return sum(map(len, pieces(make, journal)))
