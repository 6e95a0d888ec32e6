"""How a run is told to stop, by a signal's handler or by whatever program hosts it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import PresenceWorkerError

OnRequest = Callable[[PresenceWorkerError], None]


class Shutdown:
    """Owns the reason why a run has to stop; the first request counts.

    `request` belongs to the event loop's thread. `reason` and `check` may be used in any thread.
    """

    def __init__(self) -> None:
        self.reason: PresenceWorkerError | None = None
        self._listeners: list[OnRequest] = []
        self._requested = threading.Event()

    def request(self, reason: PresenceWorkerError) -> None:
        """Ask for the end of the run; *reason* becomes its message and its exit code."""
        if self.reason is not None:
            return
        self.reason = reason
        self._requested.set()
        for listener in tuple(self._listeners):
            listener(reason)

    def check(self) -> None:
        """Raise the reason of a request that was made; work in threads calls this between two rows."""
        if self.reason is not None:
            raise self.reason

    @contextmanager
    def watched(self, listener: OnRequest) -> Iterator[None]:
        """Call *listener* when a request comes, at once if it has come already."""
        self._listeners.append(listener)
        try:
            if self.reason is not None:
                listener(self.reason)
            yield
        finally:
            self._listeners.remove(listener)
