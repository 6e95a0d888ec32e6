"""The progress line: how far a run is, at the bottom of the terminal."""

import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from threading import Lock
from typing import NamedTuple, TextIO

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
    Stopping,
)
from ..model import Result
from ..sanitize import is_utf8
from ..wording import amount, figure, two_digits
from .output import is_terminal

EVERY = 0.2  # seconds between two drawings at least
LOOKS = 150  # drawings that the speed is measured over: half a minute at least
SOON = 1.0  # seconds; a speed that is measured over less says nothing
COLUMNS = 80  # of a terminal that does not say
SHORTEST_BAR = 10  # columns
CLEAR, HIDE, SHOW = "\r\x1b[K", "\x1b[?25l", "\x1b[?25h"  # the line; the cursor
DUMB = ("dumb", "unknown")  # terminals that cannot draw a line again
COLOURS = {"sent": "green", "read": "green", "left": "cyan"}  # by the last word of a part


class Marks(NamedTuple):
    """What the line is drawn with."""

    done: str  # of the bar
    to_do: str
    joint: str  # between two parts


MARKS, PLAIN_MARKS = Marks("━", "─", " · "), Marks("#", "-", " - ")


class Pause(NamedTuple):
    """What a run waits for, in seconds of the line's clock."""

    since: float
    until: float
    is_asked_for: bool


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
        self._looks = deque([(clock(), 0)], maxlen=LOOKS)  # moments, and rows that had taken a request
        self._done = self._requested = self._failed = self._total = self._in_flight = 0
        self._activity = Activity.READING
        self._pause: Pause | None = None
        self._is_stopping = False

    def show(self, event: Event) -> None:
        """Move on by a row, or show what else happened."""
        match event:
            case RowSettled():
                self._advance(is_done=event.result is Result.UPDATED, took_request=event.was_sent)
            case RowRead():
                self._advance(is_done=event.is_known, took_request=event.was_asked)
            case InFlight():
                self._in_flight = event.number
            case Paused():
                self._pause = self._pause_of(event)
            case Resumed():
                self._pause = None
                self._looks.clear()  # the wait says nothing about the speed
            case Stopping():
                self._is_stopping = True
            case StepStarted():
                self._begin(event)
            case StepEnded() if self._screen:
                sys.stderr, self._screen = self._screen.end(), None
        self._draw(at_once=not isinstance(event, RowSettled | RowRead))

    def _begin(self, step: StepStarted) -> None:
        self._done = self._requested = self._failed = 0
        self._total, self._activity = step.total, step.activity
        self._looks.clear()
        if is_terminal(sys.stderr) and os.environ.get("TERM") not in DUMB:
            sys.stderr = self._screen = Screen(sys.stderr)

    def _advance(self, *, is_done: bool, took_request: bool) -> None:
        self._done += 1
        self._requested += took_request
        self._failed += not is_done

    def _pause_of(self, event: Paused) -> Pause:
        now, at = self._clock(), datetime.now(UTC)
        since, until = ((moment - at).total_seconds() for moment in (event.since, event.until))
        return Pause(now + since, now + until, event.is_asked_for)

    def _draw(self, *, at_once: bool) -> None:
        now = self._clock()
        if not at_once and self._looks and now - self._looks[-1][0] < EVERY:
            return
        self._looks.append((now, self._requested))
        if self._screen:
            self._screen.draw(self.line(self._screen.columns() - 1, self._screen.marks))

    def line(self, columns: int, marks: Marks = MARKS) -> str:
        """Return the most that fits: what is counted, how fast, what is not done, the time left, a bar."""
        said = [[part for part in parts if part] for parts in self._wordings()]
        parts = next((each for each in said if len(marks.joint.join(each)) <= columns), said[-1])
        width = columns - len(marks.joint.join(parts)) - 1
        text = marks.joint.join(map(_paint, parts)) if width >= -1 else marks.joint.join(parts)[:columns]
        return (
            text
            if width < SHORTEST_BAR or self._pause or self._is_stopping
            else f"{text} {self._bar(width, marks)}"
        )

    def _wordings(self) -> Sequence[Sequence[str]]:
        """Return what the line may say, the longest first."""
        if self._is_stopping:
            return [["Stopping", f"{amount(self._in_flight, 'request')} in progress"], ["Stopping"]]
        if self._pause:
            return self._words_on_wait(self._pause)
        done = "read" if self._activity is Activity.READING else "sent"
        things = "users read" if self._activity is Activity.READING else "sent"
        count = f"{figure(self._done)} of {figure(self._total)}"
        failed = f"{figure(self._failed)} not done" if self._failed else ""
        speed = self._speed()
        rate, left = (f"{two_digits(speed)}/s", self._words_on_time_left(speed)) if speed else ("", "")
        return [
            [f"{count} {things}", rate, failed, left],
            [f"{count} {things}", failed, left],
            [f"{count} {done}", failed],
            [f"{count} {done}"],
        ]

    def _words_on_wait(self, pause: Pause) -> Sequence[Sequence[str]]:
        now = self._clock()
        waited, more = _minutes(now - pause.since), _minutes(pause.until - now)
        if pause.is_asked_for:
            end = f"going on in {more}"
            return [["SuperOffice asks for a pause", f"waiting {waited}", end], [f"Pause {waited}", end]]
        end = f"giving up in {more}"
        return [["SuperOffice does not answer", f"waiting {waited}", end], [f"No answer {waited}", end]]

    def _speed(self) -> float:
        """Return the rows a second that took a request, lately; 0 where that is not known yet."""
        (since, before), (now, requested) = self._looks[0], self._looks[-1]
        return (requested - before) / (now - since) if now - since >= SOON else 0.0

    def _words_on_time_left(self, speed: float) -> str:
        seconds = math.ceil((self._total - self._done) / speed)
        return f"about {_minutes(seconds)} left" if seconds else ""

    def _bar(self, width: int, marks: Marks) -> str:
        full = width * self._done // max(self._total, 1)
        return _colour(marks.done * full, "magenta") + marks.to_do * (width - full)


def _minutes(seconds: float) -> str:
    """Return a duration as a clock shows it: "0:08", "19:48", "5:03:59"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _paint(part: str) -> str:
    return _colour(part, COLOURS.get(part.rpartition(" ")[2], ""))


def _colour(text: str, colour: str) -> str:
    return text if os.environ.get("NO_COLOR") or not colour else click.style(text, fg=colour)
