"""Each ending that asks for something names a page of the manual."""

from collections.abc import Iterator

import pytest

from presence_worker import errors
from presence_worker.errors import (
    ExitCode,
    Held,
    InputRefused,
    Interrupted,
    Locked,
    OptionFault,
    PresenceWorkerError,
    RunFault,
    Stopped,
    Suspect,
    UsageFault,
)
from presence_worker.help_pages import BY_EXIT_CODE, page_of_error, page_of_run
from presence_worker.journal.filesystem import NoLocks
from presence_worker.manual_pages import ManualPage
from presence_worker.model import Reason


def kinds(kind: type[PresenceWorkerError] = PresenceWorkerError) -> Iterator[type[PresenceWorkerError]]:
    """Yield an error's kind, and all kinds of it that the module has."""
    yield kind
    for narrower in kind.__subclasses__():
        if narrower.__module__ == errors.__name__:
            yield from kinds(narrower)


def test_each_exit_code_but_0_has_a_page() -> None:
    """A run that went well needs no help."""
    assert [*BY_EXIT_CODE] == [code for code in ExitCode if code]
    assert page_of_run(ExitCode.DONE, None, []) is None
    assert page_of_run(None, None, []) is None


@pytest.mark.parametrize("kind", [*kinds()])
def test_each_error_has_a_page(kind: type[PresenceWorkerError]) -> None:
    """A planned run is no error."""
    assert kind is errors.Planned or page_of_error(kind("words")) in ManualPage


@pytest.mark.parametrize(
    ("error", "page"),
    [
        (UsageFault("safety.max_changes: expected a number"), ManualPage.SETTINGS),
        (UsageFault("auth.username: not set\nauth.password: not set"), ManualPage.SIGN_IN),
        (UsageFault("no SuperOffice to work on\nauth.password: not set"), ManualPage.SETTINGS),
        (OptionFault("option --rate: must be a number"), ManualPage.COMMANDS),
        (NoLocks("no locks"), ManualPage.TROUBLESHOOTING),
        (Locked("another run"), ManualPage.EVERY_NIGHT),
        (UsageFault("input.coverage: must be text in quotes"), ManualPage.HR_FILES),
        (RunFault("no such run"), ManualPage.REPORTS),
        (InputRefused("job.csv: the file is empty"), ManualPage.HR_FILES),
        (Held("a safety limit"), ManualPage.EXIT_CODES),
        (Interrupted("Ctrl-C"), ManualPage.EXIT_CODES),
        (Stopped("no answer"), ManualPage.TROUBLESHOOTING),
        (Stopped("refused", suspect=Suspect.SIGN_IN), ManualPage.SIGN_IN),
        (Stopped("refused", suspect=Suspect.LOGIN), ManualPage.SIGN_IN),
        (Stopped("refused", suspect=Suspect.PROXY), ManualPage.SETTINGS),
        (Stopped("refused", suspect=Suspect.TARGET), ManualPage.FIRST_RUN),
    ],
)
def test_the_narrowest_page_is_named(error: PresenceWorkerError, page: ManualPage) -> None:
    """What a message is about decides, where it is about one thing."""
    assert page_of_error(error) == page


def test_each_reason_that_is_in_the_file_has_a_page_of_its_own() -> None:
    """Days are on one page, all else that a file may have on another; other reasons have no page alone."""
    days = {reason for reason in Reason if page_of_run(3, None, [reason]) == ManualPage.LEAVE_AND_DATES}
    pages = {page_of_run(3, None, [reason]) for reason in Reason if reason not in days}

    assert days == {Reason.BAD_DATE, Reason.NO_COVERAGE}
    assert pages == {ManualPage.HR_FILES, ManualPage.RESULTS_AND_REASONS}


def test_rows_of_one_subject_have_its_page() -> None:
    """Where rows have several subjects, the page with all reasons helps."""
    days = [Reason.BAD_DATE, Reason.NO_COVERAGE, None]

    assert page_of_run(3, None, days) == ManualPage.LEAVE_AND_DATES
    assert page_of_run(3, None, [*days, Reason.CONFLICT]) == ManualPage.RESULTS_AND_REASONS
    assert page_of_run(3, None, []) == ManualPage.RESULTS_AND_REASONS
    assert page_of_run(6, None, days) == ManualPage.TROUBLESHOOTING


@pytest.mark.parametrize("suspect", Suspect)
def test_what_must_be_corrected_has_its_page(suspect: Suspect) -> None:
    """A run that stopped names it; a row that is not done has a page of its own."""
    assert page_of_run(6, suspect, []) is not None
    assert page_of_run(3, suspect, []) == ManualPage.RESULTS_AND_REASONS
