"""The run over time: added up from the journal, and drawn."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from presence_worker.journal import Journal
from presence_worker.model import Outcome, Reason, Result
from presence_worker.report import write_reports
from presence_worker.report.charts import Course, course, draw_columns, draw_panels, line, stack_bar, within
from presence_worker.wording import milliseconds
from tests.journal.given import staged

from .given import page

FAILED = Outcome(result=Result.FAILED, reason=Reason.SERVER_ERROR, attempts=6, wire_puts=6, duration_ms=600)


def updated(duration: float, attempts: int = 1) -> Outcome:
    """Give the outcome of a row that was answered after so many milliseconds, all tries together."""
    return Outcome(result=Result.UPDATED, duration_ms=duration, attempts=attempts, wire_puts=attempts)


def session(journal: Journal, outcomes: Mapping[int, tuple[float, Outcome]], rate: float = 10) -> None:
    """Let a session bring outcomes, each so many seconds after its start."""
    is_first, start = (
        not journal.sessions.all(),
        datetime.now(UTC),
    )  # not a moment too long
    journal.sessions.begin("run", rate=rate)
    begun = journal.sessions.work().started_at
    start = datetime.fromisoformat(begun) if is_first and begun else start
    journal.outbox.record(
        (row, outcome, f"{start + timedelta(seconds=after):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z")
        for row, (after, outcome) in outcomes.items()
    )
    journal.sessions.end(seconds=1, gets=0)


@pytest.fixture
def journal() -> Iterator[Journal]:
    """The journal of a job of 40 rows."""
    with closing(staged("", 40)) as journal:
        yield journal


@pytest.fixture
def night(journal: Journal) -> Course:
    """Two good seconds, a failure after many tries, ten seconds of silence, and one row that took long."""
    session(
        journal,
        {
            1: (0.1, updated(20)),
            2: (0.4, updated(20)),
            3: (1.2, updated(40, attempts=2)),
            4: (1.3, FAILED),
            5: (12.5, updated(2000)),
        },
    )
    return course(journal)


def test_each_stretch_has_what_came_back_in_it(night: Course) -> None:
    """Rows that are done and rows that are not, and tries that were repeated, second by second."""
    told = [(each.done, each.troubles, each.retries) for each in night.stretches]

    assert told == [(2, 0, 0), (1, 1, 6), *[(0, 0, 0)] * 10, (1, 0, 0)]
    assert (night.width, night.seconds) == (1, 12.5)


def test_silence_is_a_pause(night: Course) -> None:
    """Where nothing came back for seconds, the run waited; before the first row it had not begun."""
    assert night.pauses() == [(2, 10)]


def test_at_a_slow_pace_silence_is_no_pause(journal: Journal) -> None:
    """One row in ten seconds is all that a pace of a tenth brings."""
    session(journal, {1: (0.5, updated(20)), 2: (10.5, updated(20)), 3: (20.5, updated(20))}, rate=0.1)

    assert course(journal).pauses() == []


def test_latency_is_of_one_request(night: Course) -> None:
    """Of a row with several tries each counts, with its share of the time; waiting between is no latency."""
    assert night.latency(0.2) == pytest.approx(20, rel=0.05)
    assert night.latency(0.5) == pytest.approx(100, rel=0.05)
    assert night.latency(0.95) == pytest.approx(2000, rel=0.05)


@pytest.mark.parametrize(("share", "found"), [(0.0, 1.044), (0.5, 2.088), (0.99, 4.175), (1.0, 4.175)])
def test_a_share_of_the_requests_is_found(share: float, found: float) -> None:
    """Half of them were at most so slow, and nearly all."""
    assert within(Counter({0: 49, 8: 49, 16: 2}), share) == pytest.approx(found, rel=0.01)


def test_of_no_requests_there_is_no_latency() -> None:
    """A stretch in which nothing came back has none."""
    assert within(Counter(), 0.5) is None


def test_a_long_run_has_few_stretches(journal: Journal) -> None:
    """However long it took, the picture has no more columns than can be told apart."""
    session(journal, {1: (0.0, updated(20)), 2: (86_400.0, updated(20)), 3: (200_000.0, updated(20))})

    found = course(journal)

    assert (found.width, len(found.stretches)) == (1800, 112)


def test_a_run_of_months_has_few_stretches_too(journal: Journal) -> None:
    """Beyond all usual widths they are as wide as it takes."""
    session(journal, {1: (0.0, updated(20)), 2: (30_000_000.0, updated(20))})

    assert len(course(journal).stretches) == 120


def test_the_time_between_sessions_is_left_out(journal: Journal) -> None:
    """A run that was resumed the day after is drawn as what was done, with a short gap."""
    session(journal, {1: (2.0, updated(20))})
    session(journal, {2: (3.0, updated(20))}, rate=5)

    found = course(journal)

    assert len(found.stretches) == 6  # two seconds, three, and one for the gap
    assert [each.rate for _, each in found.sessions] == [10, 5]
    assert found.sessions[1][0] == pytest.approx(3, abs=0.01)
    (gap,) = found.gaps()
    assert (gap.start, gap.width) == pytest.approx((2, 1), abs=0.01)
    assert found.seconds == pytest.approx(5, abs=0.01)


def test_no_outcome_stands_in_a_gap(journal: Journal) -> None:
    """A session begins with a stretch of its own, wherever the one before it ended."""
    session(journal, {1: (0.5, updated(20)), 2: (2.4, updated(20))})
    session(journal, {3: (0.1, updated(20))})

    found = course(journal)

    assert [each.rows for each in found.stretches] == [1, 0, 1, 0, 1]
    assert [(gap.start, gap.width) for gap in found.gaps()] == [(3, 1)]


def test_a_clock_that_was_set_back_breaks_nothing(journal: Journal) -> None:
    """What seems to have come before the start is drawn at the start."""
    session(journal, {1: (-500.0, updated(20)), 2: (2.5, updated(20)), 3: (-1.0, updated(0))})

    assert [each.rows for each in course(journal).stretches] == [2, 0, 1]


def test_a_run_that_sent_nothing_has_no_course(journal: Journal) -> None:
    """There is no time, and no picture."""
    found = course(journal)

    assert (found.stretches, found.sessions, found.seconds) == ([], [], 0)


def test_pictures_say_in_words_what_they_show(night: Course) -> None:
    """Who does not see them is told the same, and colours are never alone."""
    speed, again, latency = draw_panels(night)

    assert speed.said == (
        "On average 0.4, at most 2. Filled: done. Outlined: not done. "
        "The limit was 10 requests a second. Nothing came back for 10 s (grey)."
    )
    assert again.said == "6 in all, at most 6 in 1.0 s."
    assert latency.said.startswith("Half of the answers took less than")


def test_a_smooth_run_has_no_picture_of_trouble(journal: Journal) -> None:
    """Nothing was repeated, nothing failed, nobody waited: nothing is said of it."""
    session(journal, {row: (row / 10 - 0.05, updated(20)) for row in range(1, 41)})

    speed, latency = draw_panels(course(journal))

    assert "Filled" not in speed.said
    assert "Nothing came back" not in speed.said
    assert speed.levels == [(0.0, 4.0, 2.0)]
    assert "requests a second (dots)." in speed.said
    assert latency.title == "Response time of SuperOffice."


def test_a_pace_far_above_the_run_is_not_drawn(night: Course) -> None:
    """A line at 10 would leave nothing to be seen of columns of 2; the words have it."""
    assert draw_panels(night)[0].levels == []


def test_columns_stand_on_the_ground() -> None:
    """Each is one unit wide; the highest reaches nearly to the top, and what is nothing is not drawn."""
    assert draw_columns([1, 0, 2], 2) == "M0 100V51h1V100zM2 100V2h1V100z"


def test_a_line_breaks_where_there_is_nothing() -> None:
    """And one point alone is still seen."""
    assert line([1, 2, None, 2], 2) == "M0 51L0.5 51L1.5 2M3 2L3.5 2"


def test_pieces_of_the_bar_fill_it() -> None:
    """They lie side by side, and what there is only once in a million can still be seen."""
    pieces = stack_bar([("updated", 999_999), ("failed", 1), ("unknown", 0)])

    assert [piece.name for piece in pieces] == ["updated", "failed"]
    assert pieces[1].width > 0.5
    assert pieces[0].width == pieces[1].start
    assert sum(piece.width for piece in pieces) == pytest.approx(100, abs=0.02)


@pytest.mark.parametrize(("number", "words"), [(0.5, "0.5 ms"), (31.4, "31 ms"), (1500, "1.5 s")])
def test_short_times_are_told_in_milliseconds(number: float, words: str) -> None:
    """From a second on, in seconds."""
    assert milliseconds(number) == words


def test_the_page_shows_them(folder: Path, journal: Journal) -> None:
    """Three pictures where there is something to see, and a gap in each where the run was resumed."""
    session(journal, {1: (0.5, updated(20)), 2: (4.0, FAILED), 3: (2.0, updated(20))})
    session(journal, {2: (3.0, updated(20))})
    write_reports(folder, journal)

    found = page(folder)

    assert found.tags.count("figure") == 3
    assert found.values("rect", "class").count("gap") == 3
    assert re.search(
        r"The run had 2 sessions: \d\d:\d\d:\d\d, \d\d:\d\d:\d\d \(\d.\d s later\)\.", found.text
    )


def test_a_short_run_needs_no_picture(folder: Path, journal: Journal) -> None:
    """What is over in a second has no course: the page has no section for it."""
    session(journal, {1: (0.5, updated(20))})
    write_reports(folder, journal)

    assert "figure" not in page(folder).tags
    assert "Speed" not in page(folder).text


def test_reading_is_not_told_as_waiting(journal: Journal) -> None:
    """Before the first outcome of a session the run looks at what is there; later silence is a pause."""
    session(journal, {1: (12.0, updated(20)), 2: (12.5, updated(20)), 3: (30.0, updated(20))})

    found = course(journal)

    assert [start * found.width for start, _ in found.pauses()] == [13]
