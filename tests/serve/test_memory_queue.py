"""The queue of many tests of the service keeps the contract, so that they prove something."""

from pathlib import Path

import pytest

from tests.queue.queue_suite import OpenQueue, QueueSuite

from .memory_queue import MemoryQueue


class TestMemoryQueue(QueueSuite):
    """Jobs in memory; all who open it have the same one."""

    @pytest.fixture
    def open_queue(self, tmp_path: Path) -> OpenQueue:
        """The one queue."""
        queue = MemoryQueue(tmp_path)
        return lambda: queue
