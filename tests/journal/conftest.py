"""What the tests of the journal share: a file, and a job of five rows in it."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import JOURNAL, Journal

from .given import staged


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / JOURNAL


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(staged(path)) as journal:
        yield journal


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A user who lets everybody read and write everything."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def unwritable() -> Iterator[Path]:
    """The user's directory for locks, which the user may not write: for root, who may, we are nobody."""
    directory = Path.home() / ".local/state/presence-worker/locks"
    directory.mkdir(parents=True)
    directory.chmod(0o500)
    before = os.getuid()
    if before == 0:
        os.setreuid(65534, -1)
    yield directory
    os.setreuid(before, -1)
