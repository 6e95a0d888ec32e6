"""The progress line: how a delivery goes, for somebody at a terminal."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from threading import Lock
from typing import TextIO

import click

from ..events import (
    Activity,
    Event,
    InFlight,
    Paused,
    Resumed,
    RowRead,
    RowSettled,
    StepEnded,
    StepStarted,
)
from ..model import Result
from ..sanitize import is_utf8
from .output import is_terminal

EVERY = 0.2  # seconds between two drawings at least
LOOKS = 150  # drawings of which the speed is taken: half a minute at least
COLUMNS = 80  # of a terminal that does not tell
CLEAR, HIDE, SHOW = "\r\x1b[K", "\x1b[?25l", "\x1b[?25h"  # the line; the cursor
DUMB = ("dumb", "unknown")  # terminals that cannot draw a line anew
MARKS, PLAIN_MARKS = "━─", "#-"  # of a bar: done, and to do


class Screen(TextIOWrapper):
    """Standard error at a terminal with a line at its bottom: what others write goes above the line."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream.buffer, stream.encoding, stream.errors, line_buffering=True)
        self.marks = MARKS if is_utf8(stream) else PLAIN_MARKS
        self._stream = stream
        self._writing = Lock()
        self._line = ""
        self._is_drawn = False

    def write(self, text: str, /) -> int:
        """Write a text in place of the line, and the line below it where the text ends."""
        with self._writing:
            before, self._is_drawn = CLEAR if self._is_drawn else "", text.endswith("\n")
            super().write(f"{before}{text}{self._line if self._is_drawn else ''}")
        return len(text)

    def draw(self, line: str) -> None:
        """Draw the line in place of the one before."""
        with self._writing, suppress(OSError, ValueError):  # a terminal that has gone does not matter
            self._line, self._is_drawn = line, True
            super().write(f"{HIDE}{CLEAR}{line}")
            self.flush()

    def end(self) -> TextIO:
        """Take the line away; return standard error as it was."""
        self.draw(SHOW)
        with suppress(OSError):
            self.detach()  # else it would close the stream when it goes
        return self._stream

    def columns(self) -> int:
        """Return how many columns the terminal has."""
        try:
            return os.get_terminal_size(self.fileno()).columns or COLUMNS
        except OSError:
            return COLUMNS


class ProgressLine:
    """Owns the line at the bottom of the terminal while rows are read or sent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._screen: Screen | None = None  # while a step is under way
        self._looks = deque([(clock(), 0)], maxlen=LOOKS)  # moments, and rows done by then
        self._done = self._failed = self._total = self._in_flight = 0
        self._activity = Activity.READING
        self._is_waiting = False

    def show(self, event: Event) -> None:
        """Move on by a row, or show what else happened."""
        match event:
            case RowSettled():
                self._advance(is_done=event.result is Result.UPDATED)
            case RowRead():
                self._advance(is_done=event.is_known)
            case InFlight():
                self._in_flight = event.number
            case Paused() | Resumed():
                self._is_waiting = isinstance(event, Paused)
            case StepStarted():
                self._begin(event)
            case StepEnded() if self._screen:
                sys.stderr, self._screen = self._screen.end(), None
        self._draw(at_once=not isinstance(event, RowSettled | RowRead))

    def _begin(self, step: StepStarted) -> None:
        self._done, self._failed, self._total, self._activity = 0, 0, step.total, step.activity
        self._looks.clear()
        if is_terminal(sys.stderr) and os.environ.get("TERM") not in DUMB:
            sys.stderr = self._screen = Screen(sys.stderr)

    def _advance(self, *, is_done: bool) -> None:
        self._done += 1
        self._failed += not is_done

    def _draw(self, *, at_once: bool) -> None:
        now = self._clock()
        if not at_once and now - self._looks[-1][0] < EVERY:
            return
        self._looks.append((now, self._done))
        if self._screen:
            self._screen.draw(self.line(self._screen.columns() - 1, self._screen.marks))

    def line(self, columns: int, marks: str = MARKS) -> str:
        """Return a bar, the rows done of all, the speed, what goes on, the rows not done, the time left."""
        speed = self._speed()
        count, left = f"{self._done:{len(str(self._total))}}/{self._total}", self._time_left(speed)
        figures = f"{speed:.1f}/s  {self._words_on_activity()}  {self._failed} not done"
        width = columns - len(f" {count} {figures} {left}")
        if width < 0:
            return f"{count} {figures} {left}"[:columns]
        full = width * self._done // max(self._total, 1)
        bar = _paint(marks[0] * full, "magenta") + marks[1] * (width - full)
        return f"{bar} {_paint(count, 'green')} {figures} {_paint(left, 'cyan')}"

    def _speed(self) -> float:
        """Return the rows a second, lately."""
        (since, before), (now, done) = self._looks[0], self._looks[-1]
        return (done - before) / (now - since) if now > since else 0.0

    def _words_on_activity(self) -> str:
        if self._is_waiting:
            return "waiting for SuperOffice"
        reading = self._activity is Activity.READING
        return "reading present values" if reading else f"{self._in_flight} in flight"

    def _time_left(self, speed: float) -> str:
        if not speed:
            return "--:--"
        minutes, seconds = divmod(round((self._total - self._done) / speed), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _paint(text: str, colour: str) -> str:
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour)
