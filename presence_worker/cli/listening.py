"""What signals do while a command works: the first one asks for its end, the second one leaves at once."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ..errors import Interrupted, PresenceWorkerError, Terminated
from ..events import DeliveryEnded, DeliveryStarted, Emit, Event, Stopping, unheard
from ..next_step import command_line
from ..shutdown import Shutdown
from .signals import BEFORE, ENDINGS, noted, signals_that_end_us

MEANINGS = {int(kind.exit_code): kind for kind in (Interrupted, Terminated)}
REASONS: dict[int, type[PresenceWorkerError]] = {number: MEANINGS[code] for number, code in ENDINGS.items()}
WHO = "a signal"
HINT = "a second signal leaves at once"
LEAVING = "left at once; what was in flight may have been applied. Next"


def raise_on_signal() -> None:
    """Let a signal end the program where it stands, while no loop is at work; one that has come, at once."""
    for number in signals_that_end_us():
        signal.signal(number, _raise)
    if noted:
        raise REASONS[noted[0]](BEFORE)


def _raise(number: int, _: FrameType | None) -> None:
    noted.append(number)  # what is raised here may be lost, such as in a module that is being loaded
    raise REASONS[number](BEFORE)


class Listener:
    """Owns what signals mean while an event loop is at work; it is told by events how far that is."""

    def __init__(self, shutdown: Shutdown, emit: Emit = unheard) -> None:
        self._shutdown = shutdown
        self._emit = emit
        self._received = 0
        self._delivery: DeliveryStarted | None = None  # while requests are in flight

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen until the work is over; signals wait then, for what is left does not take long."""
        loop = asyncio.get_running_loop()

        def on_signal(number: int, _: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._hear_signal, number)

        for number in signals_that_end_us():
            signal.signal(number, on_signal)
        if noted:
            self._hear_signal(noted[0])
        try:
            yield
        finally:
            _let_pass()

    def hear(self, event: Event) -> None:
        """Learn from an event what is at stake."""
        if isinstance(event, DeliveryStarted):
            self._delivery = event
        elif isinstance(event, DeliveryEnded):
            _let_pass()  # a run that is writing its report is about to end anyway

    def _hear_signal(self, number: int) -> None:
        self._received += 1
        if self._received > 1:
            if run := self._delivery:
                words = f"{LEAVING}: {command_line(run.way_on)}"
                self._emit(Stopping(run_id=run.run_id, target=run.target, words=words))
            os._exit(REASONS[number].exit_code)  # the journal is safe: it is never left half written
        self._shutdown.request(REASONS[number], WHO, hint=HINT)


def _let_pass() -> None:
    for number in signals_that_end_us():
        signal.signal(number, _pass_once)


def _pass_once(number: int, _: FrameType | None) -> None:
    """Let the first late signal pass, and leave on the next one."""
    signal.signal(number, lambda n, _: os._exit(REASONS[n].exit_code))
