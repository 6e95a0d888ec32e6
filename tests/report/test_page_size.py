"""What a page costs: small enough for a mail, and never the whole job in memory."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from presence_worker.journal import Journal
from presence_worker.report.page import page
from presence_worker.report.row_files import Story, Writer, table
from tests.journal.given import UPDATED, deliver, staged

from .given import pieces

ROWS = 10_000
MORE_THAN_ROWS = 300_000  # bytes, for everything that is no row
FLAT = 300_000  # bytes that a larger job may take more: a piece on its way


def size(make: Callable[[Story], Writer], journal: Journal) -> int:
    """Give the bytes of a file of a run."""
    return sum(map(len, pieces(make, journal)))


@pytest.fixture(scope="module")
def journal() -> Iterator[Journal]:
    """The journal of a night with 10 000 rows."""
    with closing(staged("", ROWS)) as journal:
        deliver(journal, dict.fromkeys(range(1, ROWS + 1), UPDATED))
        yield journal


def test_a_page_is_hardly_larger_than_its_rows(journal: Journal) -> None:
    """Its rows take less than in report.csv, and all the rest is small."""
    shown, rows = size(page, journal), size(table, journal)

    assert shown < rows + MORE_THAN_ROWS


def test_rows_are_not_kept(journal: Journal) -> None:
    """They go through memory a few hundred at a time."""
    with closing(staged("", 2_000)) as small:
        deliver(small, dict.fromkeys(range(1, 2_001), UPDATED))
        size(page, small)  # templates are compiled once
        few, many = (peak(each) for each in (small, journal))

    assert many < few + FLAT


def peak(journal: Journal) -> int:
    """Give the bytes that writing a page takes at most."""
    tracemalloc.start()
    try:
        size(page, journal)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
