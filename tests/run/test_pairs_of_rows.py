"""Which row came back as which: however a person changed failed.csv, nothing is claimed that is not so."""

from hypothesis import given, settings
from hypothesis import strategies as st

from presence_worker.journal import OpenRow, ReturnedRow
from presence_worker.model import Result
from presence_worker.runs.corrected_rows import pair_rows
from tests.examples import examples

PROPERTY = settings(max_examples=examples(200), deadline=None, derandomize=True)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[OpenRow], list[tuple[int, ReturnedRow]]]:
    """Give open rows, and what came back: deleted, corrected, sorted; each with the row that it was."""
    has_lines = draw(st.booleans())
    rows = [
        OpenRow(number, number + 1 if has_lines else None, f"p{number}", None, Result.INVALID)
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]
    kept = draw(st.lists(st.sampled_from(rows), unique=True))
    back = [
        (row.row, ReturnedRow(place, row.line, draw(st.sampled_from([row.person, f"new{row.row}"]))))
        for place, row in enumerate(kept, 1)
    ]
    return rows, back


@PROPERTY
@given(file=files(), settled=st.sets(st.integers(1, 6)))
def test_no_more_rows_are_done_than_came_back(
    file: tuple[list[OpenRow], list[tuple[int, ReturnedRow]]], settled: set[int]
) -> None:
    """Of rows with lines each is known; without, those whose person stayed, and never too many."""
    rows, back = file
    people = {row.person: row.row for row in rows}

    pairs = pair_rows(rows, [each for _, each in back], lambda: people)

    truth = {each.row: row for row, each in back}
    done = [row for row, those in pairs.items() if all(each.row in settled for each in those)]
    assert len(done) <= len([row for row in truth if row in settled])
    if rows[0].line:
        assert {row: [each.row for each in those] for row, those in pairs.items()} == {
            row: [place] for place, row in truth.items()
        }
    else:
        same = {row for row, each in back if each.person == f"p{row}"}
        assert same <= pairs.keys()
