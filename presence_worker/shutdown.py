"""How a run is stopped: by a signal, or by the program that hosts it."""

import asyncio
from asyncio import AbstractEventLoop, CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .errors import PresenceWorkerError

BEFORE = " before anything was sent"


class CancelledUnsentError(CancelledError):
    """A request was cancelled before a byte of it went out."""


class Shutdown:
    """Owns the request that a run ends early; the first one counts, and any thread may make it."""

    def __init__(self) -> None:
        self._kind: type[PresenceWorkerError] | None = None
        self._by = ""
        self.hint = ""  # what a second request would do
        self._listeners: list[tuple[AbstractEventLoop, Callable[[], None]]] = []

    @property
    def is_requested(self) -> bool:
        """Return whether the run must stop."""
        return self._kind is not None

    def request(self, kind: type[PresenceWorkerError], by: str, *, hint: str = "") -> None:
        """Ask for the end: *kind* decides the exit code, *by* says who asks, such as "a signal"."""
        if self._kind is not None:
            return
        self._kind, self._by, self.hint = kind, by, hint
        here = _loop_here()
        for loop, listener in tuple(self._listeners):
            if loop is here:
                listener()
            else:
                loop.call_soon_threadsafe(listener)

    def reason(self, when: str = BEFORE) -> PresenceWorkerError:
        """Return the error that ends what was asked to end; *when* says how far it had come."""
        return (self._kind or PresenceWorkerError)(f"stopped by {self._by}{when}")

    def check(self) -> None:
        """Raise the reason where the end was asked for; work in a thread calls this between two rows."""
        if self._kind is not None:
            raise self.reason()

    @contextmanager
    def watched(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call *listener* in this loop's thread when the end is asked for; at once if that has happened."""
        entry = (asyncio.get_running_loop(), listener)
        self._listeners.append(entry)
        try:
            if self.is_requested:
                listener()
            yield
        finally:
            self._listeners.remove(entry)


def _loop_here() -> AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # another thread, or a signal's handler
        return None
