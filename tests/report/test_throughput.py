"""What took a run's time, told only where it is true and worth a word."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest

from presence_worker.cli.show import summary_lines
from presence_worker.journal import Journal
from presence_worker.model import Outcome, Result
from presence_worker.report import summarise
from presence_worker.report.summarise import Bottleneck, roughly, throughput
from tests.journal.given import staged
from tests.manual.documents import table
from tests.told import as_told

from .given import page_of

SETTINGS = {"delivery": {"rate": 10.0, "concurrency": 8}}
START = datetime(2026, 11, 23, 2, tzinfo=UTC)
RATE_WORDS = (
    "The limit of 10 requests/s took the time: 400 requests in 40 s. A request took 35 ms on average, "
    "so 8 at once could do up to 230/s. "
    "A higher delivery.rate is your decision: the limit of SuperOffice is not known."
)


def session(
    journal: Journal,
    moments: Iterable[float],  # seconds after the start
    *,
    latency: float = 0.035,  # seconds
    seconds: float = 40,
    gets: int = 0,
    command: str = "run",
    tries: int = 1,  # of each row
) -> None:
    """Let a session send row after row, each answered at its moment, and end."""
    journal.sessions.begin(command, rate=10)
    outcome = Outcome(result=Result.UPDATED, duration_ms=latency * tries * 1000, attempts=tries)
    journal.outbox.record(
        (row, outcome, f"{START + timedelta(seconds=moment):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z")
        for row, moment in enumerate(moments, 1)
    )
    journal.sessions.end(seconds=seconds, gets=gets)


def evenly(rows: int, seconds: float) -> list[float]:
    """Give the moments of so many rows, one after another."""
    return [row * seconds / rows for row in range(1, rows + 1)]


def told(journal: Journal) -> dict[str, Any]:
    """Give what is said where something must be."""
    found = throughput(journal)
    assert found is not None
    return as_told(found)


AROUND_A_PAUSE = [*evenly(100, 10), *(310 + moment for moment in evenly(100, 10))]


@pytest.fixture
def journal() -> Iterator[Journal]:
    """The journal of a job of 400 rows."""
    with closing(staged("", 400, settings=SETTINGS)) as journal:
        yield journal


def test_the_rate_is_told(journal: Journal) -> None:
    """What was allowed, what it took, and what could be done; and that more is a decision."""
    session(journal, evenly(400, 40))

    assert told(journal) == {"limit": "rate", "latency_ms": 35.0, "words": RATE_WORDS}


def test_what_is_read_goes_at_the_same_rate(journal: Journal) -> None:
    """A run that looked at everybody first took its time for the looks as well."""
    session(journal, evenly(100, 10), gets=300)

    assert told(journal)["words"].startswith(
        "The limit of 10 requests/s took the time: 400 requests in 40 s."
    )


def test_where_the_rate_is_all_that_can_be_done_no_more_is_promised(journal: Journal) -> None:
    """Eight in flight that take 0.75 s each do hardly more than ten a second."""
    session(journal, evenly(400, 40), latency=0.75)

    assert told(journal)["words"] == "The limit of 10 requests/s took the time: 400 requests in 40 s."


def test_concurrency_is_told(journal: Journal) -> None:
    """All that may be in flight was, and so less than the rate went out."""
    session(journal, evenly(400, 100), latency=2.0, seconds=101)

    assert told(journal)["limit"] == "concurrency"
    assert told(journal)["words"] == (
        "The limit of 8 requests at once took the time: a request took 2.0 s on average. "
        "Only 3.9 of 10 requests/s were sent. "
        "A higher delivery.concurrency is your decision: the limit of SuperOffice is not known."
    )


def test_silence_is_told(journal: Journal) -> None:
    """Where nothing came back for most of the time, the run waited, and no setting would have helped."""
    session(journal, AROUND_A_PAUSE, seconds=320, tries=2)

    assert told(journal)["words"] == (
        "The run waited for SuperOffice: nothing came back for 5 min of 5 min 20 s. "
        "A higher rate would not help."
    )


@pytest.mark.parametrize(
    ("limit", "moments", "how"),
    [
        (Bottleneck.RATE, evenly(400, 40), {}),
        (Bottleneck.CONCURRENCY, evenly(400, 100), {"latency": 2.0, "seconds": 101}),
        (Bottleneck.SERVICE, AROUND_A_PAUSE, {"seconds": 320, "tries": 2}),
    ],
)
def test_the_manual_explains_each(
    journal: Journal, limit: Bottleneck, moments: list[float], how: dict[str, Any]
) -> None:
    """What the manual says that the sentence begins with is how it begins, in the order of the code."""
    rows = table("troubleshooting", "it begins with")
    beginnings = dict(zip(Bottleneck, (cells[0].strip('"') for cells in rows), strict=True))
    session(journal, moments, **how)

    assert told(journal)["limit"] == limit
    assert told(journal)["words"].startswith(beginnings[limit])


def test_silence_without_a_try_repeated_is_not_told(journal: Journal) -> None:
    """A machine that slept is not the service's doing."""
    session(journal, AROUND_A_PAUSE, seconds=320)

    assert throughput(journal) is None


