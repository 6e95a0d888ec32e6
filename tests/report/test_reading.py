"""How a file was read: what is not used, what does not count, and what nothing ends."""

from contextlib import closing
from typing import Any

import pytest

from presence_worker.cli.show import summary_lines
from presence_worker.journal import JobInput, Journal
from presence_worker.json_form import from_json
from presence_worker.model import Reason, Result
from presence_worker.report import summarise
from presence_worker.report.summarise import filter_words, notes_on_input
from presence_worker.run_states import State
from tests.journal.given import INPUT, row, staged
from tests.told import as_told

from .given import page_of, with_messages

FILTERED = [
    {"column": "Approval", "value": "Cancelled", "rows": 2},
    {"column": "Approval", "value": "Pending", "rows": 1},
    {"column": "Percent", "value": "", "rows": 1},
]
FACTS = {"unused": ["Department", "Days"], "without_end": 3, "dated": True, "filtered": FILTERED}


def night(*, include: bool = False, **facts: Any) -> Journal:
    """Make the journal of a run whose file was read so."""
    left = [
        row(number, result=Result.SKIPPED, reason=reason)
        for number, reason in enumerate(
            (Reason.FILTERED_OUT, Reason.FILTERED_OUT, Reason.HIDDEN_ROW, Reason.WITHDRAWN), 2
        )
    ]
    run = with_messages() if include else {}
    return staged("", [row(1), *left], state=State.FINISHED, input={**INPUT, **FACTS, **facts}, **run)


def test_the_summary_has_it_for_programs() -> None:
    """Columns, rows and values each by a name of its own; a journal of before has none of them."""
    with closing(night(filtered_others=4)) as journal, closing(staged("", [row(1)])) as before:
        summary, old = as_told(summarise(journal)), as_told(summarise(before))

    assert summary["unused_columns"] == ["Department", "Days"]
    assert summary["rows_without_end"] == 3
    assert (summary["filtered"], summary["filtered_others"]) == (FILTERED, 4)
    assert (old["unused_columns"], old["rows_without_end"], old["filtered"], old["notes"]) == ([], 0, [], [])


@pytest.mark.parametrize(
    ("facts", "notes"),
    [
        (FACTS, ["columns not used: Department, Days (kept for failed.csv)",
                 "3 rows have no last day: the status stays until another row changes it"]),
        ({"without_end": 1, "dated": True},
         ["1 row has no last day: the status stays until another row changes it"]),
        ({"without_end": 3, "dated": False}, []),
        ({"unused": ["", "\x1b[31mx"]}, ["columns not used: (no name), [31mx (kept for failed.csv)"]),
        ({"unused": [str(number) for number in range(12)]},
         ["columns not used: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more (kept for failed.csv)"]),
    ],
)  # fmt: skip
def test_notes_say_it_in_a_sentence(facts: dict[str, Any], notes: list[str]) -> None:
    """Of a file without days nothing is said of their end: each of its rows counts until the next file."""
    assert [*notes_on_input(from_json(JobInput, facts))] == notes


@pytest.mark.parametrize(
    ("filtered", "others", "words"),
    [
        (FILTERED, 0, "4 rows (Approval: Cancelled 2, Pending 1; Percent: (empty) 1)"),
        (FILTERED[:1], 7, "9 rows (Approval: Cancelled 2; 7 rows with other values)"),
        ([{"column": "A", "value": str(number), "rows": 1} for number in range(12)], 0,
         "12 rows (A: 0 1, 1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 7 1, 8 1, 9 1; 2 rows with other values)"),
        ([], 1, "1 row (1 row with other values)"),
        ([], 0, ""),
    ],
)  # fmt: skip
def test_rows_left_out_are_told_by_column_and_value(
    filtered: list[dict[str, Any]], others: int, words: str
) -> None:
    """Somebody who filters must see what the filter takes away, before a new value takes away everything."""
    with closing(night(filtered=filtered, filtered_others=others)) as journal:
        reading = summarise(journal).reading

    assert filter_words(reading).removeprefix("Skipped by input.only: ") == words


def test_people_see_it_below_the_results() -> None:
    """In a terminal of 80 columns, behind the sentence that says whether it worked."""
    with closing(night()) as journal:
        lines = [*summary_lines(summarise(journal))]

    text = "\n".join(lines)
    assert max(map(len, lines)) <= 80
    assert (
        "\nSkipped by input.only: 4 rows (Approval: Cancelled 2, Pending 1; Percent:\n  (empty) 1)\n" in text
    )
    assert "\nNote: columns not used: Department, Days (kept for failed.csv)\n" in text
    assert "\nNote: 3 rows have no last day: the status stays until another row changes it" in text
    assert text.index("skipped") < text.index("Skipped by") < text.index("Note: columns")


def test_a_note_on_the_screen_is_not_repeated() -> None:
    """At a terminal some notes are printed while the run is at work."""
    with closing(night()) as journal:
        summary = summarise(journal)
        lines = [*summary_lines(summary, {summary.notes[0]})]

    noted = [line for line in lines if line.startswith("Note: ")]
    assert len(noted) == len(summary.notes) - 1


@pytest.mark.parametrize("include", [True, False])
def test_the_page_says_what_was_left_out(*, include: bool) -> None:
    """By reason and by column; by value only where messages may be shown: it may be a reason of absence."""
    with closing(night(include=include)) as journal:
        found = page_of(journal)

    assert "Skipped by settings The settings skip these rows. = 2 rows skipped by input.only" in found.text
    assert "= 1 row hidden in the workbook = 1 row absence cancelled" in found.text
    assert ("Approval Cancelled 2 Approval Pending 1 Percent (empty) 1" in found.text) is include
    assert (
        "Column Rows Approval 3 Percent 1 The values are listed in summary.json" in found.text
    ) is not include
    assert ("Cancelled" in found.text) is include
    assert (
        "Notes columns not used: Department, Days (kept for failed.csv) 3 rows have no last day" in found.text
    )


def test_the_page_says_why_once() -> None:
    """A detail that only repeats the reason is not shown beside it."""
    skipped = {"result": Result.SKIPPED, "reason": Reason.FILTERED_OUT, "detail": "skipped by input.only"}
    with closing(staged("", [row(1, **skipped)], state=State.FINISHED)) as journal:
        found = page_of(journal)

    assert "skipped by input.only skipped by input.only" not in found.text


def test_a_page_of_a_file_that_counts_whole_says_nothing_of_it() -> None:
    """No section without anything in it."""
    with closing(staged("", [row(1)], state=State.FINISHED)) as journal:
        assert "Left out" not in page_of(journal).text
