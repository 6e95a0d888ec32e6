"""What the progress line says, in virtual time."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from presence_worker.cli.progress import PLAIN_MARKS, ProgressLine
from presence_worker.events import (
    Activity,
    InFlight,
    Paused,
    Resumed,
    RowRead,
    RowSettled,
    StepStarted,
    Stopping,
)
from presence_worker.model import Result

RUN_ID, TARGET = "20261123T020000Z-7f3a", "sandbox"


class Clock:
    """A clock that moves only when a test moves it."""

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
    begin(line, Activity.SENDING)
    return line


def begin(line: ProgressLine, activity: Activity, total: int = 600) -> None:
    line.show(StepStarted(run_id=RUN_ID, target=TARGET, activity=activity, total=total))


def settle(
    line: ProgressLine,
    clock: Clock,
    rows: int,
    result: Result = Result.UPDATED,
    *,
    seconds: float = 1,
    was_sent: bool = True,
) -> None:
    """Settle rows, one in so many seconds."""
    for row in range(rows):
        clock.now += seconds
        line.show(RowSettled(run_id=RUN_ID, target=TARGET, row=row, result=result, was_sent=was_sent))


def pause(line: ProgressLine, seconds: float, *, is_asked_for: bool) -> None:
    """Let a wait begin that ends in so many seconds."""
    now = datetime.now(UTC)
    until = now + timedelta(seconds=seconds)
    event = Paused(
        run_id=RUN_ID, target=TARGET, since=now, until=until, cause="refused", is_asked_for=is_asked_for
    )
    line.show(event)


def test_it_says_how_far_how_fast_and_how_long(line: ProgressLine, clock: Clock) -> None:
    """It says what it counts; the bar takes the room that is left, and not a column more."""
    settle(line, clock, 299)
    settle(line, clock, 1, Result.REJECTED)

    shown = line.line(79)

    assert shown == "300 of 600 sent · 1/s · 1 not done · about 5:00 left " + "━" * 13 + "─" * 13
    assert len(shown) == 79


def test_nothing_is_known_at_the_beginning(line: ProgressLine) -> None:
    """No speed, and so no time."""
    assert line.line(20) == "0 of 600 sent"


def test_a_speed_needs_a_second(line: ProgressLine, clock: Clock) -> None:
    """What comes at once says nothing about the rest."""
    settle(line, clock, 9, seconds=0.1)
    early = line.line(50)
    settle(line, clock, 3, seconds=0.1)

    assert early.startswith("9 of 600 sent ─")
    assert line.line(39) == "12 of 600 sent · 10/s · about 0:59 left"


def test_rows_that_take_no_request_are_no_speed(line: ProgressLine, clock: Clock) -> None:
    """Rows that the list of all users answers are done at once; the others are not faster for it."""
    begin(line, Activity.READING)
    for row in range(500):
        line.show(RowRead(run_id=RUN_ID, target=TARGET, row=row, is_known=True, was_asked=False))
    clock.now += 2
    for row in range(500, 510):
        clock.now += 1
        line.show(RowRead(run_id=RUN_ID, target=TARGET, row=row, is_known=True))

    assert line.line(58) == "510 of 600 users read · 0.83/s · about 1:48 left"


def test_rows_settled_without_a_request_are_no_speed(line: ProgressLine, clock: Clock) -> None:
    """A row that a later run has set is not sent."""
    settle(line, clock, 500, Result.REJECTED, seconds=0.001, was_sent=False)
    settle(line, clock, 5)

    assert line.line(70).startswith("505 of 600 sent · 0.91/s · 500 not done · about 1:45 left")


def test_parts_have_colours(line: ProgressLine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted, the time left and the bar are told apart; colours take no columns."""
    settle(line, clock, 300)
    plain = line.line(60)
    monkeypatch.delenv("NO_COLOR", raising=False)

    coloured = line.line(60)

    assert coloured.startswith(
        "\x1b[32m300 of 600 sent\x1b[0m · 1/s · \x1b[36mabout 5:00 left\x1b[0m \x1b[35m━"
    )
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_each_step_is_measured_by_itself(line: ProgressLine, clock: Clock) -> None:
    """Reading is faster than sending, and its rows are no rows that were sent."""
    settle(line, clock, 100, Result.REJECTED)
    clock.now += 10
    begin(line, Activity.SENDING)
    just_now = line.line(60)
    settle(line, clock, 4, seconds=2)

    assert just_now.startswith("0 of 600 sent ─")
    assert line.line(60).startswith("4 of 600 sent · 0.5/s · about 19:52 left")


def test_hours_are_shown(line: ProgressLine, clock: Clock) -> None:
    """A slow run takes long."""
    settle(line, clock, 1)
    clock.now += 59
    settle(line, clock, 1)

    assert "about 5:03:59 left" in line.line(70)


def test_an_outage_is_counted_down(line: ProgressLine, clock: Clock) -> None:
    """It says for how long the run waits, and when it gives up."""
    pause(line, 1200, is_asked_for=False)
    clock.now += 12
    line.show(InFlight(run_id=RUN_ID, target=TARGET, number=1))

    assert line.line(79) == "SuperOffice does not answer · waiting 0:12 · giving up in 19:48"
    assert line.line(39) == "No answer 0:12 · giving up in 19:48"


def test_a_pause_is_counted_down(line: ProgressLine, clock: Clock) -> None:
    """SuperOffice has said how long it lasts."""
    pause(line, 300, is_asked_for=True)
    clock.now += 61

    assert line.line(79) == "SuperOffice asks for a pause · waiting 1:01 · going on in 3:59"
    assert line.line(39) == "Pause 1:01 · going on in 3:59"


def test_a_wait_is_no_slowness(line: ProgressLine, clock: Clock) -> None:
    """After it the speed is measured again."""
    settle(line, clock, 100)
    pause(line, 600, is_asked_for=True)
    clock.now += 600
    line.show(Resumed(run_id=RUN_ID, target=TARGET, waited=600, was_asked_for=True))
    just_now = line.line(60)
    settle(line, clock, 2)

    assert just_now.startswith("100 of 600 sent ━")
    assert line.line(60).startswith("102 of 600 sent · 1/s · about 8:18 left")


def test_a_stop_is_shown(line: ProgressLine) -> None:
    """Requests in progress are finished first."""
    line.show(InFlight(run_id=RUN_ID, target=TARGET, number=1))
    line.show(Stopping(run_id=RUN_ID, target=TARGET, words="stopping"))

    assert line.line(40) == "Stopping · 1 request in progress"


def test_every_width_gets_what_fits(line: ProgressLine, clock: Clock) -> None:
    """The number of rows stays longest, and no line is broken."""
    settle(line, clock, 299)
    settle(line, clock, 1, Result.REJECTED)

    assert line.line(47) == "300 of 600 sent · 1 not done · about 5:00 left"
    assert line.line(39) == "300 of 600 sent · 1 not done " + "━" * 5 + "─" * 5
    assert line.line(20) == "300 of 600 sent"
    assert line.line(8) == "300 of 6"
    assert all(len(line.line(width)) <= width for width in range(1, 120))


def test_a_terminal_without_unicode_gets_ascii(line: ProgressLine, clock: Clock) -> None:
    """Neither the bar nor what stands between the parts needs more."""
    settle(line, clock, 300)

    assert line.line(60, PLAIN_MARKS) == "300 of 600 sent - 1/s - about 5:00 left " + "#" * 10 + "-" * 10
