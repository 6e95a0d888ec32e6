"""The queue of all machines keeps the contract; what one machine knows of it is a copy."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.fleet.database import SharedDatabase
from presence_worker.fleet.queue import FleetQueue
from presence_worker.fleet.sealing import Sealing
from presence_worker.settings.fleet import Fleet

from ..queue.queue_suite import OpenQueue, QueueSuite

KEY = "x" * 42 + "A="


@pytest.fixture
def database(database_url: str) -> Iterator[SharedDatabase]:
    """A database with our tables."""
    with closing(SharedDatabase(Fleet.model_validate({"database": database_url}))) as database:
        yield database


class TestFleetQueue(QueueSuite):
    """Jobs in a database, and two processes of one machine."""

    @pytest.fixture
    def open_queue(self, tmp_path: Path, database: SharedDatabase) -> OpenQueue:
        """Queues on the same database."""
        return lambda: FleetQueue(database, Sealing([KEY]), tmp_path / "state")
