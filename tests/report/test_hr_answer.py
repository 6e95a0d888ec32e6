"""The answer to HR: plain words and numbers of lines, for every ending, and no value of a cell."""

from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pytest

from presence_worker.model import Outcome, Reason, Result, Row, Verdict
from presence_worker.report.hr_answer import WIDTH, answer_lines
from presence_worker.report.hr_words import CORRECTIONS
from presence_worker.report.reason_texts import OWNED, Owner
from presence_worker.run_states import Intent, State
from tests.journal.given import RUN, deliver, end_as, invalid, row, staged

from .given import job

UPDATED = Outcome(result=Result.UPDATED, http_status=200)
CANARIES = ("Kanarie", "sickness", "kanarie@example.com")


def wrong(number: int, reason: Reason, **fields: Any) -> Row:
    """Give a row that is wrong, with a value in each place that may have one."""
    comment, word, address = CANARIES
    values = {"message": comment, "detail": f"{word!r} is not a status", "identity": address}
    return invalid(number, reason=reason, **{**values, **fields})


def answer(rows: int | Iterable[Row], outcomes: dict[int, Outcome] | None = None, **run: Any) -> list[str]:
    """Give the answer about a run with these rows."""
    fields: dict[str, Any] = {"state": State.FINISHED, "message": None, "next": None, **run}
    with closing(staged("", rows, **{**fields, "state": State.RUNNING})) as journal:
        if outcomes:
            deliver(journal, outcomes)
        end_as(journal, **{name: fields[name] for name in ("state", "message", "next")})
        return [*answer_lines(journal)]


def test_a_good_night_is_two_sentences() -> None:
    """Nobody at HR has to read more."""
    lines = answer(3, dict.fromkeys((1, 2, 3), UPDATED))

    assert lines == [
        "Your file changes.csv, 23 November 2026",
        "",
        "All 3 rows are done. You do not need to do anything.",
        "",
        "In numbers:",
        "  3 rows: the status was changed.",
    ]


def test_rows_are_grouped_by_their_correction() -> None:
    """Each group names the lines of the file, the first one first."""
    rows = [
        row(1),
        wrong(2, Reason.MESSAGE_TOO_LONG),
        *(wrong(number, Reason.UNKNOWN_STATUS) for number in (3, 4, 5, 8)),
        row(9),
    ]

    lines = answer(rows, {1: UPDATED, 9: Outcome(result=Result.UNCHANGED)})

    assert lines[2] == "Of your 7 rows, 2 are done. 5 need a correction."
    assert lines[4:13] == [
        "Please correct these rows, and send the file again. Rows that are done",
        "stay as they are.",
        "",
        "  Line 3: the comment is too long.",
        "    Shorten the comment to 255 characters.",
        "",
        "  Lines 4 to 6 and 9: we do not know the word for the status.",
        "    Correct the word, or explain to us what it means.",
        "",
    ]


@pytest.mark.parametrize(
    ("form", "line", "shown"), [("csv", 7, "Line 7"), ("xlsx", 7, "Row 7"), ("json", 1, "Entry 2")]
)
def test_a_row_is_named_as_its_file_shows_it(form: str, line: int, shown: str) -> None:
    """A sheet has rows; JSON has neither lines nor rows that a person would count."""
    lines = answer([row(1), wrong(2, Reason.BAD_DATE, line=line)], {1: UPDATED}, input=job([], format=form))

    assert any(each.startswith(f"  {shown}: a date is wrong") for each in lines)


def test_very_many_rows_are_not_all_named() -> None:
    """A mail stays short; 50 places are enough to find what is wrong with an export."""
    lines = answer([wrong(number, Reason.BAD_DATE) for number in range(1, 400, 2)])

    assert len(lines) < 20
    assert " 98, 100 and 150 more: a date is wrong" in " ".join(" ".join(lines).split())


@pytest.mark.parametrize("reason", [reason for reason, owner in OWNED.items() if owner is Owner.HR])
def test_each_reason_of_hr_has_a_correction(reason: str) -> None:
    """What only HR can correct has words for HR."""
    assert reason in CORRECTIONS


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("identity", [None, "login", "email"])
def test_no_value_and_no_jargon_is_shown(reason: Reason, identity: str | None) -> None:
    """Whatever is wrong: no cell, setting, code or command, and no line too wide for a mail."""
    rows = [row(1), wrong(2, reason), row(3), row(4)]
    rejected = Outcome(result=Result.REJECTED, reason=reason, detail=CANARIES[0], http_status=404)

    lines = answer(rows, {1: UPDATED, 3: rejected}, input=job([], name="f.csv", identity=identity))

    text = "\n".join(lines)
    assert [each for each in CANARIES if each in text] == []
    assert [
        each for each in ("_", "input.", "safety.", "failed.csv", "presence-worker", "{") if each in text
    ] == []
    assert max(map(len, lines)) <= WIDTH


