"""SIGTERM and SIGINT: the first one ends the run in order, the second one leaves at once."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from ..errors import Interrupted, PresenceWorkerError, Terminated
from ..next_step import NextStep, command_line
from ..signals import BEFORE, ENDINGS, listened_to, noted

MEANINGS = {int(kind.exit_code): kind for kind in (Interrupted, Terminated)}
REASONS: dict[int, type[PresenceWorkerError]] = {number: MEANINGS[code] for number, code in ENDINGS.items()}
WORDS = "stopped by a signal; what was in flight was finished"
LEAVING = "left at once; what was in flight may have been applied. Next"
FINISHING = "told to stop: finishing what is in flight; a second signal leaves at once"


def raise_on_signal() -> None:
    """While nothing is being sent, a signal ends the program where it stands; one that has come, at once."""
    for number in listened_to():
        signal.signal(number, _raise)
    if noted:
        raise REASONS[noted[0]](BEFORE)


def _raise(number: int, _: FrameType | None) -> None:
    noted.append(number)  # what is raised here may be lost, such as in a module that is being loaded
    raise REASONS[number](BEFORE)


@contextmanager
def halting(
    halt: Callable[[PresenceWorkerError], None], say: Callable[[str], None], way_on: NextStep | None = None
) -> Iterator[None]:
    """While rows are being sent, the first signal halts the delivery in order, and is said to.

    The second one leaves at once, and *way_on* is the command that is named then.

    When the delivery is over, signals wait: a run that is writing its report is about to end anyway.
    """
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def on_signal(number: int) -> None:
        received.append(number)
        if len(received) > 1:
            if way_on:
                say(f"{LEAVING}: {command_line(way_on)}")
            os._exit(REASONS[number].exit_code)  # the journal is safe: it is never left half written
        say(FINISHING)
        halt(REASONS[number](WORDS))

    numbers = listened_to()
    for number in numbers:
        _listen(loop, number, on_signal)
    if noted:
        on_signal(noted[0])
    try:
        yield
    finally:
        for number in numbers:
            _unlisten(loop, number)


def _listen(loop: asyncio.AbstractEventLoop, number: int, on_signal: Callable[[int], None]) -> None:
    try:
        loop.add_signal_handler(number, on_signal, number)
    except NotImplementedError:  # Windows
        signal.signal(number, lambda n, _: loop.call_soon_threadsafe(on_signal, n))


def _unlisten(loop: asyncio.AbstractEventLoop, number: int) -> None:
    with suppress(NotImplementedError):  # Windows
        loop.remove_signal_handler(number)
    signal.signal(number, _leave)


def _leave(number: int, _: FrameType | None) -> None:
    """Let the first late signal pass, and leave on the next one."""
    signal.signal(number, lambda n, _: os._exit(REASONS[n].exit_code))
