"""Options win over variables, variables over the file, the file over the defaults."""

import os
from pathlib import Path

import pytest

from presence_worker.errors import UsageFault
from presence_worker.operator_files import CONFIG_VARIABLE, find_config
from presence_worker.settings import Settings
from presence_worker.settings.value_types import Limit

from .conftest import Complaints, Load

FILE = "[delivery]\nrate = 2\nburst = 2\nconcurrency = 2"


def test_options_win_over_variables_over_the_file_over_defaults(load: Load) -> None:
    """Each setting comes from the highest of the sources that have it, whatever the others have."""
    settings = load(
        FILE,
        flags={"delivery": {"rate": "4"}},
        DELIVERY__RATE="3",
        DELIVERY__BURST="3",
    )

    delivery = settings.delivery

    assert (delivery.rate, delivery.burst, delivery.concurrency, delivery.attempts) == (4, 3, 2, 6)


def test_without_any_source_all_defaults_hold(load: Load) -> None:
    """An empty file is a valid configuration."""
    settings = load("")

    assert settings == Settings.model_construct()


@pytest.mark.parametrize(
    "name",
    ["PRESENCE_WORKER_DELIVERY__RATE", "presence_worker_delivery__rate", "Presence_Worker_Delivery__Rate"],
)
def test_the_case_of_a_variable_does_not_matter(
    name: str, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows writes the names of variables in capitals; elsewhere people do as they like."""
    monkeypatch.setenv(name, "3")

    settings = load("")

    assert settings.delivery.rate == 3


def test_variables_hold_lists_and_tables_as_json(load: Load) -> None:
    """What is a list or a table in the file is JSON in a variable."""
    settings = load(
        INPUT__STATUSES='{"Sjuk": "StatusNotAvailable", "Okänd": "ignore"}',
        INPUT__ALLOWED_STATUSES='["StatusNotAvailable"]',
        SAFETY__PROTECTED_IDS="[1, 10]",
        SAFETY__MAX_CHANGES='[5, "2%"]',
        DELIVERY__HEADERS='{"SO-Language": "sv"}',
    )

    job, safety = settings.input, settings.safety

    assert job.statuses == {"Sjuk": "StatusNotAvailable", "Okänd": "ignore"}
    assert job.allowed_statuses == ["StatusNotAvailable"]
    assert (safety.protected_ids, safety.max_changes) == ([1, 10], Limit(count=5, percent=2))
    assert settings.delivery.headers == {"SO-Language": "sv"}


@pytest.mark.parametrize("text", ["true", "True", "1", "yes", "on"])
def test_variables_hold_yes_in_many_words(text: str, load: Load) -> None:
    """A variable is always text; the usual words for yes are understood."""
    settings = load(REPORT__INCLUDE_MESSAGES=text)

    assert settings.report.include_messages is True


def test_the_named_file_wins_over_the_variable_over_the_usual_place(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config, else PRESENCE_WORKER_CONFIG, else two places under the working directory."""
    usual, other = tmp_path / "config" / "presence-worker.toml", tmp_path / "other.toml"
    usual.parent.mkdir()
    for path in (file, usual, other):
        path.touch()

    old_place = find_config(None)
    Path("presence-worker.toml").touch()
    without = find_config(None)
    monkeypatch.setenv(CONFIG_VARIABLE, str(other))
    with_variable = find_config(None)
    with_option = find_config(file)

    assert old_place == Path("config", "presence-worker.toml")
    assert (without, with_variable, with_option) == (Path("presence-worker.toml"), other, file)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_another_user_s_file_is_not_read_because_it_lies_here() -> None:
    """In a folder for all, its owner could choose where a password goes; who trusts it names it."""
    here = Path("presence-worker.toml")
    here.touch()
    os.chown(here, 65534, -1)

    with pytest.raises(UsageFault, match=r"presence-worker.toml: belongs to another user \(uid 65534\)"):
        find_config(None)
    assert find_config(here) == here


def test_without_a_file_in_a_usual_place_there_is_none() -> None:
    """Nobody needs a configuration file."""
    found = find_config(None)

    assert found is None


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_file_that_was_named_must_exist(by_variable: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 - pytest gives it
    """A misspelt --config or PRESENCE_WORKER_CONFIG never falls back to other settings."""
    if by_variable:
        monkeypatch.setenv(CONFIG_VARIABLE, "nope.toml")

    with pytest.raises(UsageFault) as fault:
        find_config(None if by_variable else Path("nope.toml"))

    assert str(fault.value) == "configuration file nope.toml: no such file"


def test_an_empty_variable_names_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRESENCE_WORKER_CONFIG= in a scheduler's file is as good as none."""
    monkeypatch.setenv(CONFIG_VARIABLE, "")

    found = find_config(None)

    assert found is None


def test_the_home_directory_may_be_written_as_a_shell_does(load: Load) -> None:
    """ "~" is the user's home, and no directory of that name."""
    settings = load('[storage]\nstate_dir = "~/runs"')

    assert settings.storage.state_dir == Path.home() / "runs"


@pytest.mark.parametrize("text", ["[Delivery]\nrate = 5", "[DELIVERY]\nrate = 5"])
def test_a_table_may_be_named_in_capitals(load: Load, text: str) -> None:
    """Who writes [Delivery] means [delivery]; keys are written as they are."""
    assert load(text).delivery.rate == 5


def test_a_table_that_is_there_twice_is_told(complaints: Complaints) -> None:
    """The one in capitals is not left out silently beside the one that is named as usual."""
    lines = complaints("[delivery]\nrate = 5\n[Delivery]\nrate = 6")

    assert lines == ["FILE, line 3: Delivery: no such setting; did you mean delivery?"]


def test_tables_and_variables_are_laid_over_each_other(load: Load) -> None:
    """A table in a setting has the entries of all sources, and of one entry the strongest source's."""
    flags = {"input": {"statuses": {"x": "StatusNormal"}}}

    settings = load(
        '[input.statuses]\na = "ignore"\nx = "ignore"', flags=flags, INPUT__STATUSES='{"b": "withdrawn"}'
    )

    assert settings.input.statuses == {"a": "ignore", "b": "withdrawn", "x": "StatusNormal"}


def test_a_list_in_place_of_a_status_is_told(complaints: Complaints) -> None:
    """What cannot be a status at all is told as any other wrong one."""
    lines = complaints("[input]\nallowed_statuses = [[1]]")

    assert lines[0].startswith("FILE, line 2: input.allowed_statuses.0: must be a status of SuperOffice")
