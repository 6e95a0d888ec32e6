"""config/examples: jobs to try the program with, one that goes well, and others that have every trouble."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from presence_worker import intake
from presence_worker.check.check_job import check_job
from presence_worker.cli.main import execute
from presence_worker.intake.job import open_job
from presence_worker.model import NOT_PRESENT, PRESENT
from presence_worker.settings import Settings
from presence_worker.settings.configuration import load_settings
from tests.run.given import restored
from tests.told import as_told

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
FAULTS = {  # physical line: reason
    "messy.csv": {
        5: "bad_associate_id",
        10: "unknown_status",
        16: "status_not_allowed",
        23: "message_too_long",
        29: "control_characters",
        42: "conflict",
        65: "conflict",
        76: "ragged_row",
    },
    "messy.json": {
        5: "bad_associate_id",
        10: "unknown_status",
        16: "status_not_allowed",
        23: "message_too_long",
        29: "control_characters",
        42: "conflict",
        64: "conflict",
        75: "bad_message",
    },
}
NAMELESS = {5: "no_identity", 6: "no_identity"}  # of names.csv
SMALL = ("small.csv", "small.json")


@pytest.fixture
def settings() -> Settings:
    return load_settings(None, {})


def check(name: str, settings: Settings) -> dict[str, Any]:
    with check_job(str(EXAMPLES / name), settings, ()) as checked:
        return {**as_told(checked.summary), "faults": [*map(as_told, checked.faults)]}


def faults(summary: dict[str, Any]) -> dict[int, str]:
    return {fault["line"]: fault["reason"] for fault in summary["faults"]}


@pytest.mark.parametrize("name", SMALL)
def test_small_is_flawless(name: str, settings: Settings) -> None:
    """Every row of the small examples can be sent."""
    summary = check(name, settings)

    assert (summary["exit_code"], summary["counts"]["not_sent"], summary["faults"]) == (0, 12, [])


def test_small_asks_for_the_same_in_both_formats(settings: Settings) -> None:
    """The small examples are one job in two formats: letters, line breaks and quotes are the same."""
    asked = []
    for name in SMALL:
        with open_job(str(EXAMPLES / name), settings, date(2026, 12, 1)) as job:
            asked.append([(row.associate_id, row.status, row.message) for row in job.rows])

    in_csv, in_json = asked

    assert in_csv == in_json
    assert "Forældreorlov\nKontakt: Søren Bjørn, lokal 114" in {message for _, _, message in in_csv}


@pytest.mark.parametrize("name", FAULTS)
def test_messy_names_each_fault_with_its_line(name: str, settings: Settings) -> None:
    """A few invalid rows do not keep the others from being sent; each is named with line and reason."""
    summary = check(name, settings)

    assert faults(summary) == FAULTS[name]
    assert (summary["exit_code"], summary["state"]) == (3, "checked")
    assert {k: n for k, n in summary["counts"].items() if n} == {
        "duplicate": 1,
        "invalid": 8,
        "not_sent": 85,
    }


@pytest.mark.parametrize("name", FAULTS)
def test_messy_shows_a_protected_associate_once_somebody_is_protected(name: str) -> None:
    """With safety.protected_ids = [7] one more row is invalid: the one that asks for associate 7."""
    settings = load_settings(None, {"safety": {"protected_ids": [7]}})

    summary = check(name, settings)

    assert faults(summary) == {**FAULTS[name], 48: "protected"}


def test_names_shows_what_is_told_before_anybody_is_looked_up(settings: Settings) -> None:
    """A job by e-mail address: who has none is named, and one person in two spellings is seen to be one."""
    summary = check("names.csv", settings)

    assert faults(summary) == NAMELESS
    assert (summary["exit_code"], summary["counts"]["duplicate"]) == (3, 1)


def test_they_show_every_reason_a_row_can_be_invalid_for() -> None:
    """Whoever teaches the program a new fault of rows adds it to the examples."""
    folder = Path(intake.__file__).parent
    modules = ("row_reader.py", "statuses.py", "identity.py", "messages.py", "conflicts.py")
    text = "".join((folder / name).read_text("utf-8") for name in modules)

    known = {name.lower() for name in re.findall(r"\bReason\.([A-Z_]+)", text)}

    shown = {reason for found in FAULTS.values() for reason in found.values()} | set(NAMELESS.values())
    dates = {"bad_date", "no_coverage"}  # of files with days, which these are not
    formulas = {"formula_without_value"}  # of workbooks
    skipped = {"ignored_by_mapping", "filtered_out", "hidden_row", "withdrawn", "overlapped"}
    assert known - {"protected"} - skipped - dates - formulas == shown


@pytest.mark.parametrize(
    ("name", "code", "undone"),
    [
        ("small.csv", 0, {}),
        ("small.json", 0, {}),
        ("messy.csv", 3, {"invalid": 8, "rejected": 1}),
        ("messy.json", 3, {"invalid": 8, "rejected": 1}),
        ("names.csv", 3, {"invalid": 3}),
    ],
)
def test_examples_run_in_the_sandbox(
    name: str, code: int, undone: dict[str, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The examples do as the README says: the small ones succeed, the messy ones but for a few rows."""
    options = ["--sandbox", "--state-dir", str(tmp_path), "--json", "--rate", "1000"]

    with restored():
        ended = execute(["run", str(EXAMPLES / name), *options])

    summary = orjson.loads(capsys.readouterr().out)
    left = {result: n for result, n in summary["counts"].items() if n}
    for result in ("updated", "unchanged", "duplicate"):
        left.pop(result, None)
    assert (ended, summary["exit_code"], left) == (code, code, undone)


