"""The asynchronous part of a command, and how a signal ends it."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import TypeVar

import anyio

from ..errors import Interrupted, PresenceWorkerError, Terminated
from ..events import DeliveryEnded, DeliveryStarted, Emit, Event, Stopping, emit_to, unheard
from ..next_step import command_line
from ..run_context import RunContext
from ..shutdown import Shutdown
from .signals import BEFORE, ENDINGS, noted, signals_that_end_us

T = TypeVar("T")
Work = Callable[[RunContext], Awaitable[T]]
MEANINGS = {int(kind.exit_code): kind for kind in (Interrupted, Terminated)}
REASONS: dict[int, type[PresenceWorkerError]] = {number: MEANINGS[code] for number, code in ENDINGS.items()}
WHO = "a signal"
HINT = "a second signal ends the program at once"
LEAVING = "ended at once; requests in progress may have been carried out. Next"


def work(function: Work[T], context: RunContext) -> T:
    """Run the asynchronous part of a command, on the fastest loop the platform has."""
    return run_async(partial(_listen, function, context))


def run_async(function: Callable[[], Awaitable[T]]) -> T:
    """Run an asynchronous function, on the fastest loop the platform has."""
    return anyio.run(function, backend_options={"use_uvloop": sys.platform != "win32"})


async def stop_on_signal(work: Work[T], before: str, context: RunContext) -> T:
    """Wait for *work*; after a signal cancel it, and raise what that means, *before* what it came."""
    shutdown = context.shutdown
    with anyio.CancelScope() as scope, shutdown.watched(scope.cancel):
        return await work(context)
    raise shutdown.reason(before)


async def _listen(function: Work[T], context: RunContext) -> T:
    listener = Listener(context.shutdown, context.emit)
    with listener.listening():
        return await function(replace(context, subscriber=emit_to(context.subscriber, listener.hear)))


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
    """Owns what signals mean while an event loop is at work; events say how far that is."""

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
