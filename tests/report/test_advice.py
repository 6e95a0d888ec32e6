"""What to do now: the same words on terminal and page, in the order in which it is to be done."""

from contextlib import closing
from pathlib import Path

import pytest

from presence_worker.journal import Journal
from presence_worker.model import Outcome, Reason, Result
from presence_worker.report import advice_words, write_reports
from presence_worker.run_states import Intent, State, Step
from tests.journal.given import UPDATED, deliver, invalid, row, staged

from .given import page

GONE = Outcome(result=Result.REJECTED, reason=Reason.UNKNOWN_ASSOCIATE)
MOVED = Outcome(result=Result.REJECTED, reason=Reason.MOVED_SINCE_RUN)
INACTIVE = Outcome(result=Result.REJECTED, reason=Reason.INACTIVE_ASSOCIATE)
KEPT_OUT = Outcome(result=Result.FAILED, reason=Reason.REFUSED)
LOST = Outcome(result=Result.UNKNOWN, reason=Reason.TIMEOUT)
CORRECT = "orrect the rows in failed.csv, then run that file."


def ended(*outcomes: Outcome, path: Path | str = "") -> Journal:
    """Give the journal of a run whose rows came to these outcomes."""
    journal = staged(path, len(outcomes))
    deliver(journal, dict(enumerate(outcomes, 1)))
    return journal


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ((UPDATED, UPDATED), ""),
        ((UPDATED, GONE), f"C{CORRECT}"),
        ((UPDATED, LOST), "Resume the run."),
        ((LOST, GONE), f"Resume the run. Then c{CORRECT}"),
        (
            (UPDATED, INACTIVE),
            "Correct what is listed for the CRM administrator. Then run failed.csv.",
        ),
        ((GONE, INACTIVE), f"C{CORRECT}"),
        (
            (GONE, MOVED),
            "Check the users that were left alone. If they are right, stop here. Else plan failed.csv.",
        ),
        (
            (KEPT_OUT,),
            "Correct the permission or the settings, then resume the run.",
        ),
    ],
)
def test_what_is_to_be_done_is_told_in_order(outcomes: tuple[Outcome, ...], words: str) -> None:
    """What can be sent again comes first; nothing is left unsaid because something else comes before it."""
    with closing(ended(*outcomes)) as journal:
        assert advice_words(journal, State.FINISHED) == words


@pytest.mark.parametrize("state", [State.PLANNED, State.HELD])
def test_what_waits_is_to_be_checked_first(state: State) -> None:
    """`apply` is a decision; where nobody would be changed, there is none to take."""
    with closing(staged("", 1)) as waiting, closing(staged("", [invalid(1)])) as nobody:
        assert advice_words(waiting, state).startswith("Check the planned changes. ")
        assert advice_words(nobody, state) == ""


def test_a_plan_that_was_interrupted_is_only_made() -> None:
    """Whoever resumes it need not fear that something is sent."""
    with closing(staged("", 1, intent=Intent.PLAN, step=Step.READ)) as journal:
        assert advice_words(journal, State.STOPPED) == "Resume the run. It makes the plan and sends nothing."


def test_a_file_that_was_refused_needs_a_correction() -> None:
    """There is no failed.csv of it."""
    with closing(staged("", [row(1)])) as journal:
        assert advice_words(journal, State.REFUSED) == "Correct the file, then check it."


def test_a_page_never_says_both_what_to_do_and_nothing(tmp_path: Path) -> None:
    """Without a command there is still advice."""
    with closing(staged(tmp_path / "journal.sqlite", 1, state=State.PLANNED)) as journal:
        write_reports(tmp_path, journal)

    assert "Check the planned changes." in page(tmp_path).text
    assert "Nothing to do." not in page(tmp_path).words


def test_the_page_says_it_above_the_command(tmp_path: Path) -> None:
    """Not only what to type, but what to do before."""
    with closing(ended(UPDATED, GONE, path=tmp_path / "journal.sqlite")) as journal:
        write_reports(tmp_path, journal)

    assert f"C{CORRECT}" in page(tmp_path).words
