"""The progress line: how a delivery goes, for somebody at a terminal."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

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


class ProgressLine:
    """Owns the line at the bottom of the terminal while rows are read or sent."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._line: Progress | None = None
        self._failed = 0
        self._in_flight = 0
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
            case StepEnded():
                self._end()

    def _begin(self, step: StepStarted) -> None:
        self._failed, self._activity = 0, step.activity
        self._line = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            _Figures(self, table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            console=self._console,
            transient=True,
            refresh_per_second=5,
        )
        self._task = self._line.add_task("", total=step.total)
        self._line.start()

    def _advance(self, *, is_done: bool) -> None:
        self._failed += not is_done
        if self._line:
            self._line.update(self._task, advance=1)

    def _end(self) -> None:
        if self._line:
            self._line.stop()
            self._line = None

    def figures(self, speed: float) -> str:
        """Return the rate, what goes on, and the rows not done."""
        return f"{speed:.1f}/s  {self._words_on_activity()}  {self._failed} not done"

    def _words_on_activity(self) -> str:
        if self._is_waiting:
            return "waiting for SuperOffice"
        reading = self._activity is Activity.READING
        return "reading present values" if reading else f"{self._in_flight} in flight"


class _Figures(ProgressColumn):
    """What a line says between its bar and its time."""

    def __init__(self, line: ProgressLine, table_column: Column) -> None:
        super().__init__(table_column)
        self._of = line

    def render(self, task: Task) -> Text:
        return Text(self._of.figures(task.finished_speed or task.speed or 0.0))
