"""A run as a list shows it: when, how long, and what is missing."""

from datetime import UTC, datetime

import pytest

from presence_worker.report.missing import Missing
from presence_worker.report.run_list import Listed, day_and_time, short_duration
from tests.told import summary_of

from .given import listing_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0s"),
        (9.94, "9.9s"),
        (41.4, "41s"),
        (59.6, "1m00s"),
        (200, "3m20s"),
        (7500, "2h05m"),
        (100_000, "27h46m"),
    ],
)
def test_a_duration_is_short(seconds: float, words: str) -> None:
    """It fits a narrow column up to a day."""
    assert short_duration(seconds) == words


def test_a_moment_is_said_as_people_do() -> None:
    """With its day of the week, for a job that is to come every night."""
    assert day_and_time(datetime(2026, 11, 4, 6, 0, tzinfo=UTC)) == "Wed 4 Nov 2026, 06:00"


def test_what_is_missing_is_said_in_the_operator_s_time() -> None:
    """The moment in the zone, the time since then, and how often one is expected."""
    missing = Missing(
        target="https://crm.example.com",
        expected_every=86400,
        last_finished="20261123T050000Z-7f3a",
        since="2026-11-23T05:00:00.000Z",
        at_work=None,
    )

    words = missing.words("Europe/Oslo", datetime(2026, 11, 24, 7, 12, tzinfo=UTC))

    assert words == (
        "no run of https://crm.example.com has finished since that of Mon 23 Nov 2026, 06:00, "
        "26 h 12 min ago; one is expected every 24 h"
    )


def test_what_has_no_target_is_told_last() -> None:
    """The targets come in the order of their newest runs; of an unreadable run none is known."""
    targets = ("", "b", "a", "b")
    runs = [Listed(summary_of(run_id=str(number), target=target)) for number, target in enumerate(targets)]

    groups = listing_of(*runs).groups()

    assert [(state.target, [run.id for run in shown]) for state, shown in groups] == [
        ("b", ["1", "3"]),
        ("a", ["2"]),
        ("", ["0"]),
    ]
