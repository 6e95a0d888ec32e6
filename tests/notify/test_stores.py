"""The store of one machine keeps the contract."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from presence_worker.notify.notification_store import NotificationStore

from .store_suite import OpenStore, StoreSuite


class TestNotificationStore(StoreSuite):
    """Messages in a state directory."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[OpenStore]:
        """Stores in the same state directory."""
        with ExitStack() as opened:

            def open_one() -> NotificationStore:
                store = NotificationStore.open(tmp_path, 0.5)
                if threading.current_thread() is threading.main_thread():  # the others close their own
                    opened.callback(store.close)
                return store

            yield open_one
