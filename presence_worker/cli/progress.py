"""The progress line: how a delivery goes, for somebody at a terminal."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from .output import remark, warn


class _Figures(ProgressColumn):
    """Rate, what goes on, and rows not done."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed or 0.0
        fields = task.fields
        return Text(f"{speed:.1f}/s  {fields['doing']()}  {fields['failed']} not done")


class ProgressLine:
    """Owns the line at the bottom of the terminal while rows are delivered."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)

    def begin(self, total: int, doing: Callable[[], str]) -> None:
        """Show the line."""
        self._failed = 0
        self._line = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            _Figures(table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
            console=self._console,
            transient=True,
            refresh_per_second=5,
        )
        self._task = self._line.add_task("", total=total, doing=doing, failed=0)
        self._line.start()

    def settled(self, *, done: bool) -> None:
        """Move on by one row."""
        self._failed += not done
        self._line.update(self._task, advance=1, failed=self._failed)

    def remark(self, words: str) -> None:
        """Say it above the line."""
        remark(f"Note: {words}")

    def warn(self, words: str) -> None:
        """Say it in the same way as without the line."""
        warn(words)

    def end(self) -> None:
        """Take the line away."""
        self._line.stop()