def test_what_others_correct_is_a_number() -> None:
    """HR learns that it is not theirs."""
    rows = [row(1), wrong(2, Reason.PROTECTED), row(3), row(4)]

    lines = answer(rows, {1: UPDATED, 3: Outcome(result=Result.FAILED, reason=Reason.TIMEOUT)})

    assert lines[2] == "Of your 4 rows, 1 is done. You do not need to do anything."
    assert lines[4:] == [
        "In numbers:",
        "  1 row: the status was changed.",
        "  1 row: our administrator corrects something first. You do not need to",
        "  do anything about this.",
        "  2 rows: we try again. You do not need to do anything about this.",
    ]


def test_nothing_is_tried_again_after_a_stop() -> None:
    """A person decides about the rest, also where the job of the service has failed."""
    lines = answer(2, {1: UPDATED}, state=State.STOPPED)

    assert lines[-1] == "  1 row: our administrator goes on, or asks you for the file again."


def test_a_row_that_repeats_another_one_shares_its_fate() -> None:
    """It is done as that one is, and needs no correction of its own."""
    rows = [row(1), wrong(2, Reason.BAD_DATE), row(3), row(4)]
    same = [Verdict(3, Result.DUPLICATE, None, None, 1), Verdict(4, Result.DUPLICATE, None, None, 2)]
    with closing(staged("", rows)) as journal:
        with journal.transaction():
            journal.rows.mark_settled(same)
        deliver(journal, {1: UPDATED})
        end_as(journal, state=State.FINISHED)
        lines = [*answer_lines(journal)]

    assert lines[2] == "Of your 4 rows, 2 are done. 1 needs a correction."
    assert "  1 row is the same as one that is not done." in lines
    assert "  1 row: the same as another row." in lines


def test_planned_absences_wait() -> None:
    """They are done for HR: nothing is left to do for them."""
    rows = [
        row(1, result=Result.SKIPPED, reason=Reason.NOT_YET_DUE),
        row(2, result=Result.SKIPPED, reason=Reason.FILTERED_OUT),
    ]

    lines = answer(rows)

    assert lines[2] == "All 2 rows are done. You do not need to do anything."
    assert lines[4:] == [
        "In numbers:",
        "  1 row: the first day is in the future. The status changes on that day.",
        "  1 row: nothing to do now, for example because the last day is over.",
    ]


@pytest.mark.parametrize(
    ("state", "opening"),
    [
        (State.HELD, "Nothing was changed yet. 2 rows would change a status. That is unusual."),
        (State.PLANNED, "Nothing was changed yet. 2 rows will change a status. You do not need to"),
        (State.STOPPED, "We have not finished yet. Of your 2 rows, 0 are done. You do not need to"),
    ],
)
def test_a_run_that_is_not_over(state: State, opening: str) -> None:
    """What comes next is not HR's."""
    assert answer(2, state=state)[2] == opening


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("f.csv: the file is empty. Is it the right one?", "The file is empty. Please export"),
        ("f.csv, line 3: damaged 'Kanarie'", "missing. See line 3. Please export"),
        ("f.csv, line 1: no column for the status. Found: Kanarie. Set input.status", "Our administrator"),
        ("f.xlsx: last changed on Kanarie. input.max_age allows 1 day", "The file is too old. Please"),
    ],
)
def test_a_refused_file(words: str, said: str) -> None:
    """HR reads why, and whether it can do something about it; nothing is quoted."""
    text = " ".join(answer([], state=State.REFUSED, message=words)[2:])

    assert text.startswith("Your file was not used, and nothing was changed.")
    assert said in text
    assert "Kanarie" not in text
    assert "input." not in text


def test_a_file_with_too_many_wrong_rows() -> None:
    """They are named like those of any other file."""
    words = "2 of 2 rows are invalid, more than safety.max_invalid (10%) allows."

    lines = answer([wrong(1, Reason.BAD_DATE), wrong(2, Reason.BAD_DATE)], state=State.REFUSED, message=words)

    assert " ".join(lines[2:5]).startswith("Your file was not used, and nothing was changed. Too many rows")
    assert "  Lines 2 and 3: a date is wrong, or it can mean two different days." in lines


def test_an_undo() -> None:
    """It is about changes that were taken back; no file and no line is named."""
    moved = Outcome(result=Result.REJECTED, reason=Reason.MOVED_SINCE_RUN)

    lines = answer(3, {1: UPDATED, 2: UPDATED, 3: moved}, intent=Intent.UNDO, undoes=RUN.run_id)

    assert lines == [
        "Changes that were taken back, 23 November 2026",
        "",
        "Of 3 changes, 2 are taken back. You do not need to do anything.",
        "",
        "In numbers:",
        "  2 changes: the earlier status is back.",
        "  1 change: not changed, because the status was changed later.",
    ]


def test_standard_input_has_no_name() -> None:
    """The file has the name that HR gave it, or none."""
    assert answer(1, input=job([], name="-", stdin=True))[0] == "Your file, 23 November 2026"
    assert answer(1, input=job([], name="C:\\HR\\fravær.csv"))[0] == "Your file fravær.csv, 23 November 2026"
