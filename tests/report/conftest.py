"""What the tests of the reports share: the folder of a run, and a night reported there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import Journal
from presence_worker.report import write_reports

from .given import night


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "20261123T020000Z-7f3a"
    folder.mkdir()
    return folder


@pytest.fixture
def journal() -> Iterator[Journal]:
    """The journal of a night in which everything happened."""
    with closing(night()) as journal:
        yield journal


@pytest.fixture
def told(folder: Path, journal: Journal) -> Path:
    """The folder with that night's reports."""
    write_reports(folder, journal)
    return folder
