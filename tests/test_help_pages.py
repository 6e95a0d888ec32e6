"""Each ending that asks for something names a page of the manual."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from presence_worker import errors
from presence_worker.cli.main import execute
from presence_worker.errors import (
    ExitCode,
    Held,
    InputRefused,
    Interrupted,
    Locked,
    OptionFault,
    PresenceWorkerError,
    RunFault,
    SandboxFault,
    Stopped,
    Suspect,
    UsageFault,
)
from presence_worker.help_pages import BY_EXIT_CODE, page_of_error, page_of_run
from presence_worker.journal import NoLocks
from presence_worker.manual_pages import ManualPage
from presence_worker.model import Reason
from tests.run.given import restored


class Called(NamedTuple):
    """A folder to call commands in."""

    config: Path
    capsys: pytest.CaptureFixture[str]

    def help_of(self, *words: str) -> str:
        """Give the page that a command names."""
        with restored():
            execute(words)
        (line,) = (each for each in self.capsys.readouterr().err.splitlines() if each.startswith("Help:"))
        return line.split()[-1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    """A folder with nothing but a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESENCE_WORKER_CONFIG", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("PRESENCE_WORKER_STORAGE__STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "settings.toml").write_text("")
    return Called(tmp_path / "settings.toml", capsys)


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
        (UsageFault("expected a number"), ManualPage.SETTINGS),
        (UsageFault("not set", page=ManualPage.SIGN_IN), ManualPage.SIGN_IN),
        (SandboxFault("--port: not free"), ManualPage.SANDBOX),
        (OptionFault("option --rate: must be a number"), ManualPage.COMMANDS),
        (NoLocks("no locks"), ManualPage.TROUBLESHOOTING),
        (Locked("another run"), ManualPage.EVERY_NIGHT),
        (RunFault("no such run"), ManualPage.REPORTS),
        (RunFault("no such absence", page=ManualPage.LEAVE_AND_DATES), ManualPage.LEAVE_AND_DATES),
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
    """A page of the error's own, then the page of its kind."""
    assert page_of_error(error) == page


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("[input]\ntimezone = 'Nowhere'", ManualPage.HR_FILES),
        ("[input]\ntimezone = 'Nowhere'\ncoverage = 1", ManualPage.HR_FILES),
        ("[input]\ntimezone = 'Nowhere'\n[auth]\nusername = 1", ManualPage.SETTINGS),
        ("", ManualPage.FIRST_RUN),
        ("[auth]\nscheme = 'none'", ManualPage.SIGN_IN),
        ("[auth]\nlogin_url = 'x'\n[target]\ntenant = 'Cust1'", ManualPage.SIGN_IN),
        ("[auth]\nscheme = 'bearer'\n[target]\nbase_url = 'https://x.example.com'", ManualPage.SIGN_IN),
        ("[auth]\nscheme = 'bearer'\n[target]\nbase_url = 'x'", ManualPage.SETTINGS),
        ("[auth]\npassword_file = 'x'\n[target]\nbase_url = 'https://x.example.com'", ManualPage.SIGN_IN),
        ("[safety]\nmax_changes = 'x'", ManualPage.SETTINGS),
        ("[input", ManualPage.SETTINGS),
    ],
)
def test_a_wrong_setting_has_the_page_of_its_section(text: str, page: ManualPage, folder: Called) -> None:
    """Wherever the setting stands: the message begins with the file and the line."""
    folder.config.write_text(text)

    assert folder.help_of("plan", "job.csv", "--config", str(folder.config)) == page


def test_a_wrong_variable_has_the_page_of_its_section(
    folder: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is not a setting has the page with all settings."""
    monkeypatch.setenv("PRESENCE_WORKER_INPUT__TIMEZONE", "Nowhere")
    assert folder.help_of("plan", "job.csv") == ManualPage.HR_FILES

    monkeypatch.setenv("PRESENCE_WORKER_RATE", "1")
    assert folder.help_of("plan", "job.csv") == ManualPage.SETTINGS


@pytest.mark.parametrize(
    ("words", "page"),
    [
        (("manual", "nope"), ManualPage.COMMANDS),
        (("schedule", "cancel", "x"), ManualPage.LEAVE_AND_DATES),
        (("report", "x"), ManualPage.REPORTS),
        (("sandbox", "--log", "none/log"), ManualPage.SANDBOX),
    ],
)
def test_a_command_has_the_page_of_what_it_is_about(
    words: tuple[str, ...], page: ManualPage, folder: Called
) -> None:
    """A page that the manual does not have is not a wrong setting, and a planned absence is not a run."""
    folder.config.write_text("[target]\nbase_url = 'http://127.0.0.1:9'\n[auth]\nusername='a'\npassword='b'")

    assert folder.help_of(*words) == page


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
