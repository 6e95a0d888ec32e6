"""What the progress line says, in virtual time."""

import pytest

from presence_worker.cli.progress import ProgressLine
from presence_worker.events import Activity, InFlight, RowSettled, StepStarted
from presence_worker.model import Result

RUN_ID, TARGET = "20261123T020000Z-7f3a", "sandbox"


class Clock:
    """A clock that stands still until it is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> ProgressLine:
    """A line over 600 rows without colours, on no screen: what is tested is its text."""
    monkeypatch.setenv("NO_COLOR", "1")
    line = ProgressLine(clock)
    line.show(StepStarted(run_id=RUN_ID, target=TARGET, activity=Activity.SENDING, total=600))
    return line


def settle(line: ProgressLine, clock: Clock, rows: int, result: Result = Result.UPDATED) -> None:
    """Settle rows, one a second."""
    for row in range(rows):
        clock.now += 1
        line.show(RowSettled(run_id=RUN_ID, target=TARGET, row=row, result=result))


def test_it_says_how_far_how_fast_and_how_long(line: ProgressLine, clock: Clock) -> None:
    """The bar takes the room that is left, and not a column more."""
    line.show(InFlight(run_id=RUN_ID, target=TARGET, number=8))
    settle(line, clock, 299)
    settle(line, clock, 1, Result.REJECTED)

    shown = line.line(79)

    assert shown == "━" * 17 + "─" * 17 + " 300/600 1.0/s  8 in flight  1 not done 05:00"
    assert len(shown) == 79


def test_nothing_is_known_at_the_beginning(line: ProgressLine) -> None:
    """No speed, and so no time."""
    assert line.line(46).endswith(" 0/600 0.0/s  0 in flight  0 not done --:--")


def test_hours_are_told(line: ProgressLine, clock: Clock) -> None:
    """A slow run takes long."""
    settle(line, clock, 1)
    clock.now += 59
    settle(line, clock, 1)

    assert line.line(79).endswith(" 0.0/s  0 in flight  0 not done 5:03:59")


def test_a_narrow_terminal_gets_the_figures(line: ProgressLine) -> None:
    """There is no room for a bar, and no line is broken."""
    assert line.line(20) == "  0/600 0.0/s  0 in "
