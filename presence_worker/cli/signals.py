"""The signals that end the program: noted from its first moment, for loading the rest takes a while."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143, "SIGBREAK": 143}  # a platform has some of them
BEFORE = "stopped by a signal before anything was sent"
ALWAYS = ("SIGINT", "SIGTERM")  # also where the shell that started us in the background ignores them


def endings(known: object) -> dict[int, int]:
    """Return the exit codes by the numbers of the signals that a platform's module `signal` knows.

    SIGHUP: the terminal is gone. SIGBREAK: Ctrl-Break, and what Windows sends to end a program.
    """
    return {getattr(known, name): code for name, code in EXIT_CODES.items() if hasattr(known, name)}


ENDINGS = endings(signal)
noted: list[int] = []  # what has come and did not end the program yet


def note_signals() -> None:
    """From now on, note the first signal for later; the second one leaves at once: nothing was begun yet."""
    for number in signals_that_end_us():
        signal.signal(number, _note)


def signals_that_end_us() -> list[int]:
    """Return the signals that concern us; under `nohup` the terminal may go."""
    always = [getattr(signal, name) for name in ALWAYS]
    return [n for n in ENDINGS if n in always or signal.getsignal(n) is not signal.SIG_IGN]


def _note(number: int, _: FrameType | None) -> None:
    if noted:
        os._exit(ENDINGS[number])
    noted.append(number)


@contextmanager
def listeners_restored() -> Iterator[None]:
    """Leave signals as they were, whatever a command does with them."""
    before = {number: signal.getsignal(number) for number in signals_that_end_us()}
    try:
        yield
    finally:
        for number, listener in before.items():
            signal.signal(number, listener)
