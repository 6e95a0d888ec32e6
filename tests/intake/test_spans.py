"""What the days of all rows show: leave that nothing ends, and days of employment."""

import pytest

from presence_worker.errors import InputRefused

from .reading import Write, read, refusal

HEADER = "login,status,Start date,End date\n"


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["a,Away,2026-11-30,"], 1), (["a,Away,,"], 1), (["a,Away,2026-11-30,9999-12-31"], 1),
        (["a,Away,2027-01-01,"], 1), (["a,Away,2026-11-30,2026-12-04", "b,Normal,,"], 0),
        (["a,Away,2026-11-01,2026-11-04"], 0), (["a,x,2026-11-30,"], 0),
        (["a,Ferie,2026-11-30,", "b,Away,,"], 2),
    ],
)  # fmt: skip
def test_leave_without_end(lines: list[str], rows: int, write: Write) -> None:
    """Counted are rows that set somebody away, now or later, and have no last day."""
    job, _ = read(write(HEADER + "\n".join(lines)), coverage="changes", statuses={"x": "ignore"})

    assert job.reader.facts().without_end == rows


def test_a_list_without_days(write: Write) -> None:
    """In a plain list of statuses nothing has an end: to say so each night would be noise."""
    job, _ = read(write("login,status\na,Away\n"))

    assert job.reader.facts().without_end == 0


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("a,On leave,2019-04-01,", "1 row from more than 400 days ago"),
        ("a,On leave,2021-08-15,2026-10-31", "1 row from more than 400 days ago"),
        ("a,Present,2026-11-01,", "1 row of people who are present"),
        ("a,Present,,2026-06-30", "1 row of people who are present"),
        ("a,Present,2027-01-01,", "1 row of people who are present"),
    ],
)
def test_days_of_employment(line: str, seen: str, write: Write) -> None:
    """Days that only their names tell are not those of absence: the file is refused, naming both settings."""
    path = write(f"{HEADER}{line}\n")

    words = refusal(path, coverage="changes")
    _, named = read(path, **{"from": "Start date", "until": "End date", "coverage": "changes"})
    _, off = read(path, **{"from": "", "until": "", "unused": ["Start date", "End date"]})

    assert words == (
        "FILE: 'Start date' and 'End date' may be days of employment, not of absence. The file has "
        f'{seen} (line 2). If they are days of absence, set input.from = "Start date" and input.until = '
        '"End date". If not, set input.from = "" and input.until = ""'
    )
    assert (named[0].period is not None, off[0].period) == (True, None)


@pytest.mark.parametrize(
    ("line", "config"),
    [
        ("a,On leave,2025-10-27,2026-12-04", {}),  # 400 days ago
        ("a,Present,,", {}),
        ("a,x,2019-04-01,", {"statuses": {"x": "ignore"}}),
        ("a,x,2019-04-01,", {"statuses": {"x": "withdrawn"}}),
        ("a,On leave,2019-04-01,", {"from": "Start date"}),
        ("a,On leave,2019-04-01,", {"only": {"status": ["Away"]}}),
    ],
)
def test_days_of_absence(line: str, config: dict[str, object], write: Write) -> None:
    """Leave of a usual length, and days that the configuration names, are taken as they are."""
    _, rows = read(write(f"{HEADER}{line}\n"), **config)

    assert len(rows) == 1


def test_the_likelier_answer_comes_first(write: Write) -> None:
    """Who is present is not on leave since the day of hire; an old leave may well be one."""
    found = []
    for line in ("a,Present,2026-11-01,", "a,On leave,2019-04-01,"):
        with pytest.raises(InputRefused) as caught:
            read(write(f"{HEADER}{line}\n"))
        found.append(caught.value.ways[0])

    assert found == [{"from": "", "until": ""}, {"from": "Start date", "until": "End date"}]
