"""Words: each result and reason in plain words, the same wherever they are shown."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from presence_worker.cli.show import summary_lines
from presence_worker.model import Outcome, Reason, Result
from presence_worker.report import Summary, write_reports
from presence_worker.report.reason_texts import (
    OWNERS,
    REASONS,
    REFUSED_US,
    RESULTS,
    Owner,
    owner_of,
    reason_words,
    result_words,
)
from presence_worker.run_states import State
from presence_worker.wording import as_sentence
from tests.journal.given import UPDATED, deliver, invalid, staged

from .given import page

NOTHING = dict.fromkeys(Result, 0)
REJECTED = {n: Outcome(result=Result.REJECTED, reason=reason) for n, reason in enumerate(Reason, 1)}


def test_each_result_has_words() -> None:
    """No result is left without words, and no two have the same."""
    assert list(RESULTS) == list(Result)
    assert len(set(RESULTS.values())) == len(Result)
    assert all(RESULTS.values())


def test_each_reason_has_words() -> None:
    """No reason is left without words, nor without what to do about it."""
    assert set(REASONS) - {REFUSED_US} == set(Reason)
    assert all(words.what and words.remedy for words in REASONS.values())


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_told_by_its_code(reason: Reason) -> None:
    """The journal keeps codes; the words are those of the table."""
    assert reason_words(str(reason), "rejected") == REASONS[reason]


def test_everybody_has_something_to_correct() -> None:
    """Each reason is somebody's, and each of the three has reasons of their own."""
    assert {owner_of(reason, "rejected") for reason in Reason} == set(Owner) == set(OWNERS)


@pytest.mark.parametrize(
    ("reason", "result", "who"),
    [
        (Reason.UNKNOWN_IDENTITY, Result.INVALID, Owner.HR),
        (Reason.NO_SERVICE_USER, Result.REJECTED, Owner.CRM),
        (Reason.REFUSED, Result.REJECTED, Owner.CRM),
        (Reason.REFUSED, Result.FAILED, Owner.OPERATIONS),
        (Reason.TIMEOUT, Result.UNKNOWN, Owner.OPERATIONS),
        (None, Result.NOT_SENT, Owner.OPERATIONS),
        ("out_of_office", Result.REJECTED, Owner.OPERATIONS),
    ],
)
def test_it_is_told_who_can_mend_it(reason: str | None, result: Result, who: Owner) -> None:
    """The file is HR's, people and permissions are the administrator's, all else is left to operations."""
    assert owner_of(reason, str(result)) is who


def test_hr_gets_only_what_a_file_can_answer() -> None:
    """Nobody in HR can set anything, nor find out why a server does not answer."""
    owned = {who: {reason for reason in Reason if owner_of(reason, "rejected") is who} for who in Owner}

    assert owned[Owner.HR] == {
        Reason.BAD_ASSOCIATE_ID,
        Reason.BAD_MESSAGE,
        Reason.MESSAGE_TOO_LONG,
        Reason.CONTROL_CHARACTERS,
        Reason.RAGGED_ROW,
        Reason.NO_IDENTITY,
        Reason.UNKNOWN_IDENTITY,
        Reason.UNKNOWN_ASSOCIATE,
        Reason.FORMULA_WITHOUT_VALUE,
    }
    assert {Reason.STATUS_NOT_ALLOWED, Reason.AMBIGUOUS_IDENTITY, Reason.ECHO_MISMATCH} <= owned[Owner.CRM]
    assert {Reason.TIMEOUT, Reason.THROTTLED, Reason.BAD_ANSWER} <= owned[Owner.OPERATIONS]


@pytest.mark.parametrize("reason", Reason)
def test_a_refused_file_is_corrected_itself(reason: Reason) -> None:
    """No failed.csv is written of it, so no remedy names one."""
    remedy = reason_words(reason, "invalid", State.REFUSED).remedy

    assert "failed.csv" not in remedy
    assert "that file" not in remedy


def test_who_was_refused_himself_is_not_told_to_correct_rows() -> None:
    """Where the credentials or the permission were refused, the rows are right."""
    words = reason_words("refused", "failed")

    assert "settings of target and auth" in words.remedy


def test_an_unknown_reason_is_told_as_it_is() -> None:
    """A newer program's journal may know more reasons."""
    assert reason_words("out_of_office", "rejected") == ("out_of_office", "Read the details.")


@pytest.mark.parametrize("result", Result)
def test_a_row_without_a_reason_is_told_by_its_result(result: Result) -> None:
    """Where the result says all, its words do; the next command sends what was not."""
    words = reason_words(None, str(result))

    assert words.what == RESULTS[result]
    assert words.remedy == ("Resume the run." if result is Result.NOT_SENT else "Nothing to do.")


@pytest.fixture
def summary(folder: Path) -> Summary:
    """The summary of a run in which each reason came up, with its page beside it."""
    with closing(staged("", len(Reason) + 1)) as journal:
        deliver(journal, {**REJECTED, len(Reason) + 1: UPDATED})
        return write_reports(folder, journal)


@pytest.mark.parametrize("reason", Reason)
def test_terminal_and_page_use_the_same_words(folder: Path, summary: Summary, reason: Reason) -> None:
    """Why, and what to do, is read in the terminal as on the page."""
    entries = [entry for entry in summary.reasons if entry.reason == reason]
    terminal = " ".join(" ".join(summary_lines(replace(summary, reasons=entries))).split())

    what, remedy = REASONS[reason]

    assert f"1 {what} {as_sentence(remedy)}" in terminal
    assert {what, remedy} <= set(page(folder).words)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.STOPPED, "the run ended first"),
        (State.REFUSED, "the file is refused"),
        (State.HELD, "to be sent"),
        (State.RUNNING, "to be sent"),
    ],
)
def test_the_state_says_why_rows_are_not_sent(state: State, words: str) -> None:
    """Each state has its own words: "not_sent" alone says nothing."""
    assert result_words(Result.NOT_SENT, state) == words


@pytest.mark.parametrize("reason", [Reason.UNKNOWN_IDENTITY, Reason.BAD_DATE])
def test_a_sentence_that_only_repeats_the_reason_is_left_out(folder: Path, reason: Reason) -> None:
    """The same words stand once, with other words below them only where they say more."""
    what = REASONS[Reason.UNKNOWN_IDENTITY].what
    with closing(staged(folder / "journal.sqlite", [invalid(1, reason=reason, detail=what)])) as journal:
        summary = write_reports(folder, journal)

    found = page(folder).text.split("Needs attention", 1)[1].split("Details of the run")[0]
    terminal = " ".join(" ".join(summary_lines(summary)).split())

    for text in (found, terminal):
        assert (f"{what}: 1 row" in text) == (reason != Reason.UNKNOWN_IDENTITY)


def test_results_are_told_in_the_same_words(folder: Path, summary: Summary) -> None:
    """So is what became of the rows."""
    terminal = " ".join(" ".join(summary_lines(summary)).split())
    words = page(folder).words

    for result, number in summary.counts.items():
        shown = result_words(result, summary.state)
        assert (f"{number} {result} {shown}" in terminal) == (shown in words) == bool(number)