HR = {  # file: its configuration, and what arrives on the first of December: whom, status, message, reason
    "excel.csv": (
        None,
        [
            (21, NOT_PRESENT, "Zurück am 4. Januar", None),
            (22, PRESENT, "", None),
            (23, NOT_PRESENT, "Vertretung: Jürgen Groß; Telefon 4711", None),
            (24, PRESENT, "", None),
        ],
    ),
    "codes.csv": (
        "codes.toml",
        [
            ("user31", NOT_PRESENT, "Currently away", None),
            ("user32", NOT_PRESENT, "Back in two weeks", None),
            ("user33", PRESENT, "", None),
            ("user34", None, "", "ignored_by_mapping"),
            ("user35", NOT_PRESENT, "Currently away", None),
        ],
    ),
    "leave.csv": (
        "leave.toml",
        [
            ("user41@example.com", NOT_PRESENT, "Abwesend bis 31. Mai 2098, Vertretung: Jana Weiß", None),
            (
                "user42@example.com",
                NOT_PRESENT,
                "Abwesend bis 30. Juni 2098, Vertretung: Ole Kröger",
                "not_yet_due",
            ),
            (
                "user43@example.com",
                NOT_PRESENT,
                "Abwesend bis 30. Juni 2020, Vertretung: Jana Weiß",
                "no_longer_due",
            ),
            ("user44@example.com", PRESENT, "", None),
        ],
    ),
    "fravaer.xlsx": (
        "fravaer.toml",
        [
            ("user12@example.com", NOT_PRESENT, "", None),
            ("user23@example.com", NOT_PRESENT, "", None),
            ("user34@example.com", NOT_PRESENT, "", "not_yet_due"),
            ("user45@example.com", None, "", "filtered_out"),
            ("user56(at)example.com", NOT_PRESENT, "", "no_identity"),
        ],
    ),
    "integration.json": (
        None,
        [(51, NOT_PRESENT, "Kurs", None), (52, PRESENT, "", None), (53, NOT_PRESENT, "", None)],
    ),
}


@pytest.mark.parametrize("name", HR)
def test_hr_files_arrive_as_readme_says(name: str) -> None:
    """README's examples of HR's files: who is set to what, with which comment, and who waits."""
    config, arrives = HR[name]
    settings = load_settings(EXAMPLES / config if config else None, {})

    with open_job(str(EXAMPLES / name), settings, date(2026, 12, 1)) as job:
        asked = [(row.identity or row.associate_id, row.status, row.message, row.reason) for row in job.rows]

    assert asked == arrives
