"""Every file of the matrix with the `[input]` that `check --explain` prints for it."""

import re
from pathlib import Path

import pytest

from presence_worker.errors import ExitCode
from tests.run.given import Ended, Worker

from .index import Case
from .test_matrix import READ, REFUSED, called, job_of, named, read_as

CHOICE = re.compile(r'^# (?=(?:[a-z_]+(?:\."[^"]+")?|"[^"]*") = (?!"\.\.\."))', re.MULTILINE)
CONFIGURED = {case.file for case in READ if case.input}
UNANSWERED = {'sheet = "Trondheim"'}  # which sheet was meant instead, only a person knows
ANSWERED = [case for case in REFUSED if case.file in CONFIGURED and case.input not in UNANSWERED]


def explained(worker: Worker, job: Path, case: Case) -> tuple[Ended, str]:
    """Explain a file; give how that ended, and the section that is printed."""
    ended = called(worker, "check", job, case, "--explain")
    return ended, ended.summary["explained"]["configuration"]


def checked(worker: Worker, job: Path, config: str) -> Ended:
    """Check *job* with a configuration."""
    path = worker.folder / "printed.toml"
    path.write_text(config, "utf-8")
    return worker("check", job, "--config", path)


@pytest.mark.parametrize("case", READ, ids=named)
def test_what_is_printed_says_the_same(case: Case, worker: Worker) -> None:
    """The section that is to be pasted reads the file as it was read: nothing is lost on the way."""
    job = job_of(case, worker)
    before, config = explained(worker, job, case)

    again = checked(worker, job, config)

    assert again.summary["counts"] == before.summary["counts"], config
    assert again.summary["reasons"] == before.summary["reasons"]
    assert read_as(again).split()[0] == case.read_as.split()[0]


@pytest.mark.parametrize("case", ANSWERED, ids=named)
def test_what_is_printed_answers_the_refusal(case: Case, worker: Worker) -> None:
    """Where a setting would read a refused file, it is printed; choices are taken as they are printed."""
    job = job_of(case, worker)
    _, config = explained(worker, job, case)

    again = checked(worker, job, CHOICE.sub("", config))

    assert again.code in (ExitCode.DONE, ExitCode.INCOMPLETE), (config, again.summary["message"])
