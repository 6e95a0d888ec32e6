"""What the tests of the matrix share: the surroundings of tests/run, and one service for all files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from presence_worker.sandbox import Sandbox
from tests.run.given import Worker, noon_of, own_surroundings, sandbox_up

from .index import DAY

__all__ = ["own_surroundings"]


@pytest.fixture(scope="session")
def service_of_all() -> Iterator[Sandbox]:
    """A simulated service with associates 1 to 200, as the index says."""
    with sandbox_up(200) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def day() -> Iterator[None]:
    """It is the day of the index, whenever the tests run."""
    with noon_of(DAY):
        yield


@pytest.fixture
def sandbox(service_of_all: Sandbox) -> Sandbox:
    """The same, which has forgotten what it was asked before."""
    service_of_all.record.clear()
    return service_of_all


@pytest.fixture
def worker(tmp_path: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> Worker:
    """Somebody at work on it."""
    return Worker(tmp_path, sandbox.url, capsys)
