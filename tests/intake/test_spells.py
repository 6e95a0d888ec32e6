"""Texts that name several days at once."""

import pytest

from presence_worker.intake.day_texts import are_days


@pytest.mark.parametrize(
    "text",
    [
        "27.11.2026 - 02.12.2026",
        "2026-11-27/2026-12-02",
        "20261127-20261202",
        "27.11.-02.12.2026",
        "24.-31.12.2026",
        "24/12, 25/12, 28/12",
        "24.12.2026\n28.12.2026",
        "vom 27.11.2026 bis 02.12.2026",
        "2026-11-27 08:00 – 2026-11-28 16:00",
        "Dec 24 - 31",
        "24 to 31 Dec",
        "24. Dezember - 6. Januar 2027",
        "November 27, 2026 - December 2, 2026",
        "24 december t/m 31 december",
    ],
)
def test_several_days(text: str) -> None:
    """First and last day, or a list, as people write them."""
    assert are_days(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "2026-11-27", "27.11.2026", "12/3", "8-16", "08:00 - 16:00", "08.00-16.00", "3, 4, 5"),
        *("10-20-30-40", "20-20-20-20", "555-0199", "0047-22334455", "2026-2027", "Floor 3 - room 12"),
        *("12345678", "Team A, 12/3", "1/1," * 50 + "x", "1-1-" * 500),
    ],
)
def test_no_days(text: str) -> None:
    """One day, and what only looks a little like several: times, numbers, phones, rooms."""
    assert not are_days(text)
