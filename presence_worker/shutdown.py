"""How a run is told to stop, by a signal's listener or by whatever program hosts it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import PresenceWorkerError

BEFORE = " before anything was sent"


class Shutdown:
    """Owns the request that a run ends early; the first one counts.

    `request` and `watched` belong to the event loop's thread; the others may be used in any.
    """

    def __init__(self) -> None:
        self._kind: type[PresenceWorkerError] | None = None
        self._by = ""
        self.hint = ""  # what a second request would do
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_requested(self) -> bool:
        """Return whether the run was told to stop."""
        return self._kind is not None

    def request(self, kind: type[PresenceWorkerError], by: str, *, hint: str = "") -> None:
        """Ask for the end: *kind* decides the exit code, *by* says who asks, such as "a signal"."""
        if self._kind is not None:
            return
        self._kind, self._by, self.hint = kind, by, hint
        for listener in tuple(self._listeners):
            listener()

    def reason(self, when: str = BEFORE) -> PresenceWorkerError:
        """Return the error that ends what was asked to end; *when* says how far it had come."""
        return (self._kind or PresenceWorkerError)(f"stopped by {self._by}{when}")

    def check(self) -> None:
        """Raise the reason where the end was asked for; work in a thread calls this between two rows."""
        if self._kind is not None:
            raise self.reason()

    @contextmanager
    def watched(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call *listener* when the end is asked for; at once if that has happened already."""
        self._listeners.append(listener)
        try:
            if self.is_requested:
                listener()
            yield
        finally:
            self._listeners.remove(listener)