@pytest.mark.parametrize(
    ("rows", "lasted", "seconds"),
    [
        pytest.param(3, 0.3, 0.3, id="a short run"),
        pytest.param(90, 9.0, 9.0, id="a run of less than ten seconds"),
        pytest.param(200, 40.0, 40.0, id="nothing explains half of the rate"),
        pytest.param(400, 40.0, 80.0, id="half of the time went elsewhere"),
        pytest.param(400, 20.0, 20.0, id="a clock that was set"),
    ],
)
def test_what_is_not_known_is_not_told(journal: Journal, rows: int, lasted: float, seconds: float) -> None:
    """No cause is named that does not explain nearly all of the time, and no more than that."""
    session(journal, evenly(rows, lasted), seconds=seconds)

    assert throughput(journal) is None


def test_a_resumed_run_is_not_told(journal: Journal) -> None:
    """Its tries are of several sessions, perhaps with other settings."""
    session(journal, evenly(3, 1), seconds=1)
    session(journal, evenly(400, 40), command="resume")

    assert throughput(journal) is None


def test_a_session_that_died_is_not_told(journal: Journal) -> None:
    """Nobody knows how long it was at work."""
    journal.sessions.begin("run", rate=10)
    journal.outbox.record([(1, Outcome(result=Result.UPDATED, duration_ms=35), "2026-11-23T02:00:00.000Z")])

    assert throughput(journal) is None


def test_a_plan_that_is_applied_is_told_without_its_settings(journal: Journal) -> None:
    """How many may be in flight may have been set otherwise since it was stored."""
    journal.sessions.begin("plan", rate=10)
    journal.sessions.end(seconds=2, gets=3)
    session(journal, evenly(400, 40), command="apply")

    assert told(journal)["words"] == "The limit of 10 requests/s took the time: 400 requests in 40 s."


def test_requests_that_took_no_time_break_nothing(journal: Journal) -> None:
    """Such as those of a connection that is refused at once."""
    session(journal, evenly(400, 40), latency=0)

    assert throughput(journal) is None


def test_moments_that_are_all_the_same_break_nothing(journal: Journal) -> None:
    """A clock may have stood still."""
    session(journal, repeat(0.0, 300))

    assert throughput(journal) is None


def test_terminal_and_page_say_it(journal: Journal) -> None:
    """In the same words; of a run that says nothing, there is no line."""
    before = summarise(journal)
    session(journal, evenly(400, 40))

    lines = "\n".join(summary_lines(summarise(journal)))

    assert before.throughput is None
    assert "Speed:" not in "\n".join(summary_lines(before))
    assert f"Speed: {RATE_WORDS}" in " ".join(lines.split())
    assert RATE_WORDS in page_of(journal).text


@pytest.mark.parametrize(("number", "words"), [(0.256, "0.26"), (3.96, "4"), (228.6, "230"), (8123, "8100")])
def test_rough_numbers(number: float, words: str) -> None:
    """No more exact than an average is."""
    assert roughly(number) == words
