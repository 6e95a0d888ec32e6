"""Half days and hours: they count as whole days, and a note says how many rows have them."""

import json
from typing import Any

import pytest

from .reading import Write, read

NOTE = "rows with half days or hours: {}. They count as whole days"


@pytest.mark.parametrize(
    ("column", "cells", "rows"),
    [
        ("Start half", ["PM", "AM", ""], 1),  # from the afternoon; from the morning it is a whole day
        ("End half", ["AM", "PM", "", "x"], 2),
        ("AM/PM", ["AM", "PM", "", "full day"], 2),
        ("half_day_start", ["0", "1", "true", "false"], 2),
        ("halfDayEnd", ["no", "yes", "0.5", "1"], 3),
        ("Halber Tag", ["ja", "nein", "", "1/2"], 2),
        ("Halber Tag Ende", ["vormittags", "nachmittags"], 1),
        ("Halvdag", ["Ja", "Nej", "förmiddag", "eftermiddag", "hel dag"], 3),
        ("Halv dag", ["ettermiddag", "formiddag", "nei"], 2),
        ("Dagdeel", ["ochtend", "middag", "hele dag"], 2),
        ("Days", ["0.5", "1", "4", "2.5", "2.0", ""], 2),
        ("Anzahl Tage", ["0,5", "1"], 1),
        ("Antal dagar", ["0,25", "1,0"], 1),
        ("Hours", ["4", "7.5", "37.5", "0"], 1),
        ("StartTime", ["08:00", "00:00", "13:00:00", ""], 2),
        ("End time", ["24:00", "23:59", "12:00 PM", "11:59 PM"], 1),
        ("Percent", ["100", "50", "100 %", "0.5", "1", ""], 2),
        ("Sykmeldingsgrad", ["100 %", "50 %", "100"], 1),
        ("Omfattning", ["25%", "100%", "37,5"], 2),
        ("On behalf of", ["x"], 0),
        ("Department", ["0.5", "AM", "08:00"], 0),
    ],
)
def test_columns_that_tell_half_days(column: str, cells: list[str], rows: int, write: Write) -> None:
    """A column is known by its name in six languages; only a value that says half counts."""
    lines = "".join(f'{i},Away,2026-12-01,"{cell}"\n' for i, cell in enumerate(cells, 1))

    job, _ = read(write(f"associateId,status,until,{column}\n{lines}"))

    assert job.reader.facts().half_days == rows
    assert (NOTE.format(rows) in job.reader.notes()) is (rows > 0)


@pytest.mark.parametrize(
    ("starts", "ends", "rows"),
    [
        ("2026-12-01T08:00", "", 1),
        ("2026-12-01T00:00", "2026-12-01T23:59:59", 0),
        ("", "2026-12-01 16:00", 1),
        ("2026-12-01T08:00", "2026-12-01T16:00", 1),
        ("2026-12-01", "2026-12-02", 0),
    ],
)
def test_moments_within_a_day(starts: str, ends: str, rows: int, write: Write) -> None:
    """A first day that begins after midnight, or a last one that ends before it, is a part of a day."""
    job, _ = read(write(f"associateId,status,from,until\n5,Away,{starts},{ends}\n"))

    assert job.reader.facts().half_days == rows


def test_a_row_counts_once(write: Write) -> None:
    """A row with several signs is one row; one that is wrong, or without days, is none."""
    lines = (
        "5,Away,2026-12-01T12:00,0.5,AM\n6,Away,x,0.5,AM\n7,Away,,0.5,AM\n8,Away,2026-12-01T12:00,0.5,AM,\n"
    )

    job, _ = read(write(f"associateId,status,until,Days,Half\n{lines}"))

    assert job.reader.facts().half_days == 1


def test_half_days_of_json(write: Write) -> None:
    """JSON has numbers and booleans, and columns that only later records have."""
    people: list[dict[str, Any]] = [
        {"until": "2026-12-01"},
        {"until": "2026-12-01", "half_day_end": False, "amount": 0.5},
        {"until": "2026-12-01", "half_day_end": True, "amount": 1},
        {"until": "2026-12-01", "half_day_end": 1, "amount": None},
    ]
    records = [{"associateId": i, "status": "Away", **person} for i, person in enumerate(people, 1)]

    job, _ = read(write(json.dumps(records)))

    assert job.reader.facts().half_days == len(people) - 1


def test_columns_that_are_used(write: Write) -> None:
    """A column that has another meaning tells no half days."""
    job, _ = read(write("associateId,status,until,Days\n5,Away,2026-12-01,0.5\n"), message="Days")

    assert job.reader.facts().half_days == 0


def test_files_without_days(write: Write) -> None:
    """Where no row has days, there are no parts of them."""
    job, _ = read(write("associateId,status,Days\n5,Away,0.5\n"))

    assert (job.reader.facts().half_days, job.reader.notes()) == (0, [])
