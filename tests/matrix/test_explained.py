"""Every file of the matrix with the `[input]` that `check --explain` prints for it."""

from pathlib import Path

import pytest

from tests.run.given import Ended, Worker

from .index import Case
from .test_matrix import READ, called, job_of, named, read_as


def checked(worker: Worker, job: Path, config: str) -> Ended:
    """Check *job* with a configuration."""
    path = worker.folder / "printed.toml"
    path.write_text(config, "utf-8")
    return worker("check", job, "--config", path)


@pytest.mark.parametrize("case", READ, ids=named)
def test_what_is_printed_says_the_same(case: Case, worker: Worker) -> None:
    """The section that is to be pasted reads the file as it was read: nothing is lost on the way."""
    job = job_of(case, worker)
    explained = called(worker, "check", job, case, "--explain").summary

    again = checked(worker, job, explained["explained"]["configuration"])

    assert again.summary["counts"] == explained["counts"], explained["explained"]["configuration"]
    assert again.summary["reasons"] == explained["reasons"]
    assert read_as(again).split()[0] == case.read_as.split()[0]
