"""What is wrong with a configuration: all of it at once, each with its place and what to do."""

from pathlib import Path

import pytest

from presence_worker.errors import UsageFault
from presence_worker.settings.configuration import load_settings

from .conftest import Complaints, Load


def test_all_problems_of_all_sources_come_at_once(complaints: Complaints) -> None:
    """Options, variables and file are mended in one go: each problem names the place to go to."""
    lines = complaints(
        '[target]\nenvironment = "moon"\n\n[delivery]\nattempts = 0\n',
        flags={"delivery": {"rate": "fast"}},
        DELIVERY__CONCURRENCY="many",
        NONSENSE="1",
    )

    assert [line.split(": ")[:2] for line in lines] == [
        ["FILE, line 2", "target.environment"],
        ["option --rate", "delivery.rate"],
        ["PRESENCE_WORKER_DELIVERY__CONCURRENCY", "delivery.concurrency"],
        ["FILE, line 5", "delivery.attempts"],
        ["PRESENCE_WORKER_NONSENSE", "no such setting"],
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[delivery]\nrat = 5", "FILE, line 2: delivery.rat: no such setting; did you mean rate?"),
        ("[targt]\nbase_url = 1", "FILE, line 1: targt: no such setting; did you mean target?"),
        ("rate = 5", "FILE, line 1: rate: no such setting"),
        ("[report]\nqqq = 1", "FILE, line 2: report.qqq: no such setting"),
    ],
)
def test_an_unknown_key_of_the_file_is_a_problem(text: str, line: str, complaints: Complaints) -> None:
    """A misspelt key is never ignored; what it may have been meant for is said."""
    lines = complaints(text)

    assert lines == [line]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("DELIVERY__RAT", "delivery.rat: no such setting; did you mean rate?"),
        ("DELIVRY__RATE", "no such setting"),
        ("DELIVERY_RATE", "no such setting"),
        ("TARGET", "no such setting"),
        ("INPUT__STATUSES__SJUK", "input.statuses__sjuk: no such setting; did you mean statuses?"),
    ],
)
def test_an_unknown_variable_is_a_problem(name: str, words: str, complaints: Complaints) -> None:
    """Whatever begins with PRESENCE_WORKER_ is ours, and so is a misspelling of it."""
    lines = complaints(**{name: "1"})

    assert lines == [f"PRESENCE_WORKER_{name}: {words}"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("# rate = 1\n[delivery]\n  rate = 0", "FILE, line 3"),
        ('[delivery]\n"rate" = 0', "FILE, line 2"),
        ("[input]\nformat = 'csv'\n[delivery]\nburst = 1\nrate = 0", "FILE, line 5"),
        ("[input]\n[delivery.headers]\n[delivery]\nrate = 0", "FILE, line 4"),
        ("delivery.burst = 1\ndelivery.rate = 0", "FILE, line 2"),
        ("delivery = { rate = 0 }", "FILE, line 1"),
    ],
)
def test_the_line_is_found_however_the_file_is_written(text: str, place: str, complaints: Complaints) -> None:
    """The line is that of the key in its section, not of a comment or a namesake."""
    lines = complaints(text)

    assert lines == [f"{place}: delivery.rate: must be greater than 0; found 0"]


def test_a_problem_in_the_table_of_statuses_names_its_line(complaints: Complaints) -> None:
    """The word of the entry is not printed: it may be a reason of absence."""
    lines = complaints('[input]\nformat = "csv"\n[input.statuses]\nSJUK = "Nope"')

    (line,) = lines
    assert line.startswith("FILE, line 4: input.statuses: must be a status of SuperOffice: StatusNone,")


def test_the_place_is_that_of_the_value_in_force(complaints: Complaints) -> None:
    """A wrong value that overrules a right one is the one to mend."""
    lines = complaints("[delivery]\nrate = 1", DELIVERY__RATE="0")

    assert lines == ["PRESENCE_WORKER_DELIVERY__RATE: delivery.rate: must be greater than 0"]


def test_broken_toml_is_a_problem_with_its_line(complaints: Complaints) -> None:
    """What is not TOML is refused with the line; variables that are none of ours are told as well."""
    lines = complaints("[delivery]\nrate = = 5\n", NONSENSE="1")

    toml, stray = lines
    assert toml.startswith("FILE: not valid TOML: ")
    assert "line 2" in toml
    assert stray == "PRESENCE_WORKER_NONSENSE: no such setting"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("[input]\n[input.statuses]\n[input.statuses]\n", "Write each section and setting only once"),
        ("[delivery]\nrate = 1\nrate = 2\n", "Write each section and setting only once"),
        ("[target]\nbase_url = https://crm.example.com\n", "Put text values in quotes"),
    ],
)
def test_broken_toml_says_what_to_do(text: str, remedy: str, complaints: Complaints) -> None:
    """A section that is pasted a second time is the usual one."""
    (toml,) = complaints(text)

    assert toml.endswith(f". {remedy}")


def test_a_file_in_another_encoding_is_a_problem_with_its_line(file: Path) -> None:
    """A file saved by an old Windows editor is refused with the line of its first strange letter."""
    file.write_bytes('[input]\ndefault_message = "På semester"\n'.encode("cp1252"))

    with pytest.raises(UsageFault) as fault:
        load_settings(file, {})

    assert str(fault.value) == f"{file}, line 2: not valid UTF-8; save it as UTF-8"


def test_a_byte_order_mark_is_no_problem(load: Load) -> None:
    """PowerShell and some editors begin UTF-8 files with a mark."""
    settings = load("\ufeff[delivery]\nrate = 3")

    assert settings.delivery.rate == 3


def test_a_folder_is_no_configuration_file(tmp_path: Path) -> None:
    """What cannot be read is a usage error, not a crash."""
    with pytest.raises(UsageFault) as fault:
        load_settings(tmp_path, {})

    assert str(tmp_path) in str(fault.value)
