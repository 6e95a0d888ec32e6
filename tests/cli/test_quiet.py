"""--quiet: nothing on either stream when all is well."""

import json
from pathlib import Path

import pytest

from presence_worker.cli.lazy import COMMANDS
from presence_worker.command_options import USED
from tests.run.given import Ended, Worker, away, write_csv

NEEDS = {"run": "JOB", "check": "JOB", "plan": "JOB", "apply": "last", "undo": "last", "report": "last"}
PRINTS = (
    "doctor",
    "metrics",
    "serve",
    "worker",
    "fleet",
)  # has tests of its own; prints what a program reads, also with --quiet
ON_A_RUN = [name for name in COMMANDS if name in USED and name not in PRINTS]


@pytest.fixture
def job(worker: Worker) -> Path:
    return write_csv(worker.folder / "job.csv", away([1, 2]))


def quiet(worker: Worker, *words: str) -> Ended:
    return worker.call(*words, *worker.options_of(words[0]), "-q")


@pytest.mark.parametrize("command", [*ON_A_RUN, "run --dry-run", "schedule cancel"])
def test_nothing_is_printed_when_all_is_well(command: str, worker: Worker, job: Path) -> None:
    """Also where something could be done next: whoever wants to know it leaves the option out."""
    worker.read_before = "each"
    worker("plan" if command == "apply" else "run", job)
    name, *more = command.split()
    words = [name, *more, *{"JOB": [str(job)], "last": ["last"]}.get(NEEDS.get(name, ""), [])]
    if command == "schedule cancel":
        job.write_text("associateId,status,from\n3,Away,2999-01-01\n")
        worker("run", job, "--config", str(coverage(worker)))
        listed = json.loads(worker.call("schedule", *worker.options_of("schedule"), "--json").out)["schedule"]
        words.append(listed[0]["id"])

    ended = quiet(worker, *words)

    assert ended == Ended(code=0, out="", err="")


def coverage(worker: Worker) -> Path:
    path = worker.folder / "settings.toml"
    path.write_text('[input]\ncoverage = "changes"\n')
    return path


def test_a_report_is_written_without_a_word(worker: Worker, job: Path) -> None:
    """It did its work, however the run went."""
    worker("run", job, "--max-changes", "1")

    ended = quiet(worker, "report", "last")

    assert ended == Ended(code=0, out="", err="")


def test_the_object_stays(worker: Worker, job: Path) -> None:
    """With --json standard output has it, and standard error has nothing."""
    ended = worker.call("plan", str(job), *worker.options, "-q", "--json")

    assert (ended.summary["state"], ended.summary["next"][:21], ended.err) == (
        "planned",
        "presence-worker apply",
        "",
    )


def test_what_went_wrong_is_printed(worker: Worker, job: Path) -> None:
    """The reason and the next command, on standard error."""
    ended = quiet(worker, "run", str(job), "--max-changes", "1")

    message, report, page, following = ended.err.splitlines()
    assert (ended.code, ended.out) == (5, "")
    assert message.startswith("presence-worker: A safety limit holds this job: 2 changes wait.")
    assert report.startswith("Report: ")
    assert following.startswith("Next: presence-worker apply ")
    assert page == "Help: presence-worker manual exit-codes"


@pytest.mark.parametrize("command", ["run", "plan", "resume", "report", "undo", "apply"])
def test_every_output_of_a_run_names_its_target(command: str, worker: Worker, job: Path) -> None:
    """Who works on several SuperOffices sees at once which one it was."""
    worker.read_before = "each"
    worker("plan" if command == "apply" else "run", job)
    words = [str(job)] if command in ("run", "plan") else ["last"] * (command != "resume")

    ended = worker.call(command, *words, *worker.options_of(command))

    assert f"Target: {worker.url}" in ended.out.splitlines()
